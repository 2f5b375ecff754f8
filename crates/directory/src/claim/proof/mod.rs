//! Proofs that a domain is somebody's, fetched fresh from where only its owner can put them.

mod dns;
mod file;
mod signature;

pub(super) use dns::{look_up, record_name};
pub(super) use file::published;
pub(super) use signature::{LISTINGS_MAX, Signer, is_paid_everywhere, recover};
