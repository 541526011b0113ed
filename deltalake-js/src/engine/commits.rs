//! JSON files of the log as record batches, many files in one batch where that may be.
//!
//! A decoder for each file would cost most of the time on a log of many small commits. The kernel
//! asks its engine not to merge files; reading file actions it looks at nothing but the order of
//! rows, which is kept. Where rows must tell their file (`_file`), files stay apart.
//!
//! Each file is read from its last line to its first: of several actions for one file, which the
//! protocol does not allow in a commit, the last one counts for Spark, and the first one that it
//! sees for the kernel, which reads the newest commit first.

use std::sync::Arc;

use bytes::Bytes;
use delta_kernel::EngineData;
use delta_kernel::KernelResult;
use delta_kernel::arrow::array::RecordBatch;
use delta_kernel::arrow::datatypes::SchemaRef as ArrowSchemaRef;
use delta_kernel::arrow::error::ArrowError;
use delta_kernel::arrow::json::ReaderBuilder;
use delta_kernel::arrow::json::reader::Decoder;
use delta_kernel::engine::arrow_utils::{
    ReorderIndex, build_json_reorder_indices, fixup_json_read, json_arrow_schema,
};
use delta_kernel::schema::StructType;

use super::lines::LineFilter;
use crate::error::Failure;

/// Rows in a batch, at most.
const BATCH_ROWS: usize = 4096;

/// A JSON file of the log.
pub struct LogFile {
    pub bytes: Bytes,
    pub url: String,
    /// For messages.
    pub path: String,
}

/// What was read.
#[derive(Clone, Copy, Default)]
struct Place {
    file: usize,
    /// Bytes at the end of that file.
    read: usize,
}

pub struct CommitReader {
    files: Vec<LogFile>,
    filter: LineFilter,
    schema: ArrowSchemaRef,
    reorder: Vec<ReorderIndex>,
    keep_apart: bool,
    decoder: Decoder,
    next: Place,
    batch_start: Place,
    is_over: bool,
}

impl CommitReader {
    pub fn new(files: Vec<LogFile>, schema: &StructType) -> KernelResult<Self> {
        let arrow_schema = Arc::new(json_arrow_schema(schema)?);
        let names = arrow_schema
            .fields()
            .iter()
            .map(|field| field.name().as_str());
        Ok(Self {
            files,
            filter: LineFilter::new(names),
            decoder: decoder(&arrow_schema)?,
            keep_apart: arrow_schema.fields().len() != schema.num_fields(),
            reorder: build_json_reorder_indices(schema)?,
            schema: arrow_schema,
            next: Place::default(),
            batch_start: Place::default(),
            is_over: false,
        })
    }

    fn read(&mut self) -> KernelResult<Option<Box<dyn EngineData>>> {
        self.batch_start = self.next;
        while let Some(file) = self.files.get(self.next.file) {
            if self.decoder.is_empty() {
                self.batch_start = self.next;
            }
            let is_full = fill(&mut self.decoder, &self.filter, file, &mut self.next)?;
            if is_full {
                return self.flush();
            }
            self.next = Place {
                file: self.next.file + 1,
                ..Place::default()
            };
            if self.keep_apart && !self.decoder.is_empty() {
                return self.flush();
            }
        }
        self.flush()
    }

    fn flush(&mut self) -> KernelResult<Option<Box<dyn EngineData>>> {
        let Some(batch) = self.decode_rows()? else {
            return Ok(None);
        };
        let url = &self.files[self.batch_start.file].url;
        Ok(Some(Box::new(fixup_json_read(batch, &self.reorder, url)?)))
    }

    fn decode_rows(&mut self) -> Result<Option<RecordBatch>, Failure> {
        let rows = self.decoder.flush();
        rows.map_err(|error| self.culprit(error))
    }

    /// The line that doesn't have the types asked for: the decoder tells of a batch only.
    fn culprit(&self, error: ArrowError) -> Failure {
        let mut place = self.batch_start;
        while let Some(file) = self.files.get(place.file) {
            while let Some(line) = last_line(file, &mut place) {
                if !self.filter.keeps(line) {
                    continue;
                }
                let Ok(mut decoder) = decoder(&self.schema) else {
                    continue;
                };
                let decoded = decoder.decode(line).and_then(|_| decoder.flush());
                if let Err(error) = decoded {
                    return damaged(file, line, words(&error));
                }
            }
            place = Place {
                file: place.file + 1,
                ..Place::default()
            };
        }
        Failure::contradiction(words(&error))
    }
}

impl Iterator for CommitReader {
    type Item = KernelResult<Box<dyn EngineData>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let read = self.read();
        self.is_over = !matches!(read, Ok(Some(_)));
        read.transpose()
    }
}

