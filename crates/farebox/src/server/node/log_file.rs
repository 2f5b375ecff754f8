//! The file that the node's output goes to.

use crate::output::harmless;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A longer file is put aside when the node starts; one old file is kept.
const LEN_MAX: u64 = 10 << 20;
/// Of the end of the file, what is looked at, how many lines are shown and how much of them.
const END_LEN: u64 = 4_096;
const END_LINES: usize = 3;
const END_CHARS: usize = 600;

/// Where it is.
pub fn path(folder: &Path) -> PathBuf {
    folder.join("node.log")
}

/// Opens it at its end, and puts it aside before when it has grown long.
///
/// # Errors
/// When it cannot be written.
pub fn open(folder: &Path) -> io::Result<File> {
    let path = path(folder);
    if std::fs::metadata(&path).is_ok_and(|file| file.len() > LEN_MAX) {
        std::fs::rename(&path, path.with_extension("log.1"))?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Its last lines in one, fit for a terminal; empty where there are none.
pub fn end(folder: &Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path(folder))?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(END_LEN)))?;
        let mut bytes = Vec::new();
        file.take(END_LEN).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<&str> = text.lines().rev().map(str::trim).collect();
    lines.retain(|line| !line.is_empty());
    lines.truncate(END_LINES);
    lines.reverse();
    let shown = harmless(&lines.join(" | "));
    let skipped = shown.chars().count().saturating_sub(END_CHARS);
    shown.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_long_log_is_put_aside_and_the_end_is_shown_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(end(folder.path()), "");
        let mut file = open(folder.path()).unwrap();
        file.write_all(b"one\ntwo\n\nthree\n\x1b[31mfour\n").unwrap();
        assert_eq!(end(folder.path()), "two | three | [31mfour");
        open(folder.path()).unwrap().write_all(b"five\n").unwrap();
        assert!(end(folder.path()).ends_with("four | five"), "it goes on where it was");
        file.set_len(LEN_MAX + 1).unwrap();
        open(folder.path()).unwrap();
        assert_eq!(std::fs::metadata(path(folder.path())).unwrap().len(), 0);
        assert_eq!(std::fs::metadata(folder.path().join("node.log.1")).unwrap().len(), LEN_MAX + 1);
    }
}
