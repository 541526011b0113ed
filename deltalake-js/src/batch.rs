//! Files of a batch, laid out so that JavaScript makes them with few and large reads.
//!
//! ```text
//! header    u32 × 7        rows, words, keys, end of the rows' text, bytes of paths, text and stats
//! numbers   f64 × 7 a row  see NUMBERS; NaN where there is none
//! words     u32 × words    of each row, see below
//! key ends  u32 × keys
//! paths     UTF-8          of one file after the other
//! text      UTF-8          of the rows, then of the keys
//! stats     UTF-8          of one file after the other
//! ```
//! Text is decoded once and cut up, so an end of a text is counted in UTF-16 units from the start.
//! Words of a row:
//! ```text
//! end of path, in the paths
//! end of the deletion vector's storage type and path, in the text (the same end again: no vector)
//! end of stats, in the stats, + 1; 0 without
//! count of partition values, and for each: key × 2 + (1 if null), end in the text
//! count of tags, likewise
//! ```

use std::collections::HashMap;
use std::ops::Range;

use delta_kernel::arrow::array::{
    Array, ArrayRef, AsArray as _, Int32Array, Int64Array, MapArray, RecordBatch, StringArray,
    StructArray,
};
use delta_kernel::arrow::datatypes::{Int32Type, Int64Type};

use crate::error::Failure;
use crate::integers::exact;

/// Names of the numbers of a row, in order.
const NUMBERS: [&str; 7] = [
    "size",
    "modificationTime",
    "deletionVector.offset",
    "deletionVector.sizeInBytes",
    "deletionVector.cardinality",
    "baseRowId",
    "defaultRowCommitVersion",
];

/// When a batch has this much text it ends: JavaScript has no text of more than 512 MB.
const ENOUGH_TEXT: usize = 64 << 20;

/// The rows of `batch` (as `delta_kernel::scan::scan_row_schema` has them) from `start` on that are
/// selected (a row past the end of `selected` is), and the row where the next batch starts.
pub fn encode(
    batch: &RecordBatch,
    selected: &[bool],
    start: usize,
) -> Result<(Vec<u8>, usize), Failure> {
    let columns = Columns::of(batch)?;
    let mut encoded = Batch::of(&columns, batch.num_rows() - start);
    let mut row = start;
    while row < batch.num_rows() && encoded.text_bytes() < ENOUGH_TEXT {
        if selected.get(row).copied().unwrap_or(true) && columns.path.is_valid(row) {
            encoded.push(&columns, row)?;
        }
        row += 1;
    }
    Ok((encoded.into_bytes(), row))
}

struct Columns<'b> {
    path: &'b StringArray,
    size: &'b Int64Array,
    modified_at: &'b Int64Array,
    stats: &'b StringArray,
    vector: Vector<'b>,
    partition_values: Map<'b>,
    tags: Map<'b>,
    base_row_id: &'b Int64Array,
    default_row_commit_version: &'b Int64Array,
}

struct Vector<'b> {
    storage_type: &'b StringArray,
    path_or_inline: &'b StringArray,
    offset: &'b Int32Array,
    size: &'b Int32Array,
    cardinality: &'b Int64Array,
}

impl<'b> Columns<'b> {
    fn of(batch: &'b RecordBatch) -> Result<Self, Failure> {
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| absent(name));
        let vector = structs(column("deletionVector")?)?;
        let constants = structs(column("fileConstantValues")?)?;
        Ok(Self {
            path: strings(column("path")?)?,
            size: longs(column("size")?)?,
            modified_at: longs(column("modificationTime")?)?,
            stats: strings(column("stats")?)?,
            vector: Vector {
                storage_type: strings(field(vector, "storageType")?)?,
                path_or_inline: strings(field(vector, "pathOrInlineDv")?)?,
                offset: ints(field(vector, "offset")?)?,
                size: ints(field(vector, "sizeInBytes")?)?,
                cardinality: longs(field(vector, "cardinality")?)?,
            },
            partition_values: Map::of(field(constants, "partitionValues")?)?,
            tags: Map::of(field(constants, "tags")?)?,
            base_row_id: longs(field(constants, "baseRowId")?)?,
            default_row_commit_version: longs(field(constants, "defaultRowCommitVersion")?)?,
        })
    }
}

/// A column of maps from text to text.
struct Map<'b> {
    maps: &'b MapArray,
    keys: &'b StringArray,
    values: &'b StringArray,
}

