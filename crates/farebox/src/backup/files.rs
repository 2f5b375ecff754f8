//! Files and folders: private, on the disk before anyone relies on them, whole or not there.

use crate::output::Failure;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Room that is left on a disk beside what a copy needs.
const SPARE_BYTES: u64 = 16 * 1024 * 1024;
const BLOCK_LEN: usize = 1024 * 1024;

/// A folder that is not there yet under its name.
pub struct Draft {
    folder: TempDir,
    target: PathBuf,
}

impl Draft {
    /// Begins the folder `target`, which must not be there or be empty, in a hidden one beside it.
    pub fn begin(target: &Path) -> Result<Self, Failure> {
        let target = std::path::absolute(target).map_err(Failure::usage)?;
        if is_taken(&target)? {
            let text = "is there already and is not overwritten; name another folder";
            return Err(Failure::usage(format!("{} {text}", target.display())));
        }
        let name = target.file_name().ok_or_else(|| Failure::usage("the folder needs a name"))?;
        let parent = target.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(parent).map_err(|error| cannot("make", parent, &error))?;
        let prefix = format!(".{}.", name.to_string_lossy());
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".partial");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(parent);
        let folder = folder.map_err(|error| cannot("write to", parent, &error))?;
        Ok(Self { folder, target })
    }

    /// Where its files are until it is published.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it its name, now that its files are on the disk.
    pub fn publish(self) -> Result<PathBuf, Failure> {
        let Self { folder, target } = self;
        sync_folder(folder.path())?;
        std::fs::rename(folder.path(), &target)
            .map_err(|error| cannot("write", &target, &error))?;
        // It is not where it was made any more, so nothing of it is removed.
        let _ = folder.keep();
        sync_folder(target.parent().unwrap_or(Path::new("/")))?;
        Ok(target)
    }
}

fn is_taken(path: &Path) -> Result<bool, Failure> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(true),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// Refuses when the disk of `folder` has no room for `bytes` more.
pub fn check_room(folder: &Path, bytes: u64) -> Result<(), Failure> {
    let free = fs4::available_space(folder).map_err(|error| cannot("measure", folder, &error))?;
    let needed = bytes.saturating_add(SPARE_BYTES);
    if free < needed {
        let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
        return Err(Failure::general(format!(
            "no room in {}: {} MB are needed and {} MB are free",
            folder.display(),
            megabytes(needed),
            megabytes(free)
        )));
    }
    Ok(())
}

/// The length and the SHA-256 of a file.
pub fn digest_of(path: &Path) -> Result<(u64, String), Failure> {
    let unreadable = |error: std::io::Error| cannot("read", path, &error);
    let mut file = File::open(path).map_err(unreadable)?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut block = vec![0; BLOCK_LEN];
    loop {
        let len = file.read(&mut block).map_err(unreadable)?;
        let Some(read) = block.get(..len).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        bytes += len as u64;
    }
    Ok((bytes, hex::encode(hasher.finalize())))
}

/// The content of a small file.
pub fn read_up_to(path: &Path, len_max: u64) -> Result<Vec<u8>, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    let mut content = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(len_max).read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}

/// Writes a new file that only its owner can read, and puts it on the disk.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let written = new_private(path).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.map_err(|error| cannot("write", path, &error))
}

/// Copies a file into a new one that only its owner can read, and puts it on the disk.
pub fn copy_private(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut source = File::open(from).map_err(|error| cannot("read", from, &error))?;
    let written = new_private(to).and_then(|mut file| {
        std::io::copy(&mut source, &mut file)?;
        file.sync_all()
    });
    written.map_err(|error| cannot("write", to, &error))
}

fn new_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Renames a file where it is there; its folders are to be synced afterwards.
pub fn move_if_there(from: &Path, to: &Path) -> Result<bool, Failure> {
    match std::fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(cannot("move", from, &error)),
    }
}

/// Puts the names in a folder on the disk.
pub fn sync_folder(path: &Path) -> Result<(), Failure> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|error| cannot("write", path, &error))
}

pub fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::general(format!("cannot {what} {}: {error}", path.display()))
}
