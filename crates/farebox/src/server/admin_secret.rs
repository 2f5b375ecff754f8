//! The admin's secret, in a file of its own that only its owner can read.

use crate::server::secret::write_private;
use farebox_directory::AdminSecret;
use std::io::ErrorKind;
use std::path::Path;

/// Reads the secret, or makes one where there is none: 64 hexadecimal digits and a line's end.
///
/// # Errors
/// One line that names the file and what to do.
pub fn load(path: &Path) -> Result<AdminSecret, String> {
    let cannot = |error: std::io::Error| format!("cannot use {}: {error}", path.display());
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|error| format!("no random bytes: {error}"))?;
            let text = format!("{}\n", hex::encode(bytes));
            write_private(path, text.as_bytes()).map_err(cannot)?;
            text
        }
        Err(error) => return Err(cannot(error)),
    };
    AdminSecret::new(&text).ok_or_else(|| {
        format!("{} needs a secret of at least 16 characters, or remove it", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_a_short_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.secret");
        load(&path).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        assert_eq!(first.trim().len(), 64);
        load(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
        std::fs::write(&path, "short\n").unwrap();
        assert!(load(&path).err().unwrap().contains("at least 16"));
    }
}
