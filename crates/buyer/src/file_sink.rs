//! An answer in a file.

use crate::sink::{Sink, WriterSink};
use async_trait::async_trait;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempPath};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

/// As many links in a row as Linux follows.
const LINKS_MAX: u32 = 40;

/// Writes to a hidden file of its own in the same folder, which takes its place under the file's
/// name when it is complete: a file under its own name is always a whole answer, whoever else
/// writes to it. A device or a pipe is written to as it is.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    open: Open,
}

#[derive(Debug)]
enum Open {
    Nothing,
    /// What is no ordinary file.
    Through(WriterSink<File>),
    /// A file for the name `place`; it is removed when this is dropped.
    Beside {
        file: File,
        temporary: TempPath,
        place: PathBuf,
    },
}

/// What a path names, links followed.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// Something that cannot be replaced, only written to.
    Through,
    /// An ordinary file, or none yet.
    File(PathBuf),
}

impl FileSink {
    /// Writes to `path`. An ordinary file is replaced if it is there, and keeps its permissions;
    /// where it is a link, the link stays and what it leads to is replaced.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path, open: Open::Nothing }
    }
}

#[async_trait]
impl Sink for FileSink {
    async fn prepare(&mut self) -> io::Result<()> {
        self.open = match destination(&self.path)? {
            Destination::Through => {
                // Appending, because an inherited file is not for us to cut off.
                let file = OpenOptions::new().append(true).open(&self.path).await?;
                Open::Through(WriterSink::new(file))
            }
            Destination::File(place) => {
                let (file, temporary) = create_beside(&place)?.into_parts();
                Open::Beside { file: File::from_std(file), temporary, place }
            }
        };
        Ok(())
    }

    fn can_restart(&self) -> bool {
        match &self.open {
            Open::Through(writer) => writer.can_restart(),
            Open::Nothing | Open::Beside { .. } => true,
        }
    }

    async fn begin(&mut self) -> io::Result<()> {
        match &mut self.open {
            Open::Nothing => Err(not_open()),
            Open::Through(writer) => writer.begin().await,
            Open::Beside { file, .. } => {
                file.set_len(0).await?;
                file.rewind().await.map(|_| ())
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.open {
            Open::Nothing => Err(not_open()),
            Open::Through(writer) => writer.write(bytes).await,
            Open::Beside { file, .. } => file.write_all(bytes).await,
        }
    }

    async fn finish(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => Err(not_open()),
            Open::Through(mut writer) => writer.finish().await,
            Open::Beside { mut file, temporary, place } => {
                file.flush().await?;
                file.sync_all().await?;
                temporary.persist(&place)?;
                sync_folder(&place).await
            }
        }
    }
}

fn not_open() -> io::Error {
    io::Error::other("the file is not open")
}

fn destination(path: &Path) -> io::Result<Destination> {
    let text = path.as_os_str().as_encoded_bytes();
    let names_folder = text.ends_with(b"/") || text.ends_with(b"/.");
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Ok(Destination::Through),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ if names_folder => Err(io::ErrorKind::IsADirectory.into()),
        _ => follow(path.to_owned()),
    }
}

/// Where a chain of links ends, whether or not there is a file yet.
fn follow(mut place: PathBuf) -> io::Result<Destination> {
    for _ in 0..LINKS_MAX {
        let Ok(target) = std::fs::read_link(&place) else {
            return Ok(Destination::File(place));
        };
        let folder = folder_of(&place).canonicalize()?;
        if is_of_descriptors(&folder) {
            return Ok(Destination::Through);
        }
        place = folder.join(target);
    }
    Err(io::Error::other("too many links in a row"))
}

/// Whether the entries of a folder are a process's open files, as of `/dev/stdout`: what such a
/// link leads to is for its owner to replace.
fn is_of_descriptors(folder: &Path) -> bool {
    folder.starts_with("/proc") || folder.starts_with("/dev/fd")
}

/// A file with a name that nobody else has, and with the permissions that `place` has or would
/// have.
fn create_beside(place: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".farebox-").suffix(".part");
    #[cfg(unix)]
    return create_with_permissions(&mut builder, place);
    #[cfg(not(unix))]
    return builder.tempfile_in(folder_of(place));
}

#[cfg(unix)]
fn create_with_permissions(
    builder: &mut Builder<'_, '_>,
    place: &Path,
) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // The bits that let a program run as its owner are not for a stranger's bytes.
    let kept = std::fs::metadata(place).ok().map(|found| found.permissions().mode() & 0o777);
    let permissions = std::fs::Permissions::from_mode;
    // The system takes from these what a new file of this user does not get.
    builder.permissions(permissions(kept.unwrap_or(0o666)));
    let file = builder.tempfile_in(folder_of(place))?;
    if let Some(mode) = kept {
        file.as_file().set_permissions(permissions(mode))?;
    }
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

/// A rename survives a power cut only once its folder is on the disk.
async fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder_of(path)).await?.sync_all().await?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn devices_and_open_files_are_written_through() {
        for path in ["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            let found = destination(Path::new(path)).unwrap();
            assert_eq!(found, Destination::Through, "{path}");
        }
    }

    #[test]
    fn a_name_of_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", ".", "..", "new/", "new/."] {
            let path = format!("{}/{name}", folder.path().display());
            let error = destination(Path::new(&path)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::IsADirectory, "{path}");
        }
    }

    #[test]
    fn links_in_a_circle_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::os::unix::fs::symlink(&a, &b).unwrap();
        std::os::unix::fs::symlink(&b, &a).unwrap();
        assert!(destination(&a).is_err());
    }
}
