//! The data files of a snapshot, a batch at a time.

use std::sync::Arc;

use delta_kernel::KernelResult;
use delta_kernel::arrow::array::RecordBatch;
use delta_kernel::engine::arrow_data::EngineDataArrowExt as _;
use delta_kernel::scan::{ScanMetadata, StatsOptions};
use delta_kernel::snapshot::SnapshotRef;

use crate::answer::Answer;
use crate::batch;
use crate::engine::{Files, MemoryEngine};
use crate::error::Failure;

/// After [`Answer::Wanted`], `next` goes on where it was.
pub struct FileReader {
    engine: MemoryEngine,
    batches: Box<dyn Iterator<Item = KernelResult<ScanMetadata>>>,
    begun: Option<Begun>,
}

/// A batch of the kernel's, and its first row that was not given out.
struct Begun {
    rows: RecordBatch,
    selected: Vec<bool>,
    start: usize,
}

impl FileReader {
    pub fn new(snapshot: &SnapshotRef, files: &Arc<Files>, with_stats: bool) -> KernelResult<Self> {
        if !with_stats {
            return Self::with(snapshot, files, StatsOptions::none());
        }
        let reader = Self::with(snapshot, files, StatsOptions::json_only())?;
        if reader.engine.lacks_json_stats() {
            // Costs the parsing of every file's statistics, so only where there is no other way.
            return Self::with(snapshot, files, StatsOptions::all());
        }
        Ok(reader)
    }

    fn with(snapshot: &SnapshotRef, files: &Arc<Files>, stats: StatsOptions) -> KernelResult<Self> {
        let engine = MemoryEngine::new(files.clone());
        if snapshot.schema().num_fields() == 0 {
            // The kernel won't scan a table without columns. No writer puts data in one.
            let batches = Box::new(std::iter::empty());
            return Ok(Self {
                engine,
                batches,
                begun: None,
            });
        }
        let scan = snapshot
            .clone()
            .scan_builder()
            .with_stats(stats)
            .without_row_transforms()
            .build()?;
        let batches = Box::new(scan.scan_metadata(&engine)?);
        Ok(Self {
            engine,
            batches,
            begun: None,
        })
    }

    pub fn next(&mut self) -> Answer {
        if let Some(begun) = self.begun.take() {
            return self.go_on(begun).unwrap_or_else(Answer::from);
        }
        match self.batches.next() {
            Some(Ok(batch)) => begin(batch)
                .and_then(|begun| self.go_on(begun))
                .unwrap_or_else(Answer::from),
            Some(Err(error)) => error.into(),
            None if self.engine.is_drained() => Answer::Nothing,
            // Rather an error than files left out without a word.
            None => Answer::Failed(Failure::KernelError {
                problem: "it stopped before the end of a checkpoint".into(),
            }),
        }
    }

    fn go_on(
        &mut self,
        Begun {
            rows,
            selected,
            start,
        }: Begun,
    ) -> KernelResult<Answer> {
        let (bytes, start) = batch::encode(&rows, &selected, start)?;
        if start < rows.num_rows() {
            self.begun = Some(Begun {
                rows,
                selected,
                start,
            });
        }
        Ok(Answer::Ready(bytes))
    }
}

fn begin(batch: ScanMetadata) -> KernelResult<Begun> {
    let (data, selected) = batch.scan_files.into_parts();
    let rows = data.try_into_record_batch()?;
    Ok(Begun {
        rows,
        selected,
        start: 0,
    })
}
