//! A kernel engine over bytes in memory: no clock, no network, nothing is written.

mod commits;
mod files;
mod json;
mod lines;
mod parquet;
mod storage;

use std::sync::Arc;

use delta_kernel::engine::arrow_expression::ArrowEvaluationHandler;
use delta_kernel::{
    Engine, EvaluationHandler, JsonHandler, KernelError, ParquetHandler, StorageHandler,
};

pub use files::{Files, Range, Wanted, path_of};
use json::MemoryJson;
use parquet::MemoryParquet;
use storage::MemoryStorage;

/// Where the kernel thinks that the table is.
pub const ROOT: &str = "memory:///table/";

#[derive(Clone)]
pub struct MemoryEngine {
    files: Arc<Files>,
    parquet: Arc<MemoryParquet>,
}

impl MemoryEngine {
    pub fn new(files: Arc<Files>) -> Self {
        Self {
            parquet: Arc::new(MemoryParquet::new(files.clone())),
            files,
        }
    }

    /// Whether a checkpoint that was looked into has its statistics in columns only, so that their
    /// JSON must be made.
    pub fn lacks_json_stats(&self) -> bool {
        self.parquet.lacks_json_stats()
    }

    /// Whether every checkpoint that was to be read was read to its end.
    pub fn is_drained(&self) -> bool {
        self.parquet.is_drained()
    }
}

impl Engine for MemoryEngine {
    fn evaluation_handler(&self) -> Arc<dyn EvaluationHandler> {
        Arc::new(ArrowEvaluationHandler {})
    }

    fn storage_handler(&self) -> Arc<dyn StorageHandler> {
        Arc::new(MemoryStorage::new(self.files.clone()))
    }

    fn json_handler(&self) -> Arc<dyn JsonHandler> {
        Arc::new(MemoryJson::new(self.files.clone()))
    }

    fn parquet_handler(&self) -> Arc<dyn ParquetHandler> {
        self.parquet.clone()
    }
}

fn read_only<T>() -> Result<T, KernelError> {
    Err(KernelError::generic("this engine only reads"))
}
