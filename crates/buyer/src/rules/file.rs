//! The file that a human keeps the rules in. Read, and never written.

use super::policy::Policy;
use super::raw::POLICY_LEN_MAX;
use std::io::{self, Read};
use std::path::Path;

/// The file's name in the buyer's folder.
pub const POLICY_FILE: &str = "policy.toml";
/// What a human begins with: every key, with a comment.
pub const POLICY_TEMPLATE: &str = include_str!("policy.example.toml");

/// A policy that is there and cannot be used. Nothing is paid then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy {path} cannot be used: {reason}")]
pub struct LoadError {
    path: String,
    reason: String,
}

/// Reads the policy at `path`; `None` where there is no such file.
///
/// # Errors
/// [`LoadError`] when it cannot be read or is none, when others than its owner can change it, or
/// when it holds a secret and others can read it.
pub fn load(path: &Path) -> Result<Option<Policy>, LoadError> {
    let failed = |reason: String| LoadError { path: path.display().to_string(), reason };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        // A link that leads nowhere is not the same as no policy.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_link(path) => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    // Of the open file, so that it is the one that is read.
    let metadata = file.metadata().map_err(|error| failed(error.to_string()))?;
    let mut text = String::new();
    let most = u64::try_from(POLICY_LEN_MAX + 1).unwrap_or(u64::MAX);
    let read = file.take(most).read_to_string(&mut text);
    read.map_err(|error| failed(error.to_string()))?;
    let policy: Policy = text.parse().map_err(|error| failed(format!("{error}")))?;
    let secret = policy.hook.as_ref().is_some_and(|hook| hook.secret.is_some());
    check_mode(&metadata, secret).map_err(|reason| failed(reason.to_owned()))?;
    Ok(Some(policy))
}

fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

#[cfg(unix)]
fn check_mode(metadata: &std::fs::Metadata, secret: bool) -> Result<(), &'static str> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
    if mode & 0o022 != 0 {
        return Err("others than its owner can change it; run chmod go-w on it");
    }
    if secret && mode & 0o077 != 0 {
        return Err("it holds a secret and others can read it; run chmod 600 on it");
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_metadata: &std::fs::Metadata, _secret: bool) -> Result<(), &'static str> {
    Ok(())
}
