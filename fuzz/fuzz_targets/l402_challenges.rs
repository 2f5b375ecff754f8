//! The offers of a 402: lines of `WWW-Authenticate`, an empty line, the body.
#![no_main]

use farebox_wire::l402::{Answer, Severity, check, offers, parse_challenges};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let end = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
    let (head, body) = data.split_at(end);
    let body = body.get(2..).unwrap_or_default();
    let lines: Vec<_> = head.split(|byte| *byte == b'\n').collect();
    let is_sendable = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    for challenge in parse_challenges(&lines) {
        assert!(challenge.token.is_none_or(|token| is_sendable(&token)));
    }
    let found = offers(&lines, body);
    assert!(found.iter().all(|offer| is_sendable(&offer.token) && is_sendable(&offer.invoice)));
    let checked = check(Answer { lines: &lines, body }, None, 1_700_000_000);
    // What the probe calls payable, the buyer can take.
    assert!(!checked.is_payable() || !found.is_empty());
    assert!(checked.faults.iter().all(|fault| !fault.fix().is_empty() && !fault.code().is_empty()));
    assert!(checked.faults.is_sorted_by_key(|fault| fault.severity()));
    assert!(checked.is_payable() || checked.faults[0].severity() == Severity::Broken);
});
