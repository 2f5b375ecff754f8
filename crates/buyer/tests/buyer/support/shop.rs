//! A seller's books: tokens, invoices and who has paid.

use super::server::{Reply, Seen};
use super::wallet::{Draft, TestWallet};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_money::Msat;
use farebox_play::PlayWallet;
use farebox_wallet::{InvoiceStatus, NewInvoice, Receiver};
use farebox_wire::l402::challenge_header;
use farebox_wire::l402::{Credential, Grant, Identifier, Proof, RequestFacts, TokenKind};
use farebox_wire::lightning::PaymentHash;
use farebox_wire::macaroon::Macaroon;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;

const ROOT_KEY: &[u8] = b"the seller's root key";

/// Where a seller's money goes.
pub trait Till: Send + Sync {
    fn invoice(&self, draft: Draft) -> (String, PaymentHash);
    fn is_settled(&self, hash: PaymentHash) -> bool;
}

impl Till for TestWallet {
    fn invoice(&self, draft: Draft) -> (String, PaymentHash) {
        Self::invoice(self, draft)
    }

    fn is_settled(&self, hash: PaymentHash) -> bool {
        Self::is_settled(self, hash)
    }
}

/// For servers, whose handlers run where they may block.
impl Till for PlayWallet {
    fn invoice(&self, draft: Draft) -> (String, PaymentHash) {
        let invoice = NewInvoice {
            amount: draft.amount.unwrap_or(Msat::ZERO),
            description: "a test".into(),
            expiry_s: 600,
        };
        let created = Handle::current().block_on(self.create(invoice)).unwrap();
        (created.bolt11, created.payment_hash)
    }

    fn is_settled(&self, hash: PaymentHash) -> bool {
        let status = Handle::current().block_on(self.lookup(hash)).unwrap();
        matches!(status, InvoiceStatus::Settled { .. })
    }
}

/// Sells answers; each token is bound as its kind says. Cheap to clone.
#[derive(Clone)]
pub struct Shop {
    pub till: Arc<dyn Till>,
    pub price: Draft,
    pub kind: Option<TokenKind>,
    /// One-shot tokens that were used, and for what.
    used: Arc<Mutex<HashMap<PaymentHash, String>>>,
}

impl Shop {
    /// Tokens of Farebox's make.
    pub fn new(till: &(impl Till + Clone + 'static), kind: TokenKind, price: Draft) -> Self {
        Self { till: Arc::new(till.clone()), price, kind: Some(kind), used: Arc::default() }
    }

    /// Tokens that say nothing of what they are good for.
    pub fn opaque(till: &(impl Till + Clone + 'static), price: Draft) -> Self {
        Self { till: Arc::new(till.clone()), price, kind: None, used: Arc::default() }
    }

    /// A token and the invoice that pays for it.
    pub fn mint(&self, request: &Seen) -> (String, String, PaymentHash) {
        let (invoice, payment_hash) = self.till.invoice(self.price);
        (self.token(request, payment_hash), invoice, payment_hash)
    }

    pub fn token(&self, request: &Seen, payment_hash: PaymentHash) -> String {
        let identifier = Identifier { payment_hash, token_id: [1; 32] };
        let mut macaroon = Macaroon::issue(ROOT_KEY, None, identifier.encode());
        let grant = self.kind.map(|kind| Grant {
            kind,
            method: request.method.clone(),
            path: path_of(request).to_owned(),
            proof: Proof::Preimage,
            body_sha256: None,
            price_usd: None,
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
            && self.till.is_settled(hash);
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
