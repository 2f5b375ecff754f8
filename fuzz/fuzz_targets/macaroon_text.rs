//! Tokens as text: every flavour of base64, hexadecimal, JSON, and what is neither.
#![no_main]

use farebox_wire::l402::ForeignToken;
use farebox_wire::macaroon::Macaroon;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let token = ForeignToken::read(text);
    if let Ok((macaroon, _)) = Macaroon::decode(text) {
        assert_eq!(token.macaroon, Ok(macaroon.clone()));
        let attenuated = macaroon.attenuate("a=b");
        assert!(
            attenuated.is_err()
                || attenuated.is_ok_and(|m| Macaroon::decode_binary(&m.encode_v2()).is_ok())
        );
    }
});
