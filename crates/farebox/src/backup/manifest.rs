//! What a backup says about itself.

use super::files::{self, digest_of};
use super::{DATABASE, DUMP, MANIFEST, PLAY, SECRET};
use crate::output::Failure;
use farebox_ledger::Head;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The form of backups that this version writes and reads.
const FORMAT: u32 = 1;
/// Manifests are a few hundred bytes.
const LEN_MAX: u64 = 64 * 1024;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Manifest {
    format: u32,
    /// The version that wrote it.
    pub farebox: String,
    /// When it was begun: nothing that it lacks is older.
    pub created_at: String,
    /// Whether it is of the demo.
    pub demo: bool,
    /// The schema that was dumped, where the database is a PostgreSQL.
    pub postgres_schema: Option<String>,
    /// How far the ledger reached, as `SEQ:DIGEST`.
    pub head: String,
    /// The files beside the manifest.
    pub files: Vec<FileEntry>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct FileEntry {
    /// Its name in the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Describes a backup that was begun at `begun`, without its files.
    pub fn begin(begun: Timestamp, demo: bool, schema: Option<String>, head: Head) -> Self {
        Self {
            format: FORMAT,
            farebox: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: begun.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            demo,
            postgres_schema: schema,
            head: head.to_string(),
            files: Vec::new(),
        }
    }

    /// With the files `names` in `folder`.
    pub fn with_files(self, folder: &Path, names: &[&str]) -> Result<Self, Failure> {
        let entry = |name: &&str| {
            let (bytes, sha256) = digest_of(&folder.join(name))?;
            Ok(FileEntry { name: (*name).to_owned(), bytes, sha256 })
        };
        Ok(Self { files: names.iter().map(entry).collect::<Result<_, Failure>>()?, ..self })
    }

    /// Writes it into `folder`.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(self).map_err(Failure::general)?;
        files::write_private(&folder.join(MANIFEST), &text)
    }

    /// Reads that of `folder` and checks every file against it.
    pub fn read_checked(folder: &Path) -> Result<Self, Failure> {
        let manifest = Self::read(folder)?;
        for file in &manifest.files {
            let path = folder.join(&file.name);
            let found = digest_of(&path)?;
            if found != (file.bytes, file.sha256.clone()) {
                let text = "is damaged: it is not the file that the manifest describes";
                return Err(Failure::general(format!("{} {text}", path.display())));
            }
        }
        Ok(manifest)
    }

    /// Reads that of `folder`. What it names is one of the files that a backup has, nothing else.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(MANIFEST);
        let bad = |what: String| Failure::usage(format!("{}: {what}", path.display()));
        let text = files::read_up_to(&path, LEN_MAX)?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|error| bad(format!("not the manifest of a backup: {error}")))?;
        if manifest.format != FORMAT {
            let format = manifest.format;
            return Err(bad(format!("a backup of form {format}, of another version of Farebox")));
        }
        let known = [DATABASE, DUMP, PLAY, SECRET];
        if let Some(file) = manifest.files.iter().find(|file| !known.contains(&file.name.as_str()))
        {
            return Err(bad(format!("names {:?}, which no backup has", file.name)));
        }
        manifest.head()?;
        Ok(manifest)
    }

    /// How far the ledger reached.
    pub fn head(&self) -> Result<Head, Failure> {
        self.head.parse().map_err(|error| Failure::usage(format!("the manifest: {error}")))
    }

    /// Whether a file of that name is part of it.
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name == name)
    }

    /// The length of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}
