//! Services: the listings of one provider together, as `/api` describes them.

mod key;
mod rows;

pub use key::{ManagementKey, issue_management_key};