fn decoder(schema: &ArrowSchemaRef) -> Result<Decoder, ArrowError> {
    ReaderBuilder::new(schema.clone())
        .with_batch_size(BATCH_ROWS)
        .with_coerce_primitive(true)
        .build_decoder()
}

/// Decodes lines until the batch is full (true) or the file is read.
fn fill(
    decoder: &mut Decoder,
    filter: &LineFilter,
    file: &LogFile,
    next: &mut Place,
) -> Result<bool, Failure> {
    while decoder.len() < BATCH_ROWS {
        let Some(line) = last_line(file, next) else {
            return Ok(false);
        };
        if !filter.keeps(line) {
            continue;
        }
        let rows = decoder.len();
        let used = decoder
            .decode(line)
            .map_err(|error| damaged(file, line, words(&error)))?;
        if decoder.has_partial_record() {
            return Err(damaged(file, line, "it ends in the middle of an action".into()));
        }
        if used < line.len() || decoder.len() != rows + 1 {
            return Err(damaged(file, line, "it is not one action".into()));
        }
    }
    Ok(true)
}

/// The last line of those that were not read that isn't blank, without the space around it.
fn last_line<'f>(file: &'f LogFile, next: &mut Place) -> Option<&'f [u8]> {
    while next.read < file.bytes.len() {
        let rest = &file.bytes[..file.bytes.len() - next.read];
        let line_break = memchr::memrchr(b'\n', rest);
        next.read = file.bytes.len() - line_break.unwrap_or(0);
        let line = rest[line_break.map_or(0, |at| at + 1)..].trim_ascii();
        if !line.is_empty() {
            return Some(line);
        }
    }
    None
}

/// `line` is a part of the file's bytes.
fn damaged(file: &LogFile, line: &[u8], problem: String) -> Failure {
    let offset = line.as_ptr() as usize - file.bytes.as_ptr() as usize;
    let number = memchr::memchr_iter(b'\n', &file.bytes[..offset]).count() + 1;
    Failure::damaged(file.path.clone(), Some(number), problem)
}

