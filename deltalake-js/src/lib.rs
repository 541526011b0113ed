//! The log of a Delta Lake table, read with delta_kernel and without any I/O of its own: the host
//! puts the bytes of log files in, and takes a snapshot and its files out. What the host can't
//! know beforehand (sidecars, deletion vectors) is asked for: see [`answer::Answer::Wanted`].

mod abi;
mod answer;
mod batch;
mod deletion_vector;
mod engine;
mod error;
mod files;
mod integers;
mod panic;
mod random;
mod session;
mod snapshot;
#[cfg(test)]
mod testing;
