//! Failures as they cross into JavaScript: a code and its details. The words are chosen there.

use std::error::Error;
use std::fmt;

use delta_kernel::KernelError;
use serde::Serialize;

use crate::engine::ROOT;

/// Each variant is a code of `js/errors.ts`, with the same details.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "code", content = "details", rename_all_fields = "camelCase")]
pub enum Failure {
    #[serde(rename = "LOG_DAMAGED")]
    LogDamaged {
        path: String,
        /// Counted from 1; absent where no one line is at fault.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<usize>,
        problem: String,
    },
    #[serde(rename = "CHECKPOINT_DAMAGED")]
    CheckpointDamaged { path: String, problem: String },
    #[serde(rename = "DELETION_VECTOR_DAMAGED")]
    DeletionVectorDamaged { path: String, problem: String },
    #[serde(rename = "FEATURE_UNSUPPORTED")]
    FeatureUnsupported { features: Vec<String> },
    #[serde(rename = "FILE_MISSING")]
    FileMissing { path: String },
    #[serde(rename = "KERNEL_ERROR")]
    KernelError { problem: String },
}

impl Failure {
    /// Damage in a file of the log, under the code of its kind.
    pub fn damaged(path: String, line: Option<usize>, problem: String) -> Self {
        if is_checkpoint(&path) {
            return Self::CheckpointDamaged { path, problem };
        }
        Self::LogDamaged {
            path,
            line,
            problem,
        }
    }

    /// The log as a whole says what can't be.
    pub fn contradiction(problem: impl Into<String>) -> Self {
        Self::LogDamaged {
            path: "_delta_log".into(),
            line: None,
            problem: problem.into(),
        }
    }
}

fn is_checkpoint(path: &str) -> bool {
    path.starts_with("_delta_log/_sidecars/") || path.contains(".checkpoint.")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for Failure {}

/// The engine's own failures travel through the kernel inside one of its errors.
impl From<Failure> for KernelError {
    fn from(failure: Failure) -> Self {
        Self::GenericError {
            source: Box::new(failure),
        }
    }
}

/// What the kernel said, as a failure of ours.
impl From<KernelError> for Failure {
    fn from(error: KernelError) -> Self {
        if let Some(failure) = cause::<Self>(&error) {
            return failure.clone();
        }
        let problem = words(&error);
        match error.without_backtrace() {
            KernelError::Unsupported(message) => match features_named(message) {
                features if features.is_empty() => Self::KernelError { problem },
                features => Self::FeatureUnsupported { features },
            },
            KernelError::Schema(message) => match type_named(message) {
                Some(name) => Self::FeatureUnsupported {
                    features: vec![format!("the type {name}")],
                },
                None => Self::contradiction(problem),
            },
            KernelError::MaxCatalogVersion(_) => Self::FeatureUnsupported {
                features: vec!["catalogManaged".into()],
            },
            KernelError::DeletionVector(message) => Self::DeletionVectorDamaged {
                path: "_delta_log".into(),
                problem: message.clone(),
            },
            KernelError::FileNotFound(path) => Self::FileMissing { path: path.clone() },
            KernelError::InvalidCheckpoint(message) => Self::CheckpointDamaged {
                path: "_delta_log".into(),
                problem: message.clone(),
            },
            KernelError::Arrow(_)
            | KernelError::InvalidDecimal(_)
            | KernelError::InvalidProtocol(_)
            | KernelError::MalformedJson(_)
            | KernelError::MissingData(_)
            | KernelError::MissingMetadata
            | KernelError::MissingMetadataAndProtocol
            | KernelError::MissingProtocol
            | KernelError::ParseError(..) => Self::contradiction(problem),
            _ => Self::KernelError { problem },
        }
    }
}

/// What the kernel said, without the place that it thinks it is in.
pub fn words(error: &KernelError) -> String {
    let text = match error.without_backtrace() {
        KernelError::DeletionVector(message)
        | KernelError::Generic(message)
        | KernelError::InvalidCheckpoint(message)
        | KernelError::InvalidProtocol(message)
        | KernelError::Schema(message)
        | KernelError::Unsupported(message) => message.clone(),
        other => other.to_string(),
    };
    text.trim_end_matches('.').replace(ROOT, "")
}

/// The error of one type in a chain of causes.
pub fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = match error.downcast_ref::<KernelError>() {
            Some(KernelError::GenericError { source }) => Some(source.as_ref()),
            Some(KernelError::Backtraced { source, .. }) => Some(source.as_ref()),
            _ => error.source(),
        };
    }
    None
}

/// `x` and `y` of "Feature 'x' is not supported; Feature 'y' is not supported"; or the reader
/// version that is too new.
fn features_named(message: &str) -> Vec<String> {
    if let Some(version) = message.strip_prefix("Unsupported minimum reader version ") {
        return vec![format!("minReaderVersion {version}")];
    }
    let parts = message.split("Feature '").skip(1);
    let names = parts.filter_map(|part| part.split_once('\''));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// `geometry` of "Unsupported Delta table type: 'geometry' at line 1 column 70".
fn type_named(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Unsupported Delta table type: '")?;
    let (name, _) = rest.split_once('\'')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use delta_kernel::KernelError;
    use serde_json::json;

    use super::Failure;

    #[test]
    fn a_failure_of_the_engine_comes_out_of_the_kernel_as_it_went_in() {
        let failure = Failure::damaged("_delta_log/1.json".into(), Some(3), "broken".into());
        let error = KernelError::from(failure.clone());
        assert_eq!(Failure::from(error), failure);
        let wrapped = KernelError::Backtraced {
            source: Box::new(failure.clone().into()),
            backtrace: Box::new(std::backtrace::Backtrace::force_capture()),
        };
        assert_eq!(Failure::from(wrapped), failure);
    }

    #[test]
    fn it_crosses_as_a_code_with_details() {
        let failure = Failure::damaged("_delta_log/1.json".into(), Some(3), "broken".into());
        assert_eq!(
            serde_json::to_value(failure).unwrap(),
            json!({
                "code": "LOG_DAMAGED",
                "details": { "path": "_delta_log/1.json", "line": 3, "problem": "broken" },
            })
        );
    }

    fn unsupported(feature: &str) -> Failure {
        Failure::FeatureUnsupported {
            features: vec![feature.into()],
        }
    }

    #[test]
    fn features_are_named() {
        let two = "Feature 'timeMachine' is not supported; Feature 'antigravity' is not supported";
        let features = ["timeMachine", "antigravity"].map(str::to_owned).into();
        let expected = Failure::FeatureUnsupported { features };
        assert_eq!(Failure::from(KernelError::unsupported(two)), expected);
        let error = KernelError::unsupported("Unsupported minimum reader version 9");
        assert_eq!(Failure::from(error), unsupported("minReaderVersion 9"));
        let error = KernelError::Schema("Unsupported Delta table type: 'geometry' at 1".into());
        assert_eq!(Failure::from(error), unsupported("the type geometry"));
    }

    #[test]
    fn what_the_kernel_alone_says_keeps_its_words() {
        let failure = Failure::from(KernelError::generic("odd"));
        let Failure::KernelError { problem } = failure else {
            panic!("{failure}");
        };
        assert!(problem.contains("odd"));
    }
}
