//! What a call gives back to the host.

use delta_kernel::KernelError;
use serde::Serialize;

use crate::engine::Wanted;
use crate::error::{Failure, cause};

/// The status of a call is the variant's number; the rest is read from the answer's bytes.
#[derive(Debug)]
pub enum Answer {
    /// There is nothing (more) to give.
    Nothing,
    /// What was asked for: JSON, or a layout of the call's own.
    Ready(Vec<u8>),
    /// Bytes that the host must put before it calls again: JSON, a list of [`Wanted`].
    Wanted(Vec<Wanted>),
    /// JSON of a [`Failure`].
    Failed(Failure),
}

impl Answer {
    pub fn json(value: &impl Serialize) -> Self {
        Self::Ready(to_json(value))
    }

    pub fn into_parts(self) -> (u32, Vec<u8>) {
        match self {
            Self::Nothing => (0, Vec::new()),
            Self::Ready(bytes) => (1, bytes),
            Self::Wanted(wanted) => (2, to_json(&wanted)),
            Self::Failed(failure) => (3, to_json(&failure)),
        }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What stopped the kernel: bytes that it hasn't yet, or a failure.
impl From<KernelError> for Answer {
    fn from(error: KernelError) -> Self {
        match cause::<Missing>(&error) {
            Some(Missing(wanted)) => Self::Wanted(wanted.clone()),
            None => Self::Failed(error.into()),
        }
    }
}

/// Travels through the kernel as an error: the engine was asked for bytes that it hasn't yet.
#[derive(Debug)]
pub struct Missing(pub Vec<Wanted>);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "wanted: {:?}", self.0)
    }
}

impl std::error::Error for Missing {}

impl From<Missing> for KernelError {
    fn from(missing: Missing) -> Self {
        Self::GenericError {
            source: Box::new(missing),
        }
    }
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data with text keys is always JSON")
}