impl<'b> Map<'b> {
    fn of(array: &'b ArrayRef) -> Result<Self, Failure> {
        let maps = array.as_map_opt().ok_or_else(|| absent("a map"))?;
        Ok(Self {
            keys: strings(maps.keys())?,
            values: strings(maps.values())?,
            maps,
        })
    }

    fn entries(&self, row: usize) -> impl ExactSizeIterator<Item = (&'b str, Option<&'b str>)> {
        let offsets = self.maps.value_offsets();
        let entries = match self.maps.is_valid(row) {
            true => offsets[row] as usize..offsets[row + 1] as usize,
            false => 0..0,
        };
        let (keys, values) = (self.keys, self.values);
        entries.map(move |entry| {
            let value = values.is_valid(entry).then(|| values.value(entry));
            (keys.value(entry), value)
        })
    }
}

struct Batch<'b> {
    rows: u32,
    numbers: Vec<f64>,
    words: Vec<u32>,
    keys: Keys,
    paths: Copied<'b>,
    text: Text,
    stats: Copied<'b>,
}

impl<'b> Batch<'b> {
    /// With room for `rows` that have neither partition values nor tags.
    fn of(columns: &Columns<'b>, rows: usize) -> Self {
        Self {
            rows: 0,
            numbers: Vec::with_capacity(rows * NUMBERS.len()),
            words: Vec::with_capacity(rows * 5),
            keys: Keys::default(),
            paths: Copied::of(columns.path),
            text: Text::default(),
            stats: Copied::of(columns.stats),
        }
    }

    fn push(&mut self, columns: &Columns<'_>, row: usize) -> Result<(), Failure> {
        let vector = &columns.vector;
        let numbers = [
            long(columns.size, row),
            long(columns.modified_at, row),
            int(vector.offset, row),
            int(vector.size, row),
            long(vector.cardinality, row),
            long(columns.base_row_id, row),
            long(columns.default_row_commit_version, row),
        ];
        for (number, name) in numbers.into_iter().zip(NUMBERS) {
            let number = number.map(|number| exact(number, name)).transpose()?;
            self.numbers.push(number.unwrap_or(f64::NAN));
        }
        self.rows += 1;
        self.words.push(self.paths.push(row));
        if vector.storage_type.is_valid(row) {
            self.text.push(vector.storage_type.value(row));
            self.text.push(vector.path_or_inline.value(row));
        }
        self.words.push(self.text.end);
        self.words.push(match columns.stats.is_valid(row) {
            true => self.stats.push(row) + 1,
            false => 0,
        });
        self.push_map(columns.partition_values.entries(row));
        self.push_map(columns.tags.entries(row));
        Ok(())
    }

    fn push_map<'m>(&mut self, entries: impl ExactSizeIterator<Item = (&'m str, Option<&'m str>)>) {
        self.words.push(entries.len() as u32);
        for (key, value) in entries {
            let is_null = u32::from(value.is_none());
            self.words.push(self.keys.number(key) * 2 + is_null);
            self.text.push(value.unwrap_or_default());
            self.words.push(self.text.end);
        }
    }

    fn text_bytes(&self) -> usize {
        self.paths.bytes + self.text.bytes.len() + self.stats.bytes
    }

    fn into_bytes(mut self) -> Vec<u8> {
        let end_of_rows = self.text.end;
        let key_ends = self.keys.write(&mut self.text);
        let header = [
            self.rows,
            self.words.len() as u32,
            key_ends.len() as u32,
            end_of_rows,
            self.paths.bytes as u32,
            self.text.bytes.len() as u32,
            self.stats.bytes as u32,
        ];
        let words = header.len() + self.words.len() + key_ends.len();
        let numbers = self.numbers.len() * 8;
        let mut bytes = Vec::with_capacity(words * 4 + numbers + self.text_bytes());
        push_words(&mut bytes, &header);
        for number in &self.numbers {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        push_words(&mut bytes, &self.words);
        push_words(&mut bytes, &key_ends);
        self.paths.write(&mut bytes);
        bytes.extend_from_slice(&self.text.bytes);
        self.stats.write(&mut bytes);
        bytes
    }
}

fn push_words(bytes: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
}

/// UTF-8, and its length in UTF-16 units.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    end: u32,
}

impl Text {
    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.end += utf16_length(text);
    }
}

/// Rows of a column, of which those that follow one another there are copied together.
struct Copied<'b> {
    column: &'b StringArray,
    ranges: Vec<Range<usize>>,
    bytes: usize,
    end: u32,
}

