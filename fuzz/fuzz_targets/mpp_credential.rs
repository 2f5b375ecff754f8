//! A credential, as JSON, and the lines that carry one.
#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use farebox_wire::mpp::methods::{evm_authorization, lightning, stripe, tempo};
use farebox_wire::mpp::{Credential, parse_credential};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lines: Vec<_> = data.split(|byte| *byte == b'\n').collect();
    let _ = parse_credential(lines.iter().copied(), []);
    let Ok(credential) = Credential::decode(&URL_SAFE_NO_PAD.encode(data)) else {
        return;
    };
    let _ = lightning::read_preimage(&credential.payload);
    let _ = evm_authorization::EvmPayload::read(&credential.payload);
    let _ = tempo::TempoPayload::read(&credential.payload);
    let _ = stripe::StripePayload::read(&credential.payload);
    if let Ok(line) = credential.render() {
        let again = parse_credential([line.as_bytes()], []).expect("what is written is read");
        let again = again.expect("it is there");
        assert_eq!(again.challenge, credential.challenge);
    }
});
