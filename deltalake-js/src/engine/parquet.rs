//! Checkpoints in Parquet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use delta_kernel::cancellation::CancellationTokenRef;
use delta_kernel::engine::arrow_conversion::TryFromArrow as _;
use delta_kernel::engine::arrow_utils::{
    ReorderIndex, RowIndexBuilder, fixup_parquet_read, ordering_needs_row_indexes,
    parquet_read_plan,
};
use delta_kernel::engine::parquet_row_group_skipping::ParquetRowGroupSkipping as _;
use delta_kernel::engine::reader_options;
use delta_kernel::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use delta_kernel::parquet::errors::ParquetError;
use delta_kernel::parquet::file::metadata::{FooterTail, ParquetMetaDataReader};
use delta_kernel::schema::{DataType, SchemaRef, StructType};
use delta_kernel::{
    EngineData, FileDataReadResultIterator, FileMeta, FileSize, KernelResult,
    KernelResultIteratorStatic, ParquetFooter, ParquetHandler, PredicateRef,
};
use url::Url;

use super::{Files, path_of, read_only};
use crate::error::{Failure, words};

/// Rows in a batch, at most.
const BATCH_ROWS: usize = 4096;

/// Files asked for at once: they are read together, and held until their turn comes.
const FILES_AHEAD: usize = 8;

pub struct MemoryParquet {
    files: Arc<Files>,
    lacks_json_stats: AtomicBool,
    unfinished: Arc<AtomicUsize>,
}

impl MemoryParquet {
    pub fn new(files: Arc<Files>) -> Self {
        Self {
            files,
            lacks_json_stats: AtomicBool::new(false),
            unfinished: Arc::default(),
        }
    }

    /// Whether a file that was looked into has its statistics in columns only.
    pub fn lacks_json_stats(&self) -> bool {
        self.lacks_json_stats.load(Ordering::Relaxed)
    }

    /// Whether every file that was to be read was read to its end.
    pub fn is_drained(&self) -> bool {
        self.unfinished.load(Ordering::Relaxed) == 0
    }
}

impl ParquetHandler for MemoryParquet {
    fn read_parquet_files(
        &self,
        files: &[FileMeta],
        schema: SchemaRef,
        predicate: Option<PredicateRef>,
    ) -> KernelResult<FileDataReadResultIterator> {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(CheckpointReader {
            files: self.files.clone(),
            rest: files.iter().map(|file| file.location.clone()).collect(),
            current: None,
            unfinished: self.unfinished.clone(),
            schema,
            predicate,
        }))
    }

    /// There is never a token here, and the kernel's own form of this would end at the first
    /// [`Missing`](crate::answer::Missing).
    fn read_parquet_files_with_cancellation(
        &self,
        files: &[FileMeta],
        schema: SchemaRef,
        predicate: Option<PredicateRef>,
        _cancellation_token: Option<CancellationTokenRef>,
    ) -> KernelResult<FileDataReadResultIterator> {
        self.read_parquet_files(files, schema, predicate)
    }

    fn write_parquet_file(
        &self,
        _path: Url,
        _data: KernelResultIteratorStatic<Box<dyn EngineData>>,
    ) -> KernelResult<FileSize> {
        read_only()
    }

    fn read_parquet_footer(&self, file: &FileMeta) -> KernelResult<ParquetFooter> {
        let bytes = self.files.require([&file.location])?.remove(0);
        let path = path_of(&file.location)?;
        let metadata = load(&bytes, &path)?;
        let schema = StructType::try_from_arrow(metadata.schema().as_ref())?;
        if has_stats_in_columns_only(&schema) {
            self.lacks_json_stats.store(true, Ordering::Relaxed);
        }
        Ok(ParquetFooter {
            schema: Arc::new(schema),
        })
    }
}

fn has_stats_in_columns_only(schema: &StructType) -> bool {
    let Some(DataType::Struct(add)) = schema.field("add").map(|field| field.data_type()) else {
        return false;
    };
    add.field("stats").is_none() && add.field("stats_parsed").is_some()
}

/// Batches of one file after the other. When the next one isn't here it is asked for, with some
/// that follow it, and reading goes on where it was once they are.
struct CheckpointReader {
    files: Arc<Files>,
    rest: VecDeque<Url>,
    current: Option<OpenFile>,
    unfinished: Arc<AtomicUsize>,
    schema: SchemaRef,
    predicate: Option<PredicateRef>,
}

