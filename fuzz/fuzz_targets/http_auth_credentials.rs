//! `Authorization`: one line of input is one line of the header.
#![no_main]

use farebox_wire::http_auth::{ITEMS_MAX, credentials};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lines: Vec<_> = data.split(|byte| *byte == b'\n').collect();
    let found = credentials(lines.iter().copied());
    assert!(found.len() <= ITEMS_MAX);
    for credential in found {
        let line = lines[credential.line];
        let is_part = |part: &[u8]| part.is_empty() || line.windows(part.len()).any(|w| w == part);
        assert!(is_part(credential.scheme.as_bytes()) && is_part(credential.value));
    }
});
