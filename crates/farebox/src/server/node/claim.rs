//! Who looks after the node of a data folder: one server at a time.

use super::process_id::ProcessId;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

const FILE: &str = "supervisor";
/// Two numbers.
const FILE_LEN_MAX: u64 = 64;

/// The right to look after the node, and which process it is. What is in the file outlives a
/// server that was killed, so that the next one knows the node that it left.
#[derive(Debug)]
pub struct Claim {
    file: File,
}

impl Claim {
    /// Takes it, and makes the folder where there is none.
    ///
    /// # Errors
    /// One line, when another server has it or the folder cannot be used.
    pub fn take(folder: &Path) -> Result<Self, String> {
        let shown = folder.display();
        let failed = |error| format!("cannot use the node's data folder {shown}: {error}");
        let mut builder = DirBuilder::new();
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        builder.recursive(true).create(folder).map_err(failed)?;
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(folder.join(FILE)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => {
                Err(format!("another farebox process looks after the node in {shown}"))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The node that an earlier server started, if it still runs.
    pub fn earlier(&mut self) -> Option<ProcessId> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(0)).ok()?;
        let mut file = (&self.file).take(FILE_LEN_MAX);
        file.read_to_string(&mut text).ok()?;
        text.parse().ok().filter(|id: &ProcessId| id.is_running())
    }

    /// Takes down which process is the node now.
    pub fn note(&mut self, node: Option<ProcessId>) {
        let text = node.map(|id| id.to_string()).unwrap_or_default();
        let mut write = || {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(text.as_bytes())
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "a server that takes over will not know the node's process");
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn one_server_at_a_time_and_the_next_knows_the_node() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/node");
        let mut claim = Claim::take(&folder).unwrap();
        assert!(Claim::take(&folder).unwrap_err().contains("another farebox process"));
        assert_eq!(claim.earlier(), None);
        let this = ProcessId::running(std::process::id()).unwrap();
        claim.note(Some(this));
        drop(claim);
        let mut claim = Claim::take(&folder).unwrap();
        assert_eq!(claim.earlier(), Some(this));
        claim.note(None);
        assert_eq!(claim.earlier(), None);
    }
}
