//! A restore that was cut off between the first file and the last: nothing may run on that.

use super::files::{cannot, sync_folder, write_private};
use crate::output::Failure;
use std::path::{Path, PathBuf};

const MARK: &[u8] = b"A restore was cut off. Run it again with --replace.\n";

fn mark_of(folder: &Path) -> PathBuf {
    folder.join("restore.unfinished")
}

/// Refuses to use a data folder whose files do not belong together.
pub fn refuse_unfinished(folder: &Path) -> Result<(), Failure> {
    if mark_of(folder).exists() {
        return Err(Failure::general(format!(
            "a restore into {} was cut off; run farebox admin restore again with --replace",
            folder.display()
        )));
    }
    Ok(())
}

/// From now on, until [`clear`], the folder is not to be used. Whether it was in use until now.
pub fn set(folder: &Path) -> Result<bool, Failure> {
    let mark = mark_of(folder);
    let is_new = !mark.exists();
    if is_new {
        write_private(&mark, MARK)?;
    }
    sync_folder(folder)?;
    Ok(is_new)
}

/// The files are whole again.
pub fn clear(folder: &Path) -> Result<(), Failure> {
    sync_folder(folder)?;
    let mark = mark_of(folder);
    std::fs::remove_file(&mark).map_err(|error| cannot("remove", &mark, &error))?;
    sync_folder(folder)
}
