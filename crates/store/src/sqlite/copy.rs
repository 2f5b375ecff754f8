//! A copy of a database that somebody else may be writing to.

use super::database::{connect_to_read, make_private_file};
use crate::StoreError;
use std::path::Path;

/// Writes the database `from`, as it is at one moment, to the new file `to`, and returns once it
/// is on the disk. Writers are not kept waiting. The copy is one file, without a write-ahead log,
/// that only its owner can read. Blocks.
///
/// # Errors
/// [`StoreError`]; then `to` is not whole and must not be used.
pub fn copy_database(from: &Path, to: &Path) -> Result<(), StoreError> {
    let connection = connect_to_read(from)?;
    let name = to.to_str().ok_or_else(|| unreadable("the copy's name is no text"))?;
    make_private_file(to);
    connection.execute("VACUUM INTO ?1", [name])?;
    let copy = std::fs::File::open(to).and_then(|file| file.sync_all());
    copy.map_err(|error| unreadable(&format!("the copy is not on the disk: {error}")))
}

/// How many bytes a copy of the database will have at most. Blocks.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn database_len(path: &Path) -> Result<u64, StoreError> {
    let connection = connect_to_read(path)?;
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(what.to_owned())
}
