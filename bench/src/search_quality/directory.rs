//! Farebox: what `GET /api/v1/services?q=` answers, in the same process.

use crate::listings::Listings;
use crate::{Failed, Search};
use farebox_directory::import::Import;
use farebox_directory::import::formats::Format;
use farebox_directory::{Dialect, Directory, Entry, Trust, canonical_url};
use farebox_money::{BtcUsd, MicroUsd};
use farebox_store::{Location, Store};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;

/// At which prices in sats and in dollars are compared.
const BTC_PRICE: MicroUsd = MicroUsd::new(90_000_000_000);
/// Rows of an answer: enough for ten endpoints on every rail.
const ROWS_MAX: usize = 50;

/// A directory of the listings.
pub struct Opened {
    directory: Directory,
    /// The first row of an address and method.
    rows: Arc<HashMap<Key, usize>>,
    /// Holds the database.
    _folder: tempfile::TempDir,
}

type Key = (String, Option<String>);

/// The search of a directory, asked with further parameters.
pub struct Services {
    directory: Directory,
    rows: Arc<HashMap<Key, usize>>,
    parameters: String,
    name: String,
}

/// Brings the listings in as an import does.
pub async fn open(listings: &Listings) -> Result<Opened, Failed> {
    let folder = tempfile::tempdir()?;
    let location = Location::File(folder.path().join("farebox.sqlite"));
    let store = Store::open(location, vec![farebox_directory::schema()]).await?;
    let directory = Directory::open(store, BtcUsd::new(BTC_PRICE)).await?;
    let import = Import {
        source: "bench".to_owned(),
        format: Format::Jsonl,
        document: None,
        trust: Some(Trust::Registry),
        dry_run: false,
    };
    let text = Cursor::new(listings.text.clone().into_bytes());
    let report = directory.import(import, text, |_| {}).await?;
    if report.refused_count() > 0 {
        eprintln!("listings refused: {:?}", report.refused);
    }
    let mut rows = HashMap::new();
    for (place, row) in listings.rows.iter().enumerate() {
        if let Some(address) = canonical_url(&row.endpoint.url) {
            rows.entry((address, row.endpoint.method.clone())).or_insert(place);
        }
    }
    Ok(Opened { directory, rows: Arc::new(rows), _folder: folder })
}

impl Opened {
    /// Its search, with further parameters such as `rank=best`.
    pub fn with(&self, parameters: &str) -> Services {
        let (separator, name) = match parameters {
            "" => ("", "Farebox".to_owned()),
            _ => ("&", parameters.to_owned()),
        };
        Services {
            directory: self.directory.clone(),
            rows: Arc::clone(&self.rows),
            parameters: format!("{separator}{parameters}"),
            name,
        }
    }
}

impl Search for Services {
    fn name(&self) -> &str {
        &self.name
    }

    fn search(&self, query: &str) -> Result<Vec<usize>, Failed> {
        let asked = utf8_percent_encode(query, NON_ALPHANUMERIC);
        let raw = format!("q={asked}&limit={ROWS_MAX}{}", self.parameters);
        let snapshot = self.directory.snapshot();
        let query = snapshot.parse(&raw, Dialect::Services)?;
        let found = snapshot.list(&query).rows;
        let row = |entry: &Arc<Entry>| {
            let listing = entry.listing();
            let key = (listing.canonical_url.clone(), listing.facts.method.clone());
            let row = self.rows.get(&key).copied();
            row.ok_or_else(|| format!("{} was not among the listings", listing.facts.url).into())
        };
        found.iter().map(row).collect()
    }
}
