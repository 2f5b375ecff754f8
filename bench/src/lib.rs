//! What the benchmarks share: callers, and the limit of the disk.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

pub mod journal;
pub mod load;
