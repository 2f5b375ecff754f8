//! A seller's books: tokens, invoices and who has paid.

use super::server::{Reply, Seen};
use super::wallet::{Draft, TestWallet};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_wire::l402::challenge_header;
use farebox_wire::l402::{Credential, Grant, Identifier, RequestFacts, TokenKind};
use farebox_wire::lightning::PaymentHash;
use farebox_wire::macaroon::Macaroon;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

const ROOT_KEY: &[u8] = b"the seller's root key";

/// Sells answers; each token is bound as its kind says. Cheap to clone.
#[derive(Clone)]
pub struct Shop {
    pub wallet: TestWallet,
    pub price: Draft,
    pub kind: Option<TokenKind>,
    /// One-shot tokens that were used, and for what.
    used: Arc<Mutex<HashMap<PaymentHash, String>>>,
}

impl Shop {
    /// Tokens of Farebox's make.
    pub fn new(wallet: &TestWallet, kind: TokenKind, price: Draft) -> Self {
        Self { wallet: wallet.clone(), price, kind: Some(kind), used: Arc::default() }
    }

    /// Tokens that say nothing of what they are good for.
    pub fn opaque(wallet: &TestWallet, price: Draft) -> Self {
        Self { wallet: wallet.clone(), price, kind: None, used: Arc::default() }
    }

    /// A token and the invoice that pays for it.
    pub fn mint(&self, request: &Seen) -> (String, String, PaymentHash) {
        let (invoice, payment_hash) = self.wallet.invoice(self.price);
        (self.token(request, payment_hash), invoice, payment_hash)
    }

    pub fn token(&self, request: &Seen, payment_hash: PaymentHash) -> String {
        let identifier = Identifier { payment_hash, token_id: [1; 32] };
        let mut macaroon = Macaroon::issue(ROOT_KEY, None, identifier.encode());
        let grant = self.kind.map(|kind| Grant {
            kind,
            method: request.method.clone(),
            path: path_of(request).to_owned(),
            body_sha256: None,
            amount: self.price.amount.unwrap_or_default(),
            expires_at: u64::from(u32::MAX),
        });
        for caveat in grant.iter().flat_map(Grant::to_caveats) {
            macaroon = macaroon.with_caveat(caveat);
        }
        STANDARD.encode(macaroon.encode_v2())
    }

    /// A 402 with a fresh challenge.
    pub fn challenge(&self, request: &Seen) -> Reply {
        let (token, invoice, _) = self.mint(request);
        Reply::new(402, r#"{"error":{"code":"payment_required","message":"pay"}}"#)
            .header("www-authenticate", challenge_header(&token, &invoice))
    }

    /// The payment that a request proves, if its token is good for it.
    pub fn proof(&self, request: &Seen) -> Option<PaymentHash> {
        let value = request.header("authorization")?;
        let credential = Credential::parse_authorization(value.as_bytes())?.ok()?;
        let macaroon = credential.macaroons.first()?;
        let hash = Identifier::decode(&macaroon.identifier)?.payment_hash;
        let good = macaroon.is_signed_with(ROOT_KEY)
            && credential.preimage.hash() == hash
            && self.wallet.is_settled(hash);
        let facts = RequestFacts {
            method: &request.method,
            path: path_of(request),
            body_sha256: None,
            now: 0,
        };
        let preimage = credential.preimage.reveal_hex();
        let allowed = match self.kind {
            Some(_) => Grant::check(&macaroon.caveats, &preimage, facts).is_ok(),
            None => true,
        };
        (good && allowed && self.first_use(hash, request)).then_some(hash)
    }

    /// One payment buys one request, which may be repeated.
    fn first_use(&self, hash: PaymentHash, request: &Seen) -> bool {
        if self.kind != Some(TokenKind::OneShot) {
            return true;
        }
        let request = format!("{} {} {:?}", request.method, request.path, request.body);
        self.used.lock().unwrap().entry(hash).or_insert_with(|| request.clone()) == &request
    }

    /// Sells `body` to whoever has paid.
    pub fn sell(&self, request: &Seen, body: &str) -> Reply {
        match self.proof(request) {
            Some(_) => Reply::ok(body),
            None => self.challenge(request),
        }
    }
}

pub fn path_of(request: &Seen) -> &str {
    request.path.split('?').next().unwrap()
}
