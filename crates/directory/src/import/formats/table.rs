//! The records of a CSV table as objects, by the names of its columns.

use super::ROW_LEN_MAX;
use super::fields::Object;
use crate::import::Reason;
use csv::{ByteRecord, Reader, ReaderBuilder};
use serde_json::Value;
use std::cell::Cell;
use std::io::{Error, Read};
use std::rc::Rc;

/// Columns that are looked at.
const COLUMNS_MAX: usize = 128;
/// Bytes that the reader takes in ahead of the record it is in.
const BUFFER_LEN: usize = 64 * 1_024;

/// The records of a table.
pub(super) struct Table<R: Read> {
    reader: Reader<Metered<R>>,
    left: Rc<Cell<usize>>,
    columns: Option<Vec<String>>,
    is_ended: bool,
}

/// Input that ends in an error when one record takes too much of it.
struct Metered<R> {
    input: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(Error::other(format!("a record is longer than {ROW_LEN_MAX} bytes")));
        };
        let len = self.input.read(buffer)?;
        self.left.set((left + 1).saturating_sub(len));
        Ok(len)
    }
}

impl<R: Read> Table<R> {
    pub(super) fn new(input: R) -> Self {
        let left = Rc::new(Cell::new(ROW_LEN_MAX));
        let input = Metered { input, left: Rc::clone(&left) };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_LEN)
            .from_reader(input);
        Self { reader, left, columns: None, is_ended: false }
    }

    fn record(&mut self) -> Result<Option<ByteRecord>, Reason> {
        self.left.set(ROW_LEN_MAX);
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => Ok(Some(record)),
            Ok(false) => Ok(None),
            Err(error) => Err(Reason::Broken(error.to_string())),
        }
    }

    fn read_columns(&mut self) -> Result<(), Reason> {
        let Some(record) = self.record()? else { return Err(Reason::Missing("column named url")) };
        let names = record.iter().take(COLUMNS_MAX).map(text).map(|name| {
            name.trim_start_matches('\u{feff}').trim().to_lowercase().replace(' ', "_")
        });
        let names: Vec<String> = names.collect();
        if !names.iter().any(|name| name == "url") {
            return Err(Reason::Missing("column named url"));
        }
        self.columns = Some(names);
        Ok(())
    }

    fn entry(&mut self) -> Result<Option<Object>, Reason> {
        if self.columns.is_none() {
            self.read_columns()?;
        }
        let Some(record) = self.record()? else { return Ok(None) };
        let columns = self.columns.iter().flatten().zip(record.iter());
        let filled = columns.filter(|(_, cell)| !cell.is_empty());
        Ok(Some(filled.map(|(name, cell)| (name.clone(), Value::String(unquoted(cell)))).collect()))
    }
}

impl<R: Read> Iterator for Table<R> {
    type Item = Result<Object, Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_ended {
            return None;
        }
        let entry = self.entry().transpose();
        self.is_ended = !matches!(entry, Some(Ok(_)));
        entry
    }
}

fn text(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).into_owned()
}

/// Without the apostrophe that our export puts before what a spreadsheet would run.
fn unquoted(cell: &[u8]) -> String {
    let text = text(cell);
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Vec<Result<Value, Reason>> {
        Table::new(text.as_bytes()).map(|one| one.map(Value::Object)).collect()
    }

    #[test]
    fn records_have_the_names_of_their_columns() {
        let text = "\u{feff}URL,HTTP Method,name\nhttps://a.example,GET,\"'=a, \"\"b\"\"\"\nhttps://b.example\n";
        let first = json!({"url": "https://a.example", "http_method": "GET", "name": "=a, \"b\""});
        assert_eq!(read(text), [Ok(first), Ok(json!({"url": "https://b.example"}))]);
    }

    #[test]
    fn a_table_without_addresses_is_none() {
        let missing = [Err(Reason::Missing("column named url"))];
        assert_eq!(read("name,price\na,1\n"), missing);
        assert_eq!(read(""), missing);
    }

    #[test]
    fn a_record_has_a_limit() {
        let text = format!("url\n\"{}", "x".repeat(10 * ROW_LEN_MAX));
        assert!(matches!(read(&text).as_slice(), [Err(Reason::Broken(_))]));
        // A long table is no long record.
        let text = format!("url\n{}", "https://a.example\n".repeat(100_000));
        assert_eq!(read(&text).len(), 100_000);
    }
}
