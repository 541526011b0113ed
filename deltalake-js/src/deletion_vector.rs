//! Deletion vectors: which rows of a data file are gone.

use std::sync::Arc;

use bytes::Bytes;
use delta_kernel::actions::deletion_vector::{DeletionVectorDescriptor, DeletionVectorStorageType};
use delta_kernel::{
    FileMeta, FileSlice, KernelError, KernelResult, KernelResultIteratorStatic, StorageHandler,
};
use url::Url;

use crate::answer::{Answer, Missing};
use crate::engine::{Files, ROOT, Range, Wanted, path_of};
use crate::error::{Failure, words};
use crate::integers::exact;

/// Length before and checksum after the vector's own bytes.
/// Source: Delta protocol, "Deletion Vector File Storage Format".
const FRAME: usize = 8;

/// The indexes of the deleted rows, ascending, as 64-bit floats.
pub fn read(descriptor: &DeletionVectorDescriptor, files: &Files) -> Answer {
    rows(descriptor, files).unwrap_or_else(Answer::from)
}

fn rows(descriptor: &DeletionVectorDescriptor, files: &Files) -> KernelResult<Answer> {
    let root = Url::parse(ROOT)?;
    let Some(url) = descriptor.absolute_path(&root)? else {
        return decode(descriptor, "_delta_log", None);
    };
    let path = path_of(&url)?;
    let range = range(descriptor);
    let key = format!("{url}#{}-{}", range.start, range.end);
    let Some(bytes) = files.take(&key) else {
        let range = Some(range);
        return Err(Missing(vec![Wanted { key, path, range }]).into());
    };
    decode(descriptor, &path, Some(bytes))
}

/// Where the vector is in its file, frame included.
fn range(descriptor: &DeletionVectorDescriptor) -> Range {
    let start = descriptor.offset.map_or(1, |offset| offset as usize);
    Range {
        start,
        end: start + descriptor.size_in_bytes as usize + FRAME,
    }
}

fn decode(
    descriptor: &DeletionVectorDescriptor,
    path: &str,
    bytes: Option<Bytes>,
) -> KernelResult<Answer> {
    let damaged = |problem: String| Failure::DeletionVectorDamaged {
        path: path.to_owned(),
        problem,
    };
    let alone = alone(descriptor)?;
    let storage = Arc::new(OneVector::new(bytes.unwrap_or_default()));
    let rows = alone
        .read(storage, &Url::parse(ROOT)?)
        .map_err(|error| damaged(words(&error)))?;
    if rows.len() != descriptor.cardinality.cast_unsigned() {
        return Err(damaged(format!(
            "it holds {} rows where the log says {}",
            rows.len(),
            descriptor.cardinality
        ))
        .into());
    }
    if let Some(last) = rows.max() {
        exact(last.cast_signed(), "a deleted row")?;
    }
    let mut bytes = Vec::with_capacity(rows.len() as usize * 8);
    for row in &rows {
        bytes.extend_from_slice(&(row as f64).to_le_bytes());
    }
    Ok(Answer::Ready(bytes))
}

/// The same vector, as the only one of its file.
fn alone(descriptor: &DeletionVectorDescriptor) -> KernelResult<DeletionVectorDescriptor> {
    let offset = match descriptor.storage_type {
        DeletionVectorStorageType::Inline => None,
        _ => Some(1),
    };
    DeletionVectorDescriptor::try_new(
        descriptor.storage_type,
        descriptor.path_or_inline_dv.clone(),
        offset,
        descriptor.size_in_bytes,
        descriptor.cardinality,
    )
}

/// A deletion vector file with one vector in it:
/// ```text
/// version   length (big)   magic, bitmap   checksum (big)
/// 1 byte    4 bytes        length bytes    4 bytes
/// ```
/// The host read only the part after the version.
struct OneVector(Bytes);

impl OneVector {
    fn new(bytes: Bytes) -> Self {
        Self([&[1], bytes.as_ref()].concat().into())
    }
}

impl StorageHandler for OneVector {
    fn read_files(
        &self,
        slices: Vec<FileSlice>,
    ) -> KernelResult<KernelResultIteratorStatic<Bytes>> {
        let bytes = self.0.clone();
        Ok(Box::new(slices.into_iter().map(move |_| Ok(bytes.clone()))))
    }

    fn list_from(&self, _path: &Url) -> KernelResult<KernelResultIteratorStatic<FileMeta>> {
        Ok(Box::new(std::iter::empty()))
    }

    fn head(&self, path: &Url) -> KernelResult<FileMeta> {
        Ok(FileMeta::new(path.clone(), 0, self.0.len() as u64))
    }

