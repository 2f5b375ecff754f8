//! The token that programs show, in a file that only its owner can read.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

/// The file's name in the data folder.
pub(super) const TOKEN_FILE: &str = "proxy.token";
const BYTES: usize = 24;
/// Longer ones are not looked at.
const LEN_MAX: u64 = 256;

/// Reads the token, or makes one.
///
/// # Errors
/// One line that names the file and what to do.
pub(super) fn load_or_make(path: &Path) -> Result<String, String> {
    let cannot = |error: io::Error| format!("cannot use {}: {error}", path.display());
    match std::fs::File::open(path) {
        Ok(file) => read(file).map_err(cannot),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut bytes = [0; BYTES];
            getrandom::fill(&mut bytes).map_err(|error| format!("no random bytes: {error}"))?;
            let token = hex::encode(bytes);
            write(path, &token).map_err(cannot)?;
            Ok(token)
        }
        Err(error) => Err(cannot(error)),
    }
}

fn read(file: std::fs::File) -> io::Result<String> {
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0 {
        return Err(io::Error::other("others can read it; run chmod 600 on it"));
    }
    let mut text = String::new();
    file.take(LEN_MAX).read_to_string(&mut text)?;
    let token = text.trim();
    let is_usable = token.len() >= 16 && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_usable {
        return Err(io::Error::other("it is damaged; remove it, and a new token is made"));
    }
    Ok(token.to_owned())
}

fn write(path: &Path, token: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        farebox_store::make_private_folder(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(format!("{token}\n").as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stays_the_same_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TOKEN_FILE);
        let token = load_or_make(&path).unwrap();
        assert_eq!(token.len(), 2 * BYTES);
        assert_eq!(load_or_make(&path).unwrap(), token);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |mode| std::fs::Permissions::from_mode(mode);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, mode(0o644)).unwrap();
            assert!(load_or_make(&path).unwrap_err().contains("chmod 600"));
            std::fs::set_permissions(&path, mode(0o600)).unwrap();
        }
        std::fs::write(&path, "short").unwrap();
        assert!(load_or_make(&path).unwrap_err().contains("damaged"));
    }
}
