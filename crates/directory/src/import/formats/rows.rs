//! The rows of a list, one by one.

use super::elements::Elements;
use super::fields::Object;
use super::lines::Lines;
use super::table::Table;
use super::{
    DOCUMENT_LEN_MAX, ENDPOINTS_MAX, Format, bazaar, l402_directory, mpp_services, open_api,
    satring, services, well_known,
};
use crate::import::{ImportedListing, Reason, Refused, Row};
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use url::Url;

const BUFFER_LEN: usize = 64 * 1_024;

/// What the endpoints of one entry come to: several for a provider with all its endpoints.
pub(super) type Endpoints = Vec<(Option<String>, Result<ImportedListing, Reason>)>;

/// The rows of a list, read as they are asked for.
pub struct Rows<R: Read> {
    entries: Entries<R>,
    format: Format,
    document: Option<Url>,
    position: u64,
    ready: VecDeque<Row>,
}

enum Entries<R: Read> {
    Elements(Elements<BufReader<R>>),
    Lines(Lines<BufReader<R>>),
    Table(Box<Table<R>>),
    /// A document that is read as a whole.
    Whole(Option<BufReader<R>>),
}

impl<R: Read> Rows<R> {
    /// Begins to read. `document` is the list's own address, where it has one.
    pub fn new(format: Format, input: R, document: Option<&Url>) -> Self {
        let elements = |input, names| Entries::Elements(Elements::new(buffered(input), names));
        let entries = match format {
            Format::Bazaar => elements(input, &["items", "resources"]),
            Format::MppServices | Format::Satring | Format::L402Directory | Format::Services => {
                elements(input, &["services"])
            }
            Format::WellKnown | Format::OpenApi => Entries::Whole(Some(buffered(input))),
            Format::Csv => Entries::Table(Box::new(Table::new(input))),
            Format::Jsonl => Entries::Lines(Lines::new(buffered(input))),
        };
        let document = document.cloned();
        Self { entries, format, document, position: 0, ready: VecDeque::new() }
    }

    /// Reads the next entry. `false` when there is none.
    fn read_entry(&mut self) -> bool {
        let entry = match &mut self.entries {
            Entries::Elements(elements) => {
                elements.next().map(|text| text.and_then(|text| object(&text)))
            }
            Entries::Lines(lines) => lines.next().map(|text| text.and_then(|text| object(&text))),
            Entries::Table(table) => table.next(),
            Entries::Whole(input) => input.take().map(|input| whole(input, self.format)),
        };
        let Some(entry) = entry else { return false };
        self.position += 1;
        let endpoints = match entry {
            Ok(entry) => self.endpoints(&entry),
            Err(reason) => vec![(None, Err(reason))],
        };
        let is_single = matches!(self.entries, Entries::Whole(_));
        for (index, (what, endpoint)) in (1_u64..).zip(endpoints) {
            let position = if is_single { index } else { self.position };
            let what = what.map(|what| what.chars().take(200).collect());
            self.ready.push_back(match endpoint {
                Ok(listing) => Row::Listing(Box::new(listing.cut())),
                Err(reason) => Row::Refused(Refused { position, what, reason }),
            });
        }
        true
    }

    fn endpoints(&self, entry: &Object) -> Endpoints {
        let one = |read: fn(&Object) -> Result<ImportedListing, Reason>| {
            vec![(super::offers::what(entry), read(entry))]
        };
        let document = self.document.as_ref();
        let mut endpoints = match self.format {
            Format::Bazaar => one(bazaar::read),
            Format::MppServices => mpp_services::read(entry),
            Format::Satring => one(satring::read),
            Format::L402Directory => l402_directory::read(entry),
            Format::WellKnown => well_known::read(entry, document),
            Format::OpenApi => open_api::read(entry, document),
            Format::Csv | Format::Jsonl | Format::Services => one(services::read),
        };
        if endpoints.len() > ENDPOINTS_MAX {
            endpoints.truncate(ENDPOINTS_MAX);
            endpoints.push((None, Err(Reason::TooMany(ENDPOINTS_MAX))));
        }
        endpoints
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(row);
            }
            if !self.read_entry() {
                return None;
            }
        }
    }
}

fn buffered<R: Read>(input: R) -> BufReader<R> {
    BufReader::with_capacity(BUFFER_LEN, input)
}

/// An object of a row. The reader stops at 128 levels.
fn object(text: &[u8]) -> Result<Object, Reason> {
    serde_json::from_slice(text).map_err(|_| Reason::NotJson)
}

/// A whole document as an object; a list of services is put under a name.
fn whole(input: impl BufRead, format: Format) -> Result<Object, Reason> {
    let mut text = Vec::new();
    let len_max = u64::try_from(DOCUMENT_LEN_MAX).unwrap_or(u64::MAX);
    let read = input.take(len_max.saturating_add(1)).read_to_end(&mut text);
    read.map_err(|error| Reason::Broken(error.to_string()))?;
    if text.len() > DOCUMENT_LEN_MAX {
        return Err(Reason::TooLong(DOCUMENT_LEN_MAX));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    match serde_json::from_slice(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(list @ Value::Array(_)) if format == Format::WellKnown => {
            Ok(Object::from_iter([(well_known::SERVICES.to_owned(), list)]))
        }
        Ok(_) => Err(Reason::NotJson),
        Err(error) => Err(Reason::Broken(error.to_string())),
    }
}
