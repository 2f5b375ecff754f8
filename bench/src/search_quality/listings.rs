//! The listings that are searched.

use crate::Failed;
use flate2::read::GzDecoder;
use serde::Deserialize;
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

/// The unpacked file at most.
const LEN_MAX: u64 = 1 << 30;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What is judged: a URL and a method, on whatever rails.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash)]
pub struct Endpoint {
    pub url: String,
    pub method: Option<String>,
}

/// A row: an endpoint on one rail.
#[derive(Debug, Deserialize)]
pub struct Row {
    #[serde(flatten)]
    pub endpoint: Endpoint,
    pub name: String,
    description: Option<String>,
    provider: Option<String>,
    category: Option<String>,
    tags: Option<Vec<String>>,
}

impl Row {
    pub fn description(&self) -> &str {
        self.description.as_deref().unwrap_or_default()
    }

    pub fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or_default()
    }

    /// Category and tags.
    pub fn labels(&self) -> String {
        let tags = self.tags.as_deref().unwrap_or_default().join(" ");
        format!("{} {tags}", self.category.as_deref().unwrap_or_default())
    }

    /// The address without its scheme.
    pub fn address(&self) -> &str {
        self.endpoint.url.split_once("://").map_or(&self.endpoint.url, |(_, rest)| rest)
    }
}

/// All rows, and the file that they were read from.
pub struct Listings {
    pub rows: Vec<Row>,
    pub text: String,
}

impl Listings {
    pub fn read(path: &Path) -> Result<Self, Failed> {
        let named = |error: std::io::Error| format!("{}: {error}", path.display());
        let bytes = std::fs::read(path).map_err(named)?;
        let text = match bytes.starts_with(&GZIP) {
            false => String::from_utf8(bytes)?,
            true => {
                let mut text = String::new();
                GzDecoder::new(&*bytes).take(LEN_MAX).read_to_string(&mut text).map_err(named)?;
                text
            }
        };
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let rows = lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(Self { rows, text })
    }

    /// The endpoints of these rows, each once, in their order.
    pub fn endpoints(&self, rows: &[usize]) -> Vec<&Endpoint> {
        let mut seen = HashSet::new();
        let endpoints = rows.iter().filter_map(|row| self.rows.get(*row));
        endpoints.map(|row| &row.endpoint).filter(|endpoint| seen.insert(*endpoint)).collect()
    }
}
