//! The caveats that a holder adds to a token: whatever they are, they allow nothing more.
#![no_main]

use farebox_money::{MicroUsd, Msat};
use farebox_wire::l402::{Grant, Proof, RequestFacts, TokenKind};
use libfuzzer_sys::{arbitrary, fuzz_target};

#[derive(arbitrary::Arbitrary, Debug)]
struct Input {
    is_one_shot: bool,
    body_sha256: Option<[u8; 32]>,
    price_micro_usd: Option<u32>,
    expires_at: u16,
    shown_sha256: Option<[u8; 32]>,
    now: u16,
    added: Vec<Vec<u8>>,
}

fuzz_target!(|input: Input| {
    let grant = Grant {
        proof: Proof::Preimage,
        kind: if input.is_one_shot { TokenKind::OneShot } else { TokenKind::TimeBounded },
        method: "GET".into(),
        path: "/a".into(),
        body_sha256: input.body_sha256,
        price_usd: input.price_micro_usd.map(|price| MicroUsd::new(price.into())),
        amount: Msat::new(5_000),
        expires_at: input.expires_at.into(),
    };
    let request = RequestFacts {
        method: "GET",
        path: "/a",
        body_sha256: input.shown_sha256,
        now: input.now.into(),
    };
    let mut caveats: Vec<_> = grant.to_caveats().into_iter().map(String::into_bytes).collect();
    let issued = Grant::check(&caveats, "ab", request);
    let body_fits = input.body_sha256.is_none() || input.body_sha256 == input.shown_sha256;
    assert_eq!(issued.is_ok(), body_fits && input.now < input.expires_at);
    caveats.extend(input.added);
    if let Ok(narrowed) = Grant::check(&caveats, "ab", request) {
        let issued = issued.expect("what a holder adds allows nothing more");
        assert_eq!(Grant { body_sha256: issued.body_sha256, ..narrowed }, issued);
    }
});
