//! Credentials: the first line of input is the bare macaroon header, the others `Authorization`.
#![no_main]

use farebox_wire::l402::{CREDENTIAL_LEN_MAX, Credential, MACAROONS_MAX};
use farebox_wire::macaroon::CAVEATS_MAX;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let bare = lines.next();
    let lines: Vec<_> = lines.collect();
    for line in &lines {
        if let Some(Ok(credential)) = Credential::parse_authorization(line) {
            assert!((1..=MACAROONS_MAX).contains(&credential.macaroons.len()));
            assert!(credential.macaroons.iter().all(|m| m.caveats.len() <= CAVEATS_MAX));
            assert!(
                line.len() <= CREDENTIAL_LEN_MAX || line.contains(&b',') || line.contains(&b' ')
            );
        }
    }
    let from_lines = Credential::from_headers(lines.iter().copied(), []);
    let from_all = Credential::from_headers(lines.iter().copied(), bare);
    if let Some(Ok(credential)) = from_lines {
        assert_eq!(from_all, Some(Ok(credential)));
    }
});
