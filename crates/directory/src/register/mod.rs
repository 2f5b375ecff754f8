//! How an endpoint comes into the directory: its provider registers it, a check proves that it can
//! be paid, an admin looks at it.

mod read;
mod rules;

pub(crate) use read::{Registration, read};
pub(crate) use rules::{Found, Outcome, register, with_proposal};