fn words(error: &ArrowError) -> String {
    let text = error.to_string();
    text.strip_prefix("Json error: ")
        .unwrap_or(&text)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use delta_kernel::KernelError;
    use delta_kernel::arrow::array::AsArray as _;
    use delta_kernel::schema::{DataType, MetadataColumnSpec, StructField, StructType};

    use super::{BATCH_ROWS, CommitReader, LogFile};
    use crate::error::Failure;
    use crate::testing::{METADATA, add, commit_name, remove, rows};

    fn file_actions() -> StructType {
        let path = || StructField::nullable("path", DataType::STRING);
        let size = StructField::nullable("size", DataType::LONG);
        let add = StructType::try_new([path(), size]).unwrap();
        let remove = StructType::try_new([path()]).unwrap();
        let actions = [
            StructField::nullable("add", add),
            StructField::nullable("remove", remove),
        ];
        StructType::try_new(actions).unwrap()
    }

    fn file(version: usize, text: &str) -> LogFile {
        LogFile {
            bytes: text.to_owned().into(),
            url: format!("memory:///table/{}", commit_name(version)),
            path: commit_name(version),
        }
    }

    /// `add` or `remove` and the path of every row, batch by batch.
    fn read(files: Vec<LogFile>) -> Result<Vec<Vec<String>>, Failure> {
        let reader = CommitReader::new(files, &file_actions()).unwrap();
        let batches = reader.map(|batch| {
            let batch = rows(batch?);
            let path = |action: &str, row: usize| {
                let action = batch.column_by_name(action)?.as_struct();
                let paths = action.column_by_name("path")?.as_string::<i32>();
                let path = delta_kernel::arrow::array::Array::is_valid(paths, row);
                path.then(|| paths.value(row).to_owned())
            };
            let row = |row| {
                let added = path("add", row).map(|path| format!("add {path}"));
                let removed = path("remove", row).map(|path| format!("remove {path}"));
                added.or(removed).unwrap_or_default()
            };
            Ok((0..batch.num_rows()).map(row).collect())
        });
        let batches: Result<_, KernelError> = batches.collect();
        Ok(batches?)
    }

    fn read_error(files: Vec<LogFile>) -> Failure {
        read(files).unwrap_err()
    }

    #[test]
    fn files_share_a_batch_in_the_order_asked() {
        let files = vec![
            file(2, &format!("{}\n{}\n", remove("b"), add("c"))),
            file(1, &add("b")),
            file(0, &format!("{METADATA}\r\n\r\n  {}  \r\n", add("a"))),
        ];
        let expected = ["add c", "remove b", "add b", "add a"];
        assert_eq!(read(files).unwrap(), [expected]);
    }

    #[test]
    fn files_without_a_row_are_passed_over() {
        let files = vec![file(1, ""), file(0, METADATA)];
        assert_eq!(read(files).unwrap(), [[""; 0]; 0]);
    }

    #[test]
    fn the_last_action_of_a_file_comes_first() {
        let text = format!("\n{}\n{}\n{}", add("a"), remove("a"), add("b"));
        let expected = ["add b", "remove a", "add a"];
        assert_eq!(read(vec![file(0, &text)]).unwrap(), [expected]);
    }

    #[test]
    fn a_full_batch_is_followed_by_the_next_row() {
        let lines: Vec<_> = (0..BATCH_ROWS + 2)
            .map(|row| add(&row.to_string()))
            .collect();
        let batches = read(vec![file(1, &lines.join("\n")), file(0, &add("last"))]).unwrap();
        let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
        assert_eq!(sizes, [BATCH_ROWS, 3]);
        assert_eq!(batches[1], ["add 1", "add 0", "add last"]);
    }

    #[test]
    fn a_line_that_is_not_one_action_is_named() {
        let two = format!("{} {}", add("x"), add("y"));
        let full: Vec<_> = (1..BATCH_ROWS).map(|row| add(&row.to_string())).collect();
        for text in [
            format!("{}\n{two}\n{}", add("a"), add("b")),
            format!("{}\n{two}\n{}", add("a"), full.join("\n")),
            format!("{}\n{{\"add\":\n{{\"path\":\"a\"}}}}", add("a")),
        ] {
            let Failure::LogDamaged { line, .. } = read_error(vec![file(0, &text)]) else {
                panic!("another failure");
            };
            assert!(line == Some(2) || line == Some(3), "{line:?} of {text}");
        }
    }

    #[test]
    fn a_line_that_is_not_json_is_named() {
        let files = vec![
            file(4, &add("a")),
            file(3, &format!("{}\n{{oops}}", add("b"))),
        ];
        let Failure::LogDamaged { path, line, .. } = read_error(files) else {
            panic!("another failure");
        };
        assert_eq!((path, line), (commit_name(3), Some(2)));
    }

    #[test]
    fn a_file_that_ends_in_an_action_is_named_though_another_follows() {
        let files = vec![file(4, r#"{"add":{"path":"a""#), file(3, &add("b"))];
        let Failure::LogDamaged { path, line, .. } = read_error(files) else {
            panic!("another failure");
        };
        assert_eq!((path, line), (commit_name(4), Some(1)));
    }

    #[test]
    fn a_value_of_a_wrong_type_is_named_though_its_batch_holds_many_files() {
        let wrong = r#"{"add":{"path":"b","size":"large"}}"#;
        let files = vec![
            file(4, &add("a")),
            file(3, &format!("{METADATA}\n\n{wrong}\n")),
            file(2, &add("c")),
        ];
        let Failure::LogDamaged { path, line, .. } = read_error(files) else {
            panic!("another failure");
        };
        assert_eq!((path, line), (commit_name(3), Some(3)));
    }

    #[test]
    fn damage_in_a_checkpoint_has_its_own_code() {
        let path = "_delta_log/00000000000000000004.checkpoint.x.json";
        let files = vec![LogFile {
            path: path.to_owned(),
            ..file(4, "{oops}")
        }];
        let Failure::CheckpointDamaged { path: found, .. } = read_error(files) else {
            panic!("another failure");
        };
        assert_eq!(found, path);
    }

    #[test]
    fn after_a_failure_nothing_follows() {
        let mut reader =
            CommitReader::new(vec![file(1, "{oops}"), file(0, &add("a"))], &file_actions())
                .unwrap();
        assert!(reader.next().unwrap().is_err());
        assert!(reader.next().is_none());
    }

    #[test]
    fn rows_that_tell_their_file_stay_apart() {
        let name = StructField::create_metadata_column("_file", MetadataColumnSpec::FilePath);
        let fields = file_actions()
            .fields()
            .cloned()
            .chain([name])
            .collect::<Vec<_>>();
        let schema = StructType::try_new(fields).unwrap();
        let files = vec![file(2, METADATA), file(1, &add("b")), file(0, &add("a"))];
        let batches = CommitReader::new(files, &schema).unwrap();
        let names: Vec<_> = batches
            .map(|batch| {
                let batch = rows(batch.unwrap());
                let names = batch.column_by_name("_file").unwrap();
                let text = delta_kernel::arrow::util::display::array_value_to_string(names, 0);
                (text.unwrap(), batch.num_rows())
            })
            .collect();
        let url = |version| format!("memory:///table/{}", commit_name(version));
        assert_eq!(names, [(url(1), 1), (url(0), 1)]);
    }
}