impl<'b> Copied<'b> {
    fn of(column: &'b StringArray) -> Self {
        Self {
            column,
            ranges: Vec::new(),
            bytes: 0,
            end: 0,
        }
    }

    /// Where its text ends, in UTF-16 units.
    fn push(&mut self, row: usize) -> u32 {
        let offsets = self.column.value_offsets();
        let [start, end] = [offsets[row] as usize, offsets[row + 1] as usize];
        match self.ranges.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => self.ranges.push(start..end),
        }
        self.bytes += end - start;
        self.end += utf16_length(self.column.value(row));
        self.end
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        for range in &self.ranges {
            bytes.extend_from_slice(&self.column.value_data()[range.clone()]);
        }
    }
}

fn utf16_length(text: &str) -> u32 {
    match text.is_ascii() {
        true => text.len() as u32,
        false => text.encode_utf16().count() as u32,
    }
}

/// The names that maps use, each once.
#[derive(Default)]
struct Keys {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    /// Rows mostly have the same names in the same order.
    guess: usize,
}

impl Keys {
    fn number(&mut self, key: &str) -> u32 {
        if self.names.get(self.guess).is_none_or(|name| name != key) {
            self.guess = self.look_up(key);
        }
        let number = self.guess;
        self.guess = (number + 1) % self.names.len();
        number as u32
    }

    fn look_up(&mut self, key: &str) -> usize {
        if let Some(number) = self.numbers.get(key) {
            return *number as usize;
        }
        let number = self.names.len();
        self.names.push(key.to_owned());
        self.numbers.insert(key.to_owned(), number as u32);
        number
    }

    /// Appends the names in the order of their numbers; gives their ends.
    fn write(&self, text: &mut Text) -> Vec<u32> {
        let ends = self.names.iter().map(|key| {
            text.push(key);
            text.end
        });
        ends.collect()
    }
}

fn long(array: &Int64Array, row: usize) -> Option<i64> {
    array.is_valid(row).then(|| array.value(row))
}

fn int(array: &Int32Array, row: usize) -> Option<i64> {
    array.is_valid(row).then(|| array.value(row).into())
}

fn strings(array: &ArrayRef) -> Result<&StringArray, Failure> {
    array.as_string_opt().ok_or_else(|| absent("text"))
}

fn longs(array: &ArrayRef) -> Result<&Int64Array, Failure> {
    array
        .as_primitive_opt::<Int64Type>()
        .ok_or_else(|| absent("a long"))
}

fn ints(array: &ArrayRef) -> Result<&Int32Array, Failure> {
    array
        .as_primitive_opt::<Int32Type>()
        .ok_or_else(|| absent("an integer"))
}

fn structs(array: &ArrayRef) -> Result<&StructArray, Failure> {
    array.as_struct_opt().ok_or_else(|| absent("a struct"))
}

fn field<'b>(array: &'b StructArray, name: &str) -> Result<&'b ArrayRef, Failure> {
    array.column_by_name(name).ok_or_else(|| absent(name))
}

