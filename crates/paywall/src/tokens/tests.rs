use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use farebox_money::Msat;
use farebox_wire::l402::{Identifier, Proof, Scheme, TokenKind, authorization_header};
use farebox_wire::lightning::Preimage;
use farebox_wire::macaroon::Macaroon;
use proptest::prelude::*;

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 24 * 3_600;

fn secret() -> Secret {
    Secret::new([1; 32])
}

fn grant(kind: TokenKind) -> Grant {
    Grant {
        proof: Proof::Preimage,
        kind,
        method: "GET".to_owned(),
        path: "/weather".to_owned(),
        body_sha256: None,
        price_usd: None,
        amount: Msat::new(5_000),
        expires_at: NOW + 3_600,
    }
}

fn macaroon(grant: &Grant, preimage: Preimage) -> Macaroon {
    let token_id = Secret::new_token_id(NOW).unwrap();
    let identifier = Identifier { payment_hash: preimage.hash(), token_id };
    secret().issue_token(&identifier, grant, NOW).unwrap()
}

fn line(macaroon: &Macaroon, preimage: Preimage) -> String {
    authorization_header(Scheme::L402, &STANDARD.encode(macaroon.encode_v2()), &preimage)
}

/// The line of a token that was sold and paid for.
fn sold(grant: &Grant) -> String {
    let preimage = Preimage::new([2; 32]);
    line(&macaroon(grant, preimage), preimage)
}

const fn request(now: u64) -> RequestFacts<'static> {
    RequestFacts { method: "GET", path: "/weather", body_sha256: None, now }
}

/// By tokens that have seen nothing before.
fn at_first(line: &[u8], request: RequestFacts<'_>) -> Option<Result<Grant, Problem>> {
    Tokens::new(secret()).check(line, request)
}

#[test]
fn a_token_for_many_requests_is_remembered_and_one_for_one_is_not() {
    let tokens = Tokens::new(secret());
    let once = grant(TokenKind::OneShot);
    assert_eq!(tokens.check(sold(&once).as_bytes(), request(NOW)), Some(Ok(once)));
    assert_eq!(tokens.known.len(), 0);
    let hour = grant(TokenKind::TimeBounded);
    let line = sold(&hour);
    for _ in 0..3 {
        assert_eq!(tokens.check(line.as_bytes(), request(NOW)), Some(Ok(hour.clone())));
        assert_eq!(tokens.known.len(), 1);
    }
}

#[test]
fn nothing_is_remembered_of_what_is_not_good_or_very_long() {
    let tokens = Tokens::new(secret());
    let (paid, unpaid) = (Preimage::new([2; 32]), Preimage::new([3; 32]));
    let hour = macaroon(&grant(TokenKind::TimeBounded), paid);
    let forged = Macaroon { signature: [0; 32], ..hour.clone() };
    let unknown = hour.clone().with_caveat("a=b");
    for bad in [line(&hour, unpaid), line(&forged, paid), line(&unknown, paid)] {
        assert!(matches!(tokens.check(bad.as_bytes(), request(NOW)), Some(Err(_))), "{bad}");
    }
    let long = (0..40).fold(hour, |token, _| token.with_caveat(format!("expires_at={}", NOW + 60)));
    assert!(matches!(tokens.check(line(&long, paid).as_bytes(), request(NOW)), Some(Ok(_))));
    assert_eq!(tokens.check(b"Bearer abl_x", request(NOW)), None);
    assert_eq!(tokens.known.len(), 0);
}

