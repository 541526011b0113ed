//! All that one instance holds: one table, at one version, and the reading of its files.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use delta_kernel::actions::deletion_vector::DeletionVectorDescriptor;
use delta_kernel::snapshot::SnapshotRef;
use serde::Deserialize;

use crate::answer::Answer;
use crate::deletion_vector;
use crate::engine::{Files, MemoryEngine};
use crate::error::Failure;
use crate::files::FileReader;
use crate::snapshot;

pub struct Session {
    files: Arc<Files>,
    snapshot: Option<SnapshotRef>,
    readers: BTreeMap<u32, FileReader>,
    opened: u32,
}

/// How the host describes bytes that follow one another: key, length, time of change.
#[derive(Deserialize)]
struct Put(String, usize, f64);

impl Session {
    pub fn new() -> Self {
        Self {
            files: Arc::default(),
            snapshot: None,
            readers: BTreeMap::new(),
            opened: 0,
        }
    }

    /// Takes the bytes of several files that follow one another in `bytes`.
    pub fn put(&mut self, manifest: &[u8], bytes: Bytes) -> Answer {
        let puts: Vec<Put> = match serde_json::from_slice(manifest) {
            Ok(puts) => puts,
            Err(error) => return bad_call(error),
        };
        let mut start = 0;
        for Put(key, length, modified_at) in puts {
            let end = start + length;
            if end > bytes.len() {
                return bad_call("the manifest tells of more bytes than there are");
            }
            self.files
                .put(&key, bytes.slice(start..end), modified_at as i64);
            start = end;
        }
        Answer::Nothing
    }

    /// The table as the files make it.
    pub fn open(&mut self) -> Answer {
        match snapshot::open(&MemoryEngine::new(self.files.clone())) {
            Ok(snapshot) => {
                let answer = snapshot::describe(&snapshot);
                self.snapshot = Some(snapshot);
                answer.unwrap_or_else(Answer::from)
            }
            Err(error) => error.into(),
        }
    }

    /// Starts to read the files of the snapshot; answers the number of the reader.
    pub fn open_files(&mut self, with_stats: bool) -> Answer {
        let Some(snapshot) = &self.snapshot else {
            return bad_call("no snapshot was opened");
        };
        match FileReader::new(snapshot, &self.files, with_stats) {
            Ok(reader) => {
                self.opened += 1;
                self.readers.insert(self.opened, reader);
                Answer::json(&self.opened)
            }
            Err(error) => error.into(),
        }
    }

    pub fn next_files(&mut self, reader: u32) -> Answer {
        let Some(reader) = self.readers.get_mut(&reader) else {
            return bad_call("no such reader");
        };
        reader.next()
    }

    pub fn close_files(&mut self, reader: u32) {
        self.readers.remove(&reader);
    }

    pub fn deleted_rows(&mut self, descriptor: &[u8]) -> Answer {
        let descriptor: DeletionVectorDescriptor = match serde_json::from_slice(descriptor) {
            Ok(descriptor) => descriptor,
            Err(error) => {
                return Answer::Failed(Failure::DeletionVectorDamaged {
                    path: "_delta_log".into(),
                    problem: error.to_string(),
                });
            }
        };
        deletion_vector::read(&descriptor, &self.files)
    }
}

