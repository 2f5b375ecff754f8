//! One get of the same request at a time, across processes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A folder of lock files. The system frees a lock when its process ends, however it ends.
#[derive(Clone)]
pub(crate) struct Locks {
    folder: PathBuf,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    path: PathBuf,
    _file: File,
}

impl Locks {
    /// Makes the folder where it is not there.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        farebox_store::make_private_folder(&folder)?;
        Ok(Self { folder })
    }

    /// Waits for the lock called `name`; `waiting` is told once when somebody else has it.
    pub(crate) async fn acquire(&self, name: &str, waiting: impl FnOnce()) -> io::Result<Held> {
        let path = self.path(name);
        let mut waiting = Some(waiting);
        loop {
            if let Some(held) = try_acquire(&path)? {
                return Ok(held);
            }
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Takes the lock called `name` if nobody has it.
    pub(crate) fn try_acquire(&self, name: &str) -> io::Result<Option<Held>> {
        try_acquire(&self.path(name))
    }

    /// As [`Locks::acquire`], for callers that may block their thread.
    pub(crate) fn acquire_blocking(&self, name: &str) -> io::Result<Held> {
        let path = self.path(name);
        loop {
            if let Some(held) = try_acquire(&path)? {
                return Ok(held);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension("lock")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Still locked: whoever opened this file before it went away notices and opens a new one.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn try_acquire(path: &Path) -> io::Result<Option<Held>> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        Ok(()) if is_at(&file, path) => Ok(Some(Held { path: path.to_owned(), _file: file })),
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether `path` still names this file and not a newer one.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(held), Ok(named)) = (file.metadata(), std::fs::metadata(path)) else {
        return false;
    };
    (held.dev(), held.ino()) == (named.dev(), named.ino())
}

/// Where an open file cannot be removed, `path` keeps naming it.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(flavor = "multi_thread")]
    async fn one_holder_at_a_time_and_no_files_left() {
        let folder = tempfile::tempdir().unwrap();
        let locks = Arc::new(Locks::open(folder.path().join("locks")).unwrap());
        let inside = Arc::new(AtomicU32::new(0));
        let holders = (0..8).map(|_| {
            let (locks, inside) = (Arc::clone(&locks), Arc::clone(&inside));
            tokio::spawn(async move {
                for _ in 0..5 {
                    let held = locks.acquire("a", || ()).await.unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(held);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            })
        });
        for holder in holders.collect::<Vec<_>>() {
            holder.await.unwrap();
        }
        let left = std::fs::read_dir(folder.path().join("locks")).unwrap();
        assert_eq!(left.count(), 0);
    }

    #[tokio::test]
    async fn waiting_is_told_once_and_other_names_do_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let locks = Locks::open(folder.path().to_owned()).unwrap();
        let held = locks.acquire("a", || panic!("nobody has it")).await.unwrap();
        let _other = locks.acquire("b", || panic!("nobody has it")).await.unwrap();
        let mut told = 0;
        let waiting = locks.acquire("a", || told += 1);
        let timeout = tokio::time::timeout(Duration::from_millis(350), waiting).await;
        assert!(timeout.is_err());
        assert_eq!(told, 1);
        drop(held);
        locks.acquire("a", || panic!("it is free")).await.unwrap();
    }
}
