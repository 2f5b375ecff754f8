//! Lines of a text, one by one, each of bounded length.

use super::ROW_LEN_MAX;
use crate::import::Reason;
use std::io::{BufRead, Read};

/// The lines that have something in them.
pub(super) struct Lines<R> {
    input: R,
    is_ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, is_ended: false }
    }

    /// The next line without its end; empty at the end of the input.
    fn line(&mut self) -> std::io::Result<Result<Vec<u8>, Reason>> {
        let mut line = Vec::new();
        let len_max = u64::try_from(ROW_LEN_MAX).unwrap_or(u64::MAX);
        let mut limited = Read::take(&mut self.input, len_max.saturating_add(1));
        limited.read_until(b'\n', &mut line)?;
        if line.len() > ROW_LEN_MAX && !line.ends_with(b"\n") {
            self.skip_line()?;
            return Ok(Err(Reason::TooLong(ROW_LEN_MAX)));
        }
        Ok(Ok(line))
    }

    fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            let bytes = self.input.fill_buf()?;
            let len = bytes.len();
            match bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    self.input.consume(end + 1);
                    return Ok(());
                }
                None if len == 0 => return Ok(()),
                None => self.input.consume(len),
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Vec<u8>, Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_ended {
            match self.line() {
                Err(error) => {
                    self.is_ended = true;
                    return Some(Err(Reason::Broken(error.to_string())));
                }
                Ok(Err(reason)) => return Some(Err(reason)),
                Ok(Ok(line)) if line.is_empty() => self.is_ended = true,
                Ok(Ok(line)) => {
                    let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
                    if !text.is_empty() {
                        return Some(Ok(text.to_vec()));
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_spoils_no_other() {
        let long = "x".repeat(2 * ROW_LEN_MAX);
        let text = format!("\u{feff}one\r\n\n{long}\ntwo");
        let lines: Vec<_> = Lines::new(text.as_bytes()).collect();
        let too_long = Err(Reason::TooLong(ROW_LEN_MAX));
        assert_eq!(lines, [Ok(b"one".to_vec()), too_long, Ok(b"two".to_vec())]);
        let full = "x".repeat(ROW_LEN_MAX);
        assert_eq!(Lines::new(full.as_bytes()).count(), 1);
    }
}