#[test]
fn what_is_remembered_does_not_outlive_its_time_or_its_key() {
    let tokens = Tokens::new(secret());
    let check = |line: &str, now| tokens.check(line.as_bytes(), request(now)).unwrap();
    let hour = sold(&grant(TokenKind::TimeBounded));
    assert!(check(&hour, NOW).is_ok());
    assert!(check(&hour, NOW + 3_599).is_ok());
    assert!(matches!(check(&hour, NOW + 3_600), Err(Problem::Caveat(_))));
    let narrowed = macaroon(&grant(TokenKind::TimeBounded), Preimage::new([2; 32]));
    let narrowed = narrowed.with_caveat(format!("expires_at={}", NOW + 5));
    let narrowed = line(&narrowed, Preimage::new([2; 32]));
    assert!(check(&narrowed, NOW + 4).is_ok());
    assert!(matches!(check(&narrowed, NOW + 5), Err(Problem::Caveat(_))));
    let endless = sold(&Grant { expires_at: u64::MAX, ..grant(TokenKind::TimeBounded) });
    assert!(check(&endless, NOW).is_ok());
    assert!(check(&endless, NOW + 60 * DAY).is_ok());
    assert_eq!(check(&endless, NOW + 121 * DAY), Err(Problem::NotIssuedHere));
    assert_eq!(check(&endless, NOW - 61 * DAY), Err(Problem::NotIssuedHere));
    assert!(check(&endless, NOW).is_ok());
}

#[test]
fn another_secret_remembers_nothing_of_this_one() {
    let hour = sold(&grant(TokenKind::TimeBounded));
    let (tokens, others) = (Tokens::new(secret()), Tokens::new(Secret::new([9; 32])));
    assert!(tokens.check(hour.as_bytes(), request(NOW)).unwrap().is_ok());
    let refused = others.check(hour.as_bytes(), request(NOW)).unwrap();
    assert_eq!(refused, Err(Problem::BadSignature));
    assert_ne!(tokens.digest(b"a"), others.digest(b"a"), "digests are of use to nobody else");
    assert_ne!(tokens.digest(b"a"), tokens.digest(b"b"));
}

/// Requests, some of them such as the token was sold for.
fn any_request() -> impl Strategy<Value = RequestFacts<'static>> {
    let method = prop::sample::select(vec!["GET", "GET", "POST"]);
    let path = prop::sample::select(vec!["/weather", "/weather", "/"]);
    let time = prop::sample::select(vec![0, 1, 4, 5, 3_599, 3_600, 89 * DAY, 200 * DAY]);
    (method, path, time).prop_map(|(method, path, time)| RequestFacts {
        method,
        path,
        body_sha256: None,
        now: NOW + time,
    })
}

proptest! {
    /// Whatever was shown before, in whatever order.
    #[test]
    fn what_is_remembered_is_what_would_be_found(
        requests in prop::collection::vec((any_request(), 0..5_usize), 1..20),
    ) {
        let preimage = Preimage::new([2; 32]);
        let hour = macaroon(&grant(TokenKind::TimeBounded), preimage);
        let endless = Grant { expires_at: u64::MAX, ..grant(TokenKind::TimeBounded) };
        let lines = [
            line(&hour, preimage),
            line(&hour.clone().with_caveat(format!("expires_at={}", NOW + 5)), preimage),
            line(&hour.with_caveat("path=/"), preimage),
            line(&macaroon(&endless, preimage), preimage),
            line(&macaroon(&grant(TokenKind::OneShot), preimage), preimage),
        ];
        let tokens = Tokens::new(secret());
        for (request, number) in requests {
            let line = lines[number].as_bytes();
            prop_assert_eq!(tokens.check(line, request), at_first(line, request));
        }
    }

    /// A text that differs from a good one in one byte is judged by itself.
    #[test]
    fn another_text_is_not_taken_for_a_remembered_one(place in any::<usize>(), byte in any::<u8>()) {
        let line = sold(&grant(TokenKind::TimeBounded)).into_bytes();
        let tokens = Tokens::new(secret());
        prop_assert!(tokens.check(&line, request(NOW)).unwrap().is_ok());
        let mut other = line.clone();
        let place = place % line.len();
        other[place] = byte;
        prop_assert_eq!(tokens.check(&other, request(NOW)), at_first(&other, request(NOW)));
        let cut = &line[..place];
        prop_assert_eq!(tokens.check(cut, request(NOW)), at_first(cut, request(NOW)));
    }
}
