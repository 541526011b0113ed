//! What the tests of several modules share: a small table, and Parquet files of it.

use std::sync::Arc;

use bytes::Bytes;
use delta_kernel::EngineData;
use delta_kernel::arrow::array::RecordBatch;
use delta_kernel::arrow::datatypes::Schema;
use delta_kernel::arrow::json::ReaderBuilder;
use delta_kernel::engine::arrow_data::EngineDataArrowExt as _;
use delta_kernel::parquet::arrow::ArrowWriter;

use crate::answer::Answer;

pub const PROTOCOL: &str = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#;

pub const METADATA: &str = r#"{"metaData":{"id":"table-id","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{},"createdTime":5}}"#;

pub fn add(path: &str) -> String {
    format!(
        r#"{{"add":{{"path":"{path}","partitionValues":{{}},"size":10,"modificationTime":20,"dataChange":true,"stats":"{{\"numRecords\":3}}"}}}}"#
    )
}

pub fn remove(path: &str) -> String {
    format!(r#"{{"remove":{{"path":"{path}","dataChange":true}}}}"#)
}

pub fn commit_name(version: usize) -> String {
    format!("_delta_log/{version:020}.json")
}

/// A Parquet file of rows that are given as JSON lines.
pub fn parquet(schema: Schema, lines: &str) -> Bytes {
    let reader = ReaderBuilder::new(Arc::new(schema.clone())).build(lines.as_bytes());
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, Arc::new(schema), None).unwrap();
    for batch in reader.unwrap() {
        writer.write(&batch.unwrap()).unwrap();
    }
    writer.close().unwrap();
    file.into()
}

pub fn rows(data: Box<dyn EngineData>) -> RecordBatch {
    data.try_into_record_batch().unwrap()
}

impl Answer {
    pub fn ready(self) -> Vec<u8> {
        match self {
            Self::Ready(bytes) => bytes,
            other => panic!("{other:?}"),
        }
    }
}
