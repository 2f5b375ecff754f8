//! `WWW-Authenticate`: one line of input is one line of the header.
#![no_main]

use farebox_wire::http_auth::{ITEMS_MAX, PARAMS_MAX, Quoting, RawChallenge, challenges};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let found = challenges(data.split(|byte| *byte == b'\n'));
    assert!(found.len() <= ITEMS_MAX);
    for challenge in &found {
        assert!(!challenge.scheme.is_empty());
        assert!(challenge.params.len() <= PARAMS_MAX);
        if challenge.params.iter().all(|param| param.quoting == Quoting::Double) {
            is_read_back(challenge);
        }
    }
});

/// What was read, written by the book, is read again.
fn is_read_back(challenge: &RawChallenge) {
    let escape = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    let params = challenge.params.iter();
    let params: Vec<_> =
        params.map(|param| format!("{}=\"{}\"", param.name, escape(&param.value))).collect();
    let line = format!("{} {}", challenge.scheme, params.join(", "));
    if challenge.params.is_empty() || line.len() > farebox_wire::http_auth::LINE_LEN_MAX {
        return;
    }
    let again = challenges([&*line]);
    assert_eq!(again.len(), 1, "{line}");
    let pairs = |challenge: &RawChallenge| -> Vec<(String, String)> {
        challenge.params.iter().map(|p| (p.name.clone(), p.value.clone())).collect()
    };
    assert_eq!(pairs(&again[0]), pairs(challenge), "{line}");
}
