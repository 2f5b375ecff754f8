//! Lists of others, in every form that is imported: a byte for the form, then the list. What is read
//! is within its limits, and the same however the bytes arrive.
#![no_main]

use farebox_directory::import::formats::{ENDPOINTS_MAX, Format, detect, parse};
use libfuzzer_sys::fuzz_target;
use std::io::Read;
use url::Url;

/// Hands out one byte after the other.
struct Dripping<'a>(&'a [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(1);
        self.0.read(&mut buffer[..len])
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((form, list)) = data.split_first() else { return };
    let format = Format::ALL[usize::from(*form) % Format::ALL.len()];
    let document = Url::parse("https://list.example/.well-known/x402").ok();
    let document = document.filter(|_| *form < 128);
    let parsed = parse(format, list, document.as_ref());
    assert!(parsed.rows.len() <= list.len().max(ENDPOINTS_MAX));
    for row in &parsed.rows {
        assert!(!row.url.is_empty() && !row.protocols.is_empty());
        assert!(row.offers.len() <= 16 && row.tags.len() <= 32);
        let texts = [&row.name, &row.description, &row.provider, &row.category, &row.price_note];
        for text in texts.into_iter().flatten() {
            assert!(text.chars().count() <= 5_000, "a text is cut");
        }
    }
    assert_eq!(parse(format, Dripping(list), document.as_ref()), parsed);
    let _ = detect(list, document.as_ref());
});
