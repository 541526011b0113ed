//! The kernel's door to JSON.

use std::sync::Arc;

use delta_kernel::engine::arrow_utils::parse_json;
use delta_kernel::schema::SchemaRef;
use delta_kernel::{
    EngineData, FileDataReadResultIterator, FileMeta, FileSize, FilteredEngineData, JsonHandler,
    KernelResult, KernelResultIterator, PredicateRef,
};
use url::Url;

use super::commits::{CommitReader, LogFile};
use super::{Files, path_of, read_only};

pub struct MemoryJson {
    files: Arc<Files>,
}

impl MemoryJson {
    pub fn new(files: Arc<Files>) -> Self {
        Self { files }
    }
}

impl JsonHandler for MemoryJson {
    fn parse_json(
        &self,
        texts: Box<dyn EngineData>,
        schema: SchemaRef,
    ) -> KernelResult<Box<dyn EngineData>> {
        parse_json(texts, schema)
    }

    fn read_json_files(
        &self,
        files: &[FileMeta],
        schema: SchemaRef,
        _predicate: Option<PredicateRef>,
    ) -> KernelResult<FileDataReadResultIterator> {
        let bytes = self
            .files
            .require(files.iter().map(|file| &file.location))?;
        let open = |(file, bytes): (&FileMeta, _)| {
            Ok(LogFile {
                bytes,
                url: file.location.to_string(),
                path: path_of(&file.location)?,
            })
        };
        let files: KernelResult<_> = files.iter().zip(bytes).map(open).collect();
        Ok(Box::new(CommitReader::new(files?, &schema)?))
    }

    fn write_json_file(
        &self,
        _path: &Url,
        _data: KernelResultIterator<'_, FilteredEngineData>,
        _overwrite: bool,
    ) -> KernelResult<FileSize> {
        read_only()
    }
}