    fn copy_atomic(&self, _from: &Url, _to: &Url) -> KernelResult<()> {
        Err(unused())
    }

    fn put(&self, _path: &Url, _bytes: Bytes, _overwrite: bool) -> KernelResult<()> {
        Err(unused())
    }

    fn delete(&self, _path: &Url) -> KernelResult<()> {
        Err(unused())
    }
}

fn unused() -> KernelError {
    KernelError::generic("a deletion vector is only read")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use delta_kernel::actions::deletion_vector::{
        DeletionVectorDescriptor, DeletionVectorStorageType,
    };

    use super::read;
    use crate::answer::Answer;
    use crate::engine::{Files, Range};
    use crate::error::Failure;

    // The same rows as the inline example of the Delta protocol, as 44 bytes in today's format.
    const INLINE: &str = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";
    const ROWS: [f64; 6] = [3.0, 4.0, 7.0, 11.0, 18.0, 29.0];
    // Source: Delta protocol, "Derived Fields", the example with a random prefix.
    const PATH: &str = "ab^-aqEH.-t@S}K{vb[*k^";
    const FILE: &str = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";

    fn descriptor(
        storage_type: DeletionVectorStorageType,
        path_or_inline: &str,
        offset: Option<i32>,
        cardinality: i64,
    ) -> DeletionVectorDescriptor {
        let size = 44;
        DeletionVectorDescriptor::try_new(storage_type, path_or_inline, offset, size, cardinality)
            .unwrap()
    }

    fn in_file(offset: Option<i32>) -> DeletionVectorDescriptor {
        descriptor(
            DeletionVectorStorageType::PersistedRelative,
            PATH,
            offset,
            6,
        )
    }

    /// The example as it stands in a file: length, magic and bitmap, checksum.
    fn framed() -> Vec<u8> {
        let vector = &z85::decode(INLINE).unwrap()[..44];
        let checksum = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(vector);
        [&44_u32.to_be_bytes()[..], vector, &checksum.to_be_bytes()].concat()
    }

    fn floats(bytes: &[u8]) -> Vec<f64> {
        let (chunks, _) = bytes.as_chunks::<8>();
        chunks
            .iter()
            .map(|chunk| f64::from_le_bytes(*chunk))
            .collect()
    }

    fn problem(answer: Answer) -> String {
        match answer {
            Answer::Failed(Failure::DeletionVectorDamaged { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_inline_vector_needs_no_file() {
        let vector = descriptor(DeletionVectorStorageType::Inline, INLINE, None, 6);
        assert_eq!(floats(&read(&vector, &Files::default()).ready()), ROWS);
    }

    #[test]
    fn a_vector_with_other_rows_than_the_log_says_is_damaged() {
        let vector = descriptor(DeletionVectorStorageType::Inline, INLINE, None, 5);
        assert!(problem(read(&vector, &Files::default())).contains("6 rows where the log says 5"));
    }

    #[test]
    fn only_the_bytes_of_a_vector_are_asked_for_and_they_are_not_kept() {
        let files = Arc::new(Files::default());
        let vector = in_file(Some(7));
        for _ in 0..2 {
            let Answer::Wanted(wanted) = read(&vector, &files) else {
                panic!("nothing is wanted");
            };
            assert_eq!(wanted[0].path, FILE);
            assert_eq!(wanted[0].range, Some(Range { start: 7, end: 59 }));
            files.put(&wanted[0].key, framed().into(), 0);
            assert_eq!(floats(&read(&vector, &files).ready()), ROWS);
        }
    }

    #[test]
    fn without_an_offset_a_vector_comes_after_the_version_byte() {
        let Answer::Wanted(wanted) = read(&in_file(None), &Files::default()) else {
            panic!("nothing is wanted");
        };
        assert_eq!(wanted[0].range, Some(Range { start: 1, end: 53 }));
    }

    #[test]
    fn damage_in_a_file_is_found() {
        let harms: [(&str, fn(&mut Vec<u8>)); 4] = [
            ("size mismatch", |bytes| bytes[3] += 1),
            ("Invalid magic", |bytes| bytes[4] ^= 1),
            ("checksum", |bytes| bytes[20] ^= 1),
            ("not enough bytes", |bytes| bytes.truncate(30)),
        ];
        for (words, harm) in harms {
            let mut bytes = framed();
            harm(&mut bytes);
            let files = Files::default();
            let Answer::Wanted(wanted) = read(&in_file(Some(1)), &files) else {
                panic!("nothing is wanted");
            };
            files.put(&wanted[0].key, Bytes::from(bytes), 0);
            let problem = problem(read(&in_file(Some(1)), &files));
            assert!(problem.contains(words), "{problem}");
        }
    }
}
