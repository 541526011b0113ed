//! A table at a version: protocol and metadata.

use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::{KernelResult, Snapshot};
use serde_json::json;

use crate::answer::Answer;
use crate::engine::{MemoryEngine, ROOT};
use crate::error::Failure;
use crate::integers::exact;

/// The newest version that the files make: the host has put those of one version only.
pub fn open(engine: &MemoryEngine) -> KernelResult<SnapshotRef> {
    Snapshot::builder_for(ROOT).build(engine)
}

/// `{version, protocol, metadata}`; the latter two are spelt as in the log.
pub fn describe(snapshot: &SnapshotRef) -> Result<Answer, Failure> {
    let table = snapshot.table_configuration();
    if let Some(created_at) = table.metadata().created_time() {
        exact(created_at, "createdTime of the table")?;
    }
    Ok(Answer::json(&json!({
        "version": exact(snapshot.version().cast_signed(), "the version")?,
        "protocol": table.protocol(),
        "metadata": table.metadata(),
    })))
}
