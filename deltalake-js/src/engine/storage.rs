//! Listing and reading whole files. The kernel reads nothing this way that the log can't do
//! without (`_last_checkpoint`, checksums), so an absent file is just not found.

use std::sync::Arc;

use bytes::Bytes;
use delta_kernel::{
    FileMeta, FileSlice, KernelError, KernelResult, KernelResultIteratorStatic, StorageHandler,
};
use url::Url;

use super::{Files, read_only};

pub struct MemoryStorage {
    files: Arc<Files>,
}

impl MemoryStorage {
    pub fn new(files: Arc<Files>) -> Self {
        Self { files }
    }
}

impl StorageHandler for MemoryStorage {
    fn list_from(&self, path: &Url) -> KernelResult<KernelResultIteratorStatic<FileMeta>> {
        let files = self.files.after(path)?;
        Ok(Box::new(files.into_iter().map(Ok)))
    }

    fn read_files(
        &self,
        slices: Vec<FileSlice>,
    ) -> KernelResult<KernelResultIteratorStatic<Bytes>> {
        let read = |(url, range): FileSlice| {
            let bytes = self.files.get(&url);
            let bytes = bytes.ok_or_else(|| KernelError::file_not_found(&url))?;
            let Some(range) = range else {
                return Ok(bytes);
            };
            let end = (range.end as usize).min(bytes.len());
            Ok(bytes.slice((range.start as usize).min(end)..end))
        };
        let bytes: Vec<_> = slices.into_iter().map(read).collect();
        Ok(Box::new(bytes.into_iter()))
    }

    fn head(&self, path: &Url) -> KernelResult<FileMeta> {
        let meta = self.files.meta(path);
        meta.ok_or_else(|| KernelError::file_not_found(path))
    }

    fn copy_atomic(&self, _from: &Url, _to: &Url) -> KernelResult<()> {
        read_only()
    }

    fn put(&self, _path: &Url, _bytes: Bytes, _overwrite: bool) -> KernelResult<()> {
        read_only()
    }

    fn delete(&self, _path: &Url) -> KernelResult<()> {
        read_only()
    }
}
