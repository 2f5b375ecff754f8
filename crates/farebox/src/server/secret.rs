//! The server's secret, in a file of its own that only its owner can read.

use farebox_paywall::Secret;
use std::io::{Read, Write};
use std::path::Path;

/// Reads the secret, or makes one where `may_create`: a new one beside old sales would void every
/// token that was sold and not used.
///
/// # Errors
/// One line that names the file and what to do.
pub fn load(path: &Path, may_create: bool) -> Result<Secret, String> {
    let cannot = |error: std::io::Error| format!("cannot use {}: {error}", path.display());
    match std::fs::File::open(path) {
        Ok(file) => {
            let mut bytes = Vec::new();
            file.take(33).read_to_end(&mut bytes).map_err(cannot)?;
            let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| {
                format!("{} is damaged: restore it, or every token sold is void", path.display())
            })?;
            Ok(Secret::new(bytes))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !may_create => Err(format!(
            "{} is missing, and with it every token that was sold is void; restore it from a \
             backup, or put 32 random bytes there to begin anew",
            path.display()
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|error| format!("no random bytes: {error}"))?;
            write_private(path, &bytes).map_err(cannot)?;
            Ok(Secret::new(bytes))
        }
        Err(error) => Err(cannot(error)),
    }
}

/// Written whole or not at all: a half-written secret would void every token.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_stays_the_same_and_a_damaged_one_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.secret");
        assert!(load(&path, false).unwrap_err().contains("is missing"));
        load(&path, true).unwrap();
        let first = std::fs::read(&path).unwrap();
        load(&path, true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&path, [1; 31]).unwrap();
        assert!(load(&path, true).unwrap_err().contains("damaged"));
        assert_eq!(std::fs::read(&path).unwrap(), [1; 31]);
    }
}
