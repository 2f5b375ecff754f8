//! Where a table's rows lie in a database file: as much of SQLite's file format as that takes.

use std::ops::Range;

/// The kinds of page of a tree. Tables with a row number keep their rows in the leaves of a table
/// tree, tables without one in all pages of an index tree.
const INDEX_INTERIOR: u8 = 2;
const TABLE_INTERIOR: u8 = 5;
const INDEX_LEAF: u8 = 10;
const TABLE_LEAF: u8 = 13;

/// The byte ranges of all rows of the tree that begins at page `root`: each with its length, its
/// row number, its header and its values. `None` when the file is not as expected, or a row is
/// too long for one page.
pub fn rows(file: &[u8], root: usize) -> Option<Vec<Range<usize>>> {
    let page_size = match number(file, 16, 2)? {
        1 => 65_536,
        size => size,
    };
    let usable = page_size - number(file, 20, 1)?;
    let (mut rows, mut pages) = (Vec::new(), vec![root]);
    while let Some(page) = pages.pop() {
        let page = Page::read(file, page.checked_sub(1)? * page_size, usable)?;
        for index in 0..page.cells {
            let (child, row) = page.cell(index)?;
            pages.extend(child);
            rows.extend(row);
        }
        pages.extend(page.last_child);
    }
    Some(rows)
}

struct Page<'a> {
    file: &'a [u8],
    begin: usize,
    usable: usize,
    kind: u8,
    cells: usize,
    pointers: usize,
    last_child: Option<usize>,
}

impl<'a> Page<'a> {
    fn read(file: &'a [u8], begin: usize, usable: usize) -> Option<Self> {
        // The first page begins with the file's own header.
        let header = if begin == 0 { 100 } else { begin };
        let kind = *file.get(header)?;
        let cells = number(file, header + 3, 2)?;
        let (length, last_child) = match kind {
            INDEX_INTERIOR | TABLE_INTERIOR => (12, Some(number(file, header + 8, 4)?)),
            INDEX_LEAF | TABLE_LEAF => (8, None),
            _ => return None,
        };
        Some(Self { file, begin, usable, kind, cells, pointers: header + length, last_child })
    }

    /// The page below a cell and the row in it, of which there may be one or both.
    fn cell(&self, index: usize) -> Option<(Option<usize>, Option<Range<usize>>)> {
        let begin = self.begin + number(self.file, self.pointers + 2 * index, 2)?;
        let has_child = matches!(self.kind, INDEX_INTERIOR | TABLE_INTERIOR);
        let child = if has_child { Some(number(self.file, begin, 4)?) } else { None };
        if self.kind == TABLE_INTERIOR {
            return Some((child, None));
        }
        let begin = if has_child { begin + 4 } else { begin };
        let (length, mut payload) = varint(self.file, begin)?;
        if self.kind == TABLE_LEAF {
            payload = varint(self.file, payload)?.1;
        }
        let longest = match self.kind {
            TABLE_LEAF => self.usable - 35,
            _ => (self.usable - 12) * 64 / 255 - 23,
        };
        (length <= longest).then_some((child, Some(begin..payload + length)))
    }
}

/// A big-endian number of so many bytes.
fn number(file: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = file.get(at..at + length)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// A number of seven bits per byte, and where it ends. Lengths and row numbers of a test's
/// database never take the ninth byte, which has eight.
fn varint(file: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for (index, byte) in file.get(at..)?.iter().take(8).enumerate() {
        value = value << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn rows_of(sql: &str) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        let fill = "WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number \
                    LIMIT 500) INSERT INTO t SELECT 'key-' || n, zeroblob(40) FROM number";
        connection.execute(fill, []).unwrap();
        let root = "SELECT rootpage FROM sqlite_schema WHERE name = 't'";
        let root: usize = connection.query_row(root, [], |row| row.get(0)).unwrap();
        drop(connection);
        let file = std::fs::read(&path).unwrap();
        rows(&file, root).unwrap().into_iter().map(|row| file[row].to_vec()).collect()
    }

    #[test]
    fn every_row_is_found_once_in_both_kinds_of_table() {
        for sql in [
            "CREATE TABLE t (a TEXT PRIMARY KEY, b BLOB) STRICT",
            "CREATE TABLE t (a TEXT PRIMARY KEY, b BLOB) STRICT, WITHOUT ROWID",
        ] {
            let rows = rows_of(sql);
            for number in 0..500 {
                let mut text = format!("key-{number}").into_bytes();
                text.push(0);
                let holds = |row: &&Vec<u8>| row.windows(text.len()).any(|part| part == text);
                assert_eq!(rows.iter().filter(holds).count(), 1, "{number} in {sql}");
            }
            assert_eq!(rows.len(), 500);
        }
    }
}
