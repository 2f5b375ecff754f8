//! The folder that a database lies in.

use std::io;
use std::path::Path;

/// Makes a folder that only its owner can enter, and those above it that are missing; leaves one
/// that is there as it is. On the disk when this returns: a power cut that took the folder's name
/// would take the database in it, however well that was flushed.
///
/// # Errors
/// When the folder cannot be made, or its name cannot be flushed.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
    let made: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    if made.is_empty() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    made.into_iter().try_for_each(flush_name)
}

/// A name is on the disk when the folder that it stands in is flushed.
fn flush_name(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(parent) = folder.parent() {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        std::fs::File::open(parent)?.sync_all()?;
    }
    Ok(())
}