/// The glue in `js/` calls in the wrong way.
fn bad_call(problem: impl ToString) -> Answer {
    Answer::Failed(Failure::KernelError {
        problem: problem.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use delta_kernel::arrow::datatypes::{DataType, Field, Fields, Schema};
    use serde_json::{Value, json};

    use super::Session;
    use crate::answer::Answer;
    use crate::error::Failure;
    use crate::testing::{METADATA, PROTOCOL, add, commit_name, parquet, remove};

    const V2_PROTOCOL: &str = r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["v2Checkpoint"],"writerFeatures":["v2Checkpoint"]}}"#;
    const CHECKPOINT: &str =
        "_delta_log/00000000000000000001.checkpoint.398eaaa3-8200-40a5-a4d6-f5f717384c06.json";

    fn put(session: &mut Session, files: &[(&str, Bytes)]) {
        let manifest: Vec<_> = files
            .iter()
            .map(|(key, bytes)| json!([key, bytes.len(), 0]))
            .collect();
        let bytes: Vec<_> = files.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
        let manifest = serde_json::to_vec(&manifest).unwrap();
        assert!(matches!(
            session.put(&manifest, bytes.into()),
            Answer::Nothing
        ));
    }

    fn session(commits: &[String]) -> Session {
        let mut session = Session::new();
        for (version, commit) in commits.iter().enumerate() {
            put(
                &mut session,
                &[(&commit_name(version), commit.clone().into())],
            );
        }
        session
    }

    fn json_of(answer: Answer) -> Value {
        serde_json::from_slice(&answer.ready()).unwrap()
    }

    fn open_files(session: &mut Session) -> u32 {
        json_of(session.open_files(true)).as_u64().unwrap() as u32
    }

    /// How many rows each batch has; what is wanted is put from `sidecars`.
    fn row_counts(session: &mut Session, reader: u32, sidecars: &[(&str, Bytes)]) -> Vec<u32> {
        let mut counts = Vec::new();
        loop {
            match session.next_files(reader) {
                Answer::Nothing => return counts,
                Answer::Ready(bytes) => {
                    counts.push(u32::from_le_bytes(bytes[..4].try_into().unwrap()));
                }
                Answer::Wanted(wanted) => {
                    for file in wanted {
                        let found = sidecars.iter().find(|(path, _)| *path == file.path);
                        put(session, &[(&file.key, found.unwrap().1.clone())]);
                    }
                }
                Answer::Failed(failure) => panic!("{failure}"),
            }
        }
    }

    /// Adds, in the columns that the kernel reads.
    fn sidecar(lines: &str) -> Bytes {
        let entries = Fields::from(vec![
            Field::new("key", DataType::Utf8, false),
            Field::new("value", DataType::Utf8, true),
        ]);
        let entries = Field::new("key_value", DataType::Struct(entries), false);
        let add = Fields::from(vec![
            Field::new("path", DataType::Utf8, true),
            Field::new(
                "partitionValues",
                DataType::Map(entries.into(), false),
                true,
            ),
            Field::new("size", DataType::Int64, true),
            Field::new("modificationTime", DataType::Int64, true),
            Field::new("dataChange", DataType::Boolean, true),
            Field::new("stats", DataType::Utf8, true),
        ]);
        parquet(
            Schema::new(vec![Field::new("add", DataType::Struct(add), true)]),
            lines,
        )
    }

    fn v2_table(sidecars: &[(&str, Bytes)]) -> Session {
        let references = sidecars.iter().map(|(path, bytes)| {
            let name = path.rsplit('/').next().unwrap();
            let size = bytes.len();
            format!(
                r#"{{"sidecar":{{"path":"{name}","sizeInBytes":{size},"modificationTime":0}}}}"#
            )
        });
        let first = r#"{"checkpointMetadata":{"version":1}}"#.to_owned();
        let lines: Vec<_> = [first, V2_PROTOCOL.to_owned(), METADATA.to_owned()]
            .into_iter()
            .chain(references)
            .collect();
        let mut session = Session::new();
        put(&mut session, &[(CHECKPOINT, lines.join("\n").into())]);
        session
    }

    #[test]
    fn a_table_of_commits_is_described_and_its_files_are_listed() {
        let mut session = session(&[
            format!("{PROTOCOL}\n{METADATA}\n{}", add("a")),
            format!("{}\n{}\n{}", remove("a"), add("b"), add("c")),
        ]);
        let table = json_of(session.open());
        assert_eq!(table["version"], 1.0);
        assert_eq!(table["metadata"]["id"], "table-id");
        assert_eq!(table["protocol"]["minReaderVersion"], 1);
        let reader = open_files(&mut session);
        assert_eq!(row_counts(&mut session, reader, &[]), [2]);
        session.close_files(reader);
        assert!(matches!(session.next_files(reader), Answer::Failed(_)));
    }

    #[test]
    fn sidecars_are_asked_for_and_none_of_them_is_left_out() {
        let sidecars: Vec<_> = (0..20)
            .map(|number| {
                let path = format!("_delta_log/_sidecars/{number}.parquet");
                (
                    path,
                    sidecar(&format!("{}\n{}", add(&number.to_string()), add("x"))),
                )
            })
            .collect();
        let sidecars: Vec<_> = sidecars
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes.clone()))
            .collect();
        let mut session = v2_table(&sidecars);
        session.open().ready();
        let Answer::Wanted(wanted) = session.open_files(true) else {
            panic!("nothing is wanted");
        };
        assert_eq!(wanted.len(), 1);
        put(&mut session, &[(&wanted[0].key, sidecars[0].1.clone())]);
        let reader = open_files(&mut session);
        assert_eq!(row_counts(&mut session, reader, &sidecars), [2; 20]);
    }

    #[test]
    fn a_damaged_sidecar_is_named() {
        let path = "_delta_log/_sidecars/a.parquet";
        let mut session = v2_table(&[(path, Bytes::from_static(b"PAR1nonsensePAR1"))]);
        session.open().ready();
        let Answer::Wanted(wanted) = session.open_files(true) else {
            panic!("nothing is wanted");
        };
        put(
            &mut session,
            &[(&wanted[0].key, Bytes::from_static(b"PAR1nonsensePAR1"))],
        );
        let Answer::Failed(Failure::CheckpointDamaged { path: named, .. }) =
            session.open_files(true)
        else {
            panic!("no damage was found");
        };
        assert_eq!(named, path);
    }

    #[test]
    fn calls_in_the_wrong_way_are_answered() {
        let mut session = Session::new();
        assert!(matches!(session.open_files(true), Answer::Failed(_)));
        assert!(matches!(session.next_files(1), Answer::Failed(_)));
        assert!(matches!(
            session.put(b"no json", Bytes::new()),
            Answer::Failed(_)
        ));
        assert!(matches!(
            session.put(br#"[["a",5,0]]"#, Bytes::new()),
            Answer::Failed(_)
        ));
        assert!(matches!(session.deleted_rows(b"{}"), Answer::Failed(_)));
    }
}
