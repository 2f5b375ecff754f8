//! Folders for databases that are written all the time.

use std::path::Path;
use tempfile::TempDir;

/// In memory where the system has such a folder: nodes write to the disk at every step.
///
/// # Panics
///
/// When no folder can be made.
pub fn scratch_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.or_else(|_| TempDir::new()).expect("a temporary folder")
}
