//! Lines of a file, one at a time and none too long.

use std::io::{self, BufRead};

/// Bytes of a line: a recorded answer of the largest size with every byte escaped fits.
pub(super) const LINE_LEN_MAX: usize = 1_024 * 1_024;

/// A line that is not empty.
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: u64,
    /// Its bytes; or what is wrong with it.
    pub(super) text: Result<Vec<u8>, String>,
}

/// Reads lines.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, number: 0 }
    }

    /// The next line without its end; `None` after the last.
    fn read(&mut self) -> io::Result<Option<Line>> {
        let (mut line, mut is_too_long, mut is_any) = (Vec::new(), false, false);
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            is_any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            if line.len().saturating_add(part.len()) > LINE_LEN_MAX {
                is_too_long = true;
            } else {
                line.extend_from_slice(part);
            }
            let len = end.map_or(buffer.len(), |end| end.saturating_add(1));
            self.input.consume(len);
            if end.is_some() {
                break;
            }
        }
        if !is_any {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let too_long = || format!("the line is longer than {LINE_LEN_MAX} bytes");
        let text = if is_too_long { Err(too_long()) } else { Ok(line) };
        Ok(Some(Line { number: self.number, text }))
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read().transpose()? {
                Ok(Line { text: Ok(text), .. }) if text.trim_ascii().is_empty() => {}
                line => return Some(line),
            }
        }
    }
}
