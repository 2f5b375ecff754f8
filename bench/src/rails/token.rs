//! L402 tokens checked, from the header's text to what was sold: read, signature, preimage,
//! caveats. No node is asked and nothing is written.

use crate::alternate::{self, Once};
use crate::report::Group;
use crate::{Args, Failed, terms};
use base64::{Engine, engine::general_purpose::STANDARD};
use farebox_money::Msat;
use farebox_paywall::{Secret, Tokens};
use farebox_wire::l402::authorization_header;
use farebox_wire::l402::{Credential, Grant, Identifier, RequestFacts, Scheme, TokenKind};
use farebox_wire::lightning::Preimage;
use hmac::{Hmac, KeyInit, Mac};
use libmacaroon::{Macaroon, MacaroonKey, Verifier};
use sha2::{Digest, Sha256};

const TOKENS: usize = 256;
const ROOT_KEY: [u8; 32] = [9; 32];

pub fn measure(args: &Args) -> Result<Group, Failed> {
    let now = terms::now_s();
    let secret = Secret::new([7; 32]);
    let sold = sold(now);
    let headers = |sold: &Grant| -> Result<Vec<_>, Failed> {
        (0..TOKENS).map(|number| header(&secret, sold, preimage(number), now)).collect()
    };
    let ours = headers(&sold)?;
    let again = headers(&Grant { kind: TokenKind::TimeBounded, ..sold.clone() })?;
    let theirs = (0..TOKENS).map(|number| their_header(&sold, preimage(number)));
    let theirs = theirs.collect::<Result<Vec<_>, Failed>>()?;
    let messages = messages(&sold);
    let verifier = their_verifier(now);

    let tokens = Tokens::new(secret.clone());
    let (mut ours, mut theirs) = (ours.iter().cycle(), theirs.iter().cycle());
    let mut again = again.iter().cycle();
    let check = move || ours.next().is_some_and(|header| is_good(&secret, header, now));
    let check_again =
        move || again.next().is_some_and(|header| is_still_good(&tokens, header, now));
    let their_check = move || theirs.next().is_some_and(|header| is_good_there(&verifier, header));
    let limit = move || chain(&messages) != [0; 32];
    let subjects: Vec<(String, Once<'_>)> = vec![
        ("farebox: the whole check".to_owned(), Box::new(check)),
        ("farebox: a token for an hour, shown again".to_owned(), Box::new(check_again)),
        ("libmacaroon: the same with one root key".to_owned(), Box::new(their_check)),
        ("limit: HMAC-SHA-256 over the same texts".to_owned(), Box::new(limit)),
    ];
    let title = format!("L402: tokens of {} caveats checked, one thread", sold.to_caveats().len());
    Ok(Group { title, rows: alternate::run(args, subjects) })
}

fn sold(now: u64) -> Grant {
    Grant {
        proof: farebox_wire::l402::Proof::Preimage,
        kind: TokenKind::OneShot,
        method: "GET".to_owned(),
        path: "/weather".to_owned(),
        body_sha256: None,
        price_usd: Some(terms::PRICE),
        amount: Msat::new(12_000),
        expires_at: now + 3_600,
    }
}

fn preimage(number: usize) -> Preimage {
    Preimage::new(Sha256::digest(number.to_be_bytes()).into())
}

fn header(secret: &Secret, sold: &Grant, preimage: Preimage, now: u64) -> Result<String, Failed> {
    let token_id = Secret::new_token_id(now).map_err(|error| error.to_string())?;
    let identifier = Identifier { payment_hash: preimage.hash(), token_id };
    let macaroon = secret.issue_token(&identifier, sold, now).ok_or("no token")?;
    let token = STANDARD.encode(macaroon.encode_v2());
    Ok(authorization_header(Scheme::L402, &token, &preimage))
}

fn is_good(secret: &Secret, header: &str, now: u64) -> bool {
    let shown = Credential::parse_authorization(header.as_bytes());
    let Some(Ok(credential)) = shown else { return false };
    let request = RequestFacts { method: "GET", path: "/weather", body_sha256: None, now };
    secret.check_token(&credential, request).is_ok()
}

fn is_still_good(tokens: &Tokens, header: &str, now: u64) -> bool {
    let request = RequestFacts { method: "GET", path: "/weather", body_sha256: None, now };
    matches!(tokens.check(header.as_bytes(), request), Some(Ok(_)))
}

fn their_header(sold: &Grant, preimage: Preimage) -> Result<String, Failed> {
    let identifier = Identifier { payment_hash: preimage.hash(), token_id: [1; 32] };
    let key = MacaroonKey::generate(&ROOT_KEY);
    let mut macaroon = Macaroon::create(Some("farebox"), &key, identifier.encode())?;
    for caveat in sold.to_caveats() {
        macaroon.add_first_party_caveat(caveat)?;
    }
    let token = macaroon.serialize(libmacaroon::Format::V2)?;
    Ok(authorization_header(Scheme::L402, &token, &preimage))
}

/// As its documentation has it: conditions as functions of a caveat.
fn their_verifier(now: u64) -> Verifier {
    let mut verifier = Verifier::default();
    for exact in ["token_kind=one_shot", "method=GET", "path=/weather"] {
        verifier.satisfy_exact(exact);
    }
    let number = |caveat: &[u8], name: &str| -> Option<u64> {
        std::str::from_utf8(caveat).ok()?.strip_prefix(name)?.parse().ok()
    };
    verifier.satisfy_general(move |caveat| number(caveat, "price_micro_usd=").is_some());
    verifier.satisfy_general(move |caveat| number(caveat, "amount_msat=").is_some());
    verifier.satisfy_general(move |caveat| {
        number(caveat, "expires_at=").is_some_and(|expires_at| now < expires_at)
    });
    verifier
}

fn is_good_there(verifier: &Verifier, header: &str) -> bool {
    let rest = header.strip_prefix("L402 ").and_then(|rest| rest.rsplit_once(':'));
    let Some((token, preimage)) = rest else { return false };
    let Ok(macaroon) = Macaroon::deserialize(token) else { return false };
    let mut bytes = [0; 32];
    if hex::decode_to_slice(preimage, &mut bytes).is_err() {
        return false;
    }
    let hash = Sha256::digest(bytes);
    macaroon.identifier().get(2..34) == Some(hash.as_slice())
        && verifier.verify(&macaroon, &MacaroonKey::generate(&ROOT_KEY), &[]).is_ok()
}

/// What has to go through HMAC for one token: its identifier and each caveat.
fn messages(sold: &Grant) -> Vec<Vec<u8>> {
    let caveats = sold.to_caveats().into_iter().map(String::into_bytes);
    std::iter::once(vec![0; 66]).chain(caveats).collect()
}

fn chain(messages: &[Vec<u8>]) -> [u8; 32] {
    messages.iter().fold([1; 32], |key, message| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return [0; 32] };
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}
