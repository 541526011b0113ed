//! The bytes that the host has put in, by URL, and what it is asked for next.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;
use delta_kernel::{FileMeta, KernelError, KernelResult};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use url::Url;

use super::ROOT;
use crate::answer::Missing;
use crate::error::Failure;

/// A file, or a part of one, that the host must put before it calls again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wanted {
    /// What to put the bytes under.
    pub key: String,
    /// For the host's store: relative to the table's root and decoded, or an absolute URL.
    pub path: String,
    #[serde(flatten)]
    pub range: Option<Range>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    pub start: usize,
    pub end: usize,
}

#[derive(Clone)]
struct File {
    bytes: Bytes,
    modified_at: i64,
}

#[derive(Default)]
pub struct Files(Mutex<HashMap<String, File>>);

impl Files {
    /// `key` is the one of a [`Wanted`], or the name of a log file after the table's root.
    pub fn put(&self, key: &str, bytes: Bytes, modified_at: i64) {
        let key = match key.contains("://") {
            true => key.to_owned(),
            false => format!("{ROOT}{key}"),
        };
        self.lock().insert(key, File { bytes, modified_at });
    }

    pub fn get(&self, url: &Url) -> Option<Bytes> {
        self.lock().get(url.as_str()).map(|file| file.bytes.clone())
    }

    /// Takes the bytes out: they will not be needed again.
    pub fn take(&self, key: &str) -> Option<Bytes> {
        self.lock().remove(key).map(|file| file.bytes)
    }

    pub fn meta(&self, url: &Url) -> Option<FileMeta> {
        let files = self.lock();
        let file = files.get(url.as_str())?;
        Some(FileMeta::new(
            url.clone(),
            file.modified_at,
            file.bytes.len() as u64,
        ))
    }

    /// The files after `url` in its folder, ascending.
    pub fn after(&self, url: &Url) -> KernelResult<Vec<FileMeta>> {
        let start = url.as_str();
        let folder = &start[..=start.rfind('/').unwrap_or(0)];
        let files = self.lock();
        let mut after: Vec<_> = files
            .iter()
            .filter(|(key, _)| key.starts_with(folder) && key.as_str() > start)
            .collect();
        after.sort_unstable_by_key(|(key, _)| *key);
        let meta = |(key, file): (&String, &File)| {
            let size = file.bytes.len() as u64;
            Ok(FileMeta::new(Url::parse(key)?, file.modified_at, size))
        };
        after.into_iter().map(meta).collect()
    }

    /// All of the bytes, or an error that asks the host for what isn't here.
    ///
    /// The host knows every file directly in `_delta_log` and has put those that matter, so one
    /// that is not here doesn't exist.
    pub fn require<'u>(&self, urls: impl IntoIterator<Item = &'u Url>) -> KernelResult<Vec<Bytes>> {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for url in urls {
            match self.get(url) {
                Some(bytes) => found.push(bytes),
                None => missing.push(wanted(url)?),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        Err(Missing(missing).into())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, File>> {
        // Poisoned by a panic, which nothing survives here.
        self.0.lock().expect("no panic was survived")
    }
}

fn wanted(url: &Url) -> KernelResult<Wanted> {
    let path = path_of(url)?;
    let in_log = path.strip_prefix("_delta_log/");
    if in_log.is_some_and(|name| !name.contains('/')) {
        return Err(KernelError::FileNotFound(path));
    }
    Ok(Wanted {
        key: url.as_str().to_owned(),
        path,
        range: None,
    })
}

/// A path as the host's store knows it.
pub fn path_of(url: &Url) -> Result<String, Failure> {
    let url = url.as_str();
    if let Some(path) = url.strip_prefix(ROOT) {
        return match percent_decode_str(path).decode_utf8() {
            Ok(path) => Ok(path.into_owned()),
            Err(_) => Err(Failure::contradiction(format!(
                "the path {path} is not UTF-8 once decoded"
            ))),
        };
    }
    match url.split_once("://") {
        Some(("memory", path)) => Err(Failure::contradiction(format!(
            "the path {path} leads out of the table"
        ))),
        _ => Ok(url.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use url::Url;

    use super::{Files, Wanted, path_of};
    use crate::answer::Answer;
    use crate::engine::ROOT;
    use crate::error::Failure;

    fn url(path: &str) -> Url {
        Url::parse(ROOT).unwrap().join(path).unwrap()
    }

    fn files(names: &[&str]) -> Files {
        let files = Files::default();
        for name in names {
            files.put(name, Bytes::from_static(b"bytes"), 7);
        }
        files
    }

    #[test]
    fn a_listing_is_ascending_starts_after_a_name_and_stays_in_its_folder() {
        let files = files(&[
            "_delta_log/2",
            "_delta_log/1",
            "_delta_log/3",
            "zebra",
            "_delta",
        ]);
        let found = files.after(&url("_delta_log/1")).unwrap();
        let names: Vec<_> = found.iter().map(|file| file.location.as_str()).collect();
        assert_eq!(
            names,
            [url("_delta_log/2").as_str(), url("_delta_log/3").as_str()]
        );
        assert_eq!((found[0].size, found[0].last_modified), (5, 7));
    }

    #[test]
    fn what_is_not_there_is_asked_for_all_at_once() {
        let files = files(&["_delta_log/_sidecars/b"]);
        let urls = ["a%20a", "b", "c"].map(|name| url(&format!("_delta_log/_sidecars/{name}")));
        let error = files.require(&urls).unwrap_err();
        let Answer::Wanted(wanted) = error.into() else {
            panic!("nothing is wanted");
        };
        let expected = [("a%20a", "a a"), ("c", "c")].map(|(key, path)| Wanted {
            key: format!("{ROOT}_delta_log/_sidecars/{key}"),
            path: format!("_delta_log/_sidecars/{path}"),
            range: None,
        });
        assert_eq!(wanted, expected);
        files.put(&wanted[0].key, Bytes::new(), 0);
        files.put(&wanted[1].key, Bytes::new(), 0);
        assert_eq!(files.require(&urls).unwrap().len(), 3);
    }

    #[test]
    fn a_file_directly_in_the_log_is_not_asked_for() {
        let error = files(&[]).require([&url("_delta_log/_last_checkpoint")]);
        let failure = Failure::from(error.unwrap_err());
        assert!(matches!(failure, Failure::FileMissing { .. }), "{failure}");
    }

    #[test]
    fn an_absolute_path_is_asked_for_as_it_is() {
        let other = Url::parse("s3://bucket/a%20b").unwrap();
        assert_eq!(path_of(&other).unwrap(), "s3://bucket/a%20b");
    }

    #[test]
    fn a_path_out_of_the_table_is_refused() {
        assert!(path_of(&url("../elsewhere")).is_err());
        assert!(path_of(&url("/elsewhere")).is_err());
        assert!(path_of(&url("a%ff")).is_err());
    }
}
