//! Canonical JSON: one text for each value.
#![no_main]

use farebox_wire::mpp::jcs;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(value) = jcs::from_slice::<Value>(data) else {
        return;
    };
    let Ok(text) = jcs::to_string(&value) else {
        return;
    };
    let again: Value = jcs::from_slice(text.as_bytes()).expect("what is written is read");
    assert_eq!(jcs::to_string(&again).as_ref(), Ok(&text));
});
