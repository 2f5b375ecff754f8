//! The data folder: one process at a time, readable by its owner only.

mod passwords;
mod private_file;
mod seed;

pub(crate) use passwords::Passwords;
pub(crate) use seed::Seed;

use crate::problem::Problem;
use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

const OWNER_ONLY: u32 = 0o700;

/// The folder of everything that must survive, held by this process.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Two nodes with the same channels would lose the money in them.
    _lock: File,
}

impl DataDir {
    /// Makes the folder if it is not there, and takes it for this process.
    ///
    /// # Errors
    ///
    /// Another process has it, or it cannot be made.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Problem> {
        let shown = path.display().to_string();
        let failed = |error| Problem::file(format!("data folder {shown}"), error);
        DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(&path).map_err(failed)?;
        std::fs::set_permissions(&path, Permissions::from_mode(OWNER_ONLY)).map_err(failed)?;
        let lock = private_file::open_or_create(&path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(Problem::Data(format!("another farebox-node uses the data folder {shown}")))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The Lightning library's database.
    pub(crate) fn channels_database(&self) -> PathBuf {
        self.path.join(ldk_node::io::sqlite_store::SQLITE_DB_FILE_NAME)
    }

    /// The record of payments.
    pub(crate) fn payments_database(&self) -> PathBuf {
        self.path.join("payments.sqlite")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_private_and_held_by_one() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("a").join("b");
        let held = DataDir::open(path.clone()).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, OWNER_ONLY);
        let refused = DataDir::open(path.clone()).unwrap_err();
        assert!(refused.to_string().contains("another"), "{refused}");
        drop(held);
        assert!(DataDir::open(path).is_ok());
    }
}
