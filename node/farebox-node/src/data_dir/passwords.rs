//! The two passwords of the HTTP API.

use super::{DataDir, private_file};
use crate::problem::Problem;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

const FILE: &str = "passwords";
const FULL: &str = "http-password";
const LIMITED: &str = "http-password-limited-access";

/// What opens the HTTP API.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Passwords {
    /// May do everything.
    pub(crate) full: String,
    /// May do everything but move money out: for sellers.
    pub(crate) limited: String,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords(hidden)")
    }
}

impl Passwords {
    /// Those in the folder, made on the first start.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, or is not what this program wrote.
    pub(crate) fn open(data: &DataDir) -> Result<Self, Problem> {
        let path = data.path().join(FILE);
        if !path.exists() {
            let (full, limited) = (random()?, random()?);
            let text = format!("{FULL}={full}\n{LIMITED}={limited}\n");
            let failed = |error| Problem::file("the file of passwords", error);
            private_file::create(&path, &text).map_err(failed)?;
        }
        Self::read(data.path())
    }

    /// Those in a folder that may be in use.
    ///
    /// # Errors
    ///
    /// As for [`Self::open`], and when there are none yet.
    pub(crate) fn read(folder: &Path) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(folder.join(FILE))
            .map_err(|error| Problem::file("the file of passwords", error))?;
        let value = |name: &str| {
            let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
            let value = values.find_map(|rest| rest.strip_prefix('=')).map(str::trim);
            let value = value.filter(|value| !value.is_empty()).map(str::to_owned);
            value.ok_or_else(|| Problem::Data(format!("the file of passwords lacks {name}")))
        };
        Ok(Self { full: value(FULL)?, limited: value(LIMITED)? })
    }

    /// Both as wallet URLs of farebox.
    pub(crate) fn wallet_urls(&self, http: SocketAddr) -> String {
        let url = |password: &str| format!("phoenixd:http://:{password}@{http}");
        format!(
            "Receives, cannot pay out (for a server that only sells):\n  {}\n\
             Receives and pays:\n  {}",
            url(&self.limited),
            url(&self.full)
        )
    }
}

fn random() -> Result<String, Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Problem::Data(format!("no random numbers: {error}")))?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn they_are_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path().to_owned()).unwrap();
        let made = Passwords::open(&data).unwrap();
        assert_ne!(made.full, made.limited);
        assert_eq!(Passwords::open(&data).unwrap(), made);
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let urls = made.wallet_urls("127.0.0.1:9740".parse().unwrap());
        assert!(urls.contains(&format!("phoenixd:http://:{}@127.0.0.1:9740", made.full)));
    }
}