impl CheckpointReader {
    fn read(&mut self) -> KernelResult<Option<Box<dyn EngineData>>> {
        loop {
            if let Some(file) = &mut self.current {
                if let Some(batch) = file.next_batch(&self.schema)? {
                    return Ok(Some(batch));
                }
                self.current = None;
            }
            let Some(url) = self.rest.front() else {
                return Ok(None);
            };
            if self.files.get(url).is_none() {
                self.files.require(self.rest.iter().take(FILES_AHEAD))?;
            }
            let path = path_of(url)?;
            let bytes = match path.starts_with("_delta_log/_sidecars/") {
                // Each is read once, and all of them may be more than memory holds.
                true => self.files.take(url.as_str()),
                false => self.files.get(url),
            };
            let Some(bytes) = bytes else { continue };
            let url = url.to_string();
            let opened = OpenFile::new(bytes, path, url, &self.schema, self.predicate.as_ref());
            self.rest.pop_front();
            self.current = Some(opened?);
        }
    }
}

impl Iterator for CheckpointReader {
    type Item = KernelResult<Box<dyn EngineData>>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read();
        if let Ok(None) = read {
            self.unfinished.fetch_sub(1, Ordering::Relaxed);
        }
        read.transpose()
    }
}

struct OpenFile {
    path: String,
    url: String,
    ordering: Vec<ReorderIndex>,
    rows: Option<std::iter::Flatten<std::vec::IntoIter<std::ops::Range<i64>>>>,
    reader: ParquetRecordBatchReader,
}

impl OpenFile {
    fn new(
        bytes: Bytes,
        path: String,
        url: String,
        schema: &SchemaRef,
        predicate: Option<&PredicateRef>,
    ) -> KernelResult<Self> {
        let metadata = load(&bytes, &path)?;
        let plan = parquet_read_plan(schema, &metadata);
        let (ordering, mask) = plan.map_err(|error| damaged(&path, words(&error)))?;
        let mut rows = ordering_needs_row_indexes(&ordering)
            .then(|| RowIndexBuilder::new(metadata.metadata().row_groups()));
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata);
        if let Some(mask) = mask {
            builder = builder.with_projection(mask);
        }
        if let Some(predicate) = predicate {
            builder = builder.with_row_group_filter(predicate.as_ref(), rows.as_mut());
        }
        let reader = builder.with_batch_size(BATCH_ROWS).build();
        Ok(Self {
            reader: reader.map_err(|error| damaged(&path, error))?,
            rows: rows.map(RowIndexBuilder::build).transpose()?,
            ordering,
            path,
            url,
        })
    }

    fn next_batch(&mut self, schema: &SchemaRef) -> KernelResult<Option<Box<dyn EngineData>>> {
        let Some(batch) = self.reader.next() else {
            return Ok(None);
        };
        let batch = batch.map_err(|error| damaged(&self.path, error))?;
        let rows = self.rows.as_mut();
        let data = fixup_parquet_read(batch, &self.ordering, rows, Some(&self.url), Some(schema))
            .map_err(|error| damaged(&self.path, words(&error)))?;
        Ok(Some(Box::new(data)))
    }
}

/// As `ArrowReaderMetadata::load`, but for the much that it links for files read in parts and for
/// page indexes.
fn load(bytes: &Bytes, path: &str) -> Result<ArrowReaderMetadata, Failure> {
    let footer = || {
        let (before, tail) = bytes.split_last_chunk().ok_or_else(too_short)?;
        let tail = FooterTail::try_new(tail)?;
        if tail.is_encrypted_footer() {
            return Err(ParquetError::General("its footer is encrypted".into()));
        }
        let start = before.len().checked_sub(tail.metadata_length());
        let start = start.ok_or_else(too_short)?;
        let metadata = ParquetMetaDataReader::decode_metadata(&before[start..])?;
        ArrowReaderMetadata::try_new(Arc::new(metadata), reader_options())
    };
    footer().map_err(|error| damaged(path, error))
}

fn too_short() -> ParquetError {
    ParquetError::EOF("it is shorter than its footer".into())
}

fn damaged(path: &str, error: impl std::fmt::Display) -> Failure {
    Failure::CheckpointDamaged {
        path: path.to_owned(),
        problem: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::load;
    use crate::error::Failure;

    #[test]
    fn a_file_without_a_footer_to_read_is_damaged() {
        let problems = [
            (&b""[..], "shorter than its footer"),
            (b"PAR1", "shorter than its footer"),
            (b"\x01\0\0\0PAR1", "shorter than its footer"),
            (b"\xff\xff\xff\xffPAR1", "shorter than its footer"),
            (b"\0\0\0\0PARE", "encrypted"),
            (b"\0\0\0\0PAR2", "Corrupt footer"),
            (b"\0\0\0\0PAR1", ""),
        ];
        for (bytes, problem) in problems {
            let Err(Failure::CheckpointDamaged { path, problem: told }) =
                load(&Bytes::from_static(bytes), "a")
            else {
                panic!("{bytes:?} is a file");
            };
            assert_eq!(path, "a");
            assert!(told.contains(problem), "{told}");
        }
    }
}