/// The kernel gave another shape than its own schema says.
fn absent(name: &str) -> Failure {
    Failure::KernelError {
        problem: format!("no {name} in a batch of files"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use delta_kernel::arrow::array::RecordBatch;
    use delta_kernel::arrow::datatypes::Schema;
    use delta_kernel::arrow::json::ReaderBuilder;
    use delta_kernel::engine::arrow_conversion::TryFromKernel as _;
    use delta_kernel::scan::scan_row_schema;

    use super::{ENOUGH_TEXT, NUMBERS, encode};
    use crate::error::Failure;

    fn batch(lines: &str) -> RecordBatch {
        let schema = Schema::try_from_kernel(scan_row_schema().as_ref()).unwrap();
        let mut reader = ReaderBuilder::new(Arc::new(schema))
            .build(lines.as_bytes())
            .unwrap();
        reader.next().unwrap().unwrap()
    }

    fn whole(rows: &RecordBatch, selected: &[bool]) -> Result<Vec<u8>, Failure> {
        let (bytes, next) = encode(rows, selected, 0)?;
        assert_eq!(next, rows.num_rows());
        Ok(bytes)
    }

    struct Read {
        header: [u32; 7],
        numbers: Vec<f64>,
        words: Vec<u32>,
        key_ends: Vec<u32>,
        paths: String,
        text: String,
        stats: String,
    }

    fn read(bytes: &[u8]) -> Read {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let header: [u32; 7] = std::array::from_fn(|word_number| word(word_number * 4));
        let [rows, words, keys, _, paths, text, stats] = header.map(|count| count as usize);
        let numbers = 28..28 + rows * NUMBERS.len() * 8;
        let words = numbers.end..numbers.end + words * 4;
        let keys = words.end..words.end + keys * 4;
        let paths = keys.end..keys.end + paths;
        let text = paths.end..paths.end + text;
        let stats = text.end..text.end + stats;
        assert_eq!(stats.end, bytes.len());
        let number = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        Read {
            header,
            numbers: numbers.step_by(8).map(number).collect(),
            words: words.step_by(4).map(word).collect(),
            key_ends: keys.step_by(4).map(word).collect(),
            paths: String::from_utf8(bytes[paths].to_vec()).unwrap(),
            text: String::from_utf8(bytes[text].to_vec()).unwrap(),
            stats: String::from_utf8(bytes[stats].to_vec()).unwrap(),
        }
    }

    #[test]
    fn a_row_is_laid_out_as_drawn() {
        let rows = batch(
            r#"{"path":"a","size":1,"modificationTime":2,"stats":"{}","fileConstantValues":{"partitionValues":{"p":"x","q":null},"baseRowId":8}}
               {"path":"bc","size":3,"modificationTime":4,"deletionVector":{"storageType":"i","pathOrInlineDv":"dv","sizeInBytes":5,"cardinality":6},"fileConstantValues":{"partitionValues":{"q":"yz"},"tags":{"t":"1"}}}"#,
        );
        let read = read(&whole(&rows, &[]).unwrap());
        assert_eq!(read.header[0], 2);
        assert_eq!(read.paths, "abc");
        assert_eq!(read.text, "xidvyz1pqt");
        assert_eq!(read.stats, "{}");
        assert_eq!(read.header[3], 7);
        assert_eq!(read.key_ends, [8, 9, 10]);
        let first = [1, 0, 3, 2, 0, 1, 3, 1, 0];
        let second = [3, 4, 0, 1, 2, 6, 1, 4, 7];
        assert_eq!(read.words, [&first[..], &second].concat());
        let nan = f64::NAN;
        let expected = [
            [1.0, 2.0, nan, nan, nan, 8.0, nan],
            [3.0, 4.0, nan, 5.0, 6.0, nan, nan],
        ];
        let expected: Vec<_> = expected.concat();
        let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
        assert!(
            read.numbers.iter().zip(&expected).all(same),
            "{:?}",
            read.numbers
        );
    }

    #[test]
    fn ends_are_counted_in_utf_16() {
        let rows = batch(
            r#"{"path":"é😀","size":1,"modificationTime":2,"fileConstantValues":{"partitionValues":{"ü":"💾"}}}"#,
        );
        let read = read(&whole(&rows, &[]).unwrap());
        assert_eq!(read.words, [3, 0, 0, 1, 0, 2, 0]);
        assert_eq!(read.key_ends, [3]);
    }

    #[test]
    fn a_batch_ends_where_it_has_enough_text() {
        let path = |letter: &str| letter.repeat(ENOUGH_TEXT / 2);
        let row = |letter| {
            format!(
                r#"{{"path":"{}","size":1,"modificationTime":2}}"#,
                path(letter)
            )
        };
        let rows = batch(&["a", "b", "c"].map(row).join("\n"));
        let (first, next) = encode(&rows, &[], 0).unwrap();
        assert_eq!((read(&first).header[0], next), (2, 2));
        let (second, next) = encode(&rows, &[], next).unwrap();
        assert_eq!((read(&second).paths, next), (path("c"), 3));
    }

    #[test]
    fn rows_that_are_not_selected_are_left_out() {
        let row = |path| format!(r#"{{"path":"{path}","size":1,"modificationTime":2}}"#);
        let rows = batch(&["a", "b", "c"].map(row).join("\n"));
        let paths = |selected: &[bool]| read(&whole(&rows, selected).unwrap()).paths;
        assert_eq!(paths(&[false, true]), "bc");
        assert_eq!(paths(&[true, false]), "ac");
        assert_eq!(read(&whole(&rows, &[false; 3]).unwrap()).header[0], 0);
    }

    #[test]
    fn a_number_that_would_be_rounded_is_an_error() {
        let rows = batch(r#"{"path":"a","size":9007199254740993,"modificationTime":2}"#);
        let error = whole(&rows, &[]).unwrap_err();
        assert!(matches!(error, Failure::LogDamaged { .. }), "{error}");
    }
}
