//! From a credential to a verdict.

use crate::amount::Amount;
use crate::collection::Verdict;
use crate::issued::Issued;
use crate::lightning::Settled;
use crate::payment::Payment;
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::redemption::Use;
use crate::request::{self, Facts, Shown};
use crate::route::PaidRoute;
use crate::unavailable::Unavailable;
use farebox_money::Msat;
use farebox_wallet::InvoiceStatus;
use farebox_wire::l402::{Grant, RequestFacts, TokenKind};
use farebox_wire::lightning::PaymentHash;
use farebox_wire::{mpp, x402};
use http::HeaderMap;
use std::sync::Arc;

/// Why a credential was not admitted.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not good for this request: answer with a fresh challenge.
    Problem(Problem),
    /// Whether it is good cannot be known now: never answered with a fresh challenge, or its
    /// holder would pay twice.
    Unavailable(Unavailable),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Unavailable> for Refusal {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

/// A credential that can be one of this server's customers; [`Paywall::genuine`] alone makes it.
#[derive(Debug)]
pub(crate) enum Genuine {
    L402(Arc<Issued>),
    Mpp(Box<mpp::Credential>),
    X402(Box<x402::Payment>),
}

impl Genuine {
    /// Whether it costs next to nothing to see that it is no good.
    pub(crate) const fn is_l402(&self) -> bool {
        matches!(self, Self::L402(_))
    }

    pub(crate) const fn is_mpp(&self) -> bool {
        matches!(self, Self::Mpp(_))
    }
}

impl Paywall {
    /// The credential of a request, if it can be one of this server's customers. Needs nothing
    /// else of the request, so that a credential made of thin air costs nothing more.
    pub(crate) fn genuine(&self, headers: &HeaderMap) -> Option<Result<Genuine, Problem>> {
        let line = request::only_l402_line(headers);
        let issued = line.and_then(|line| self.tokens().verify_line(line, self.now()));
        if let Some(issued) = issued.filter(|issued| !is_unreadable(issued)) {
            return Some(issued.map(|issued| self.paid(issued)));
        }
        let shown = request::credential(headers)?;
        Some(shown.and_then(|shown| self.check_shown(shown)))
    }

    fn check_shown(&self, shown: Shown) -> Result<Genuine, Problem> {
        Ok(match shown {
            Shown::L402(credential) => {
                self.paid(Arc::new(self.secret().verify(&credential, self.now())?))
            }
            Shown::Mpp(credential) => {
                self.check_challenge(&credential.challenge)?;
                Genuine::Mpp(credential)
            }
            Shown::X402(payment) => {
                self.check_payee(&payment)?;
                Genuine::X402(payment)
            }
        })
    }

    fn paid(&self, issued: Arc<Issued>) -> Genuine {
        // Whoever knows the preimage makes the invoice worthless to anybody else.
        self.pool().remove(issued.payment_hash);
        Genuine::L402(issued)
    }

    /// Verifies a credential of any rail for a request.
    pub(crate) async fn verify_shown(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
        shown: &Genuine,
    ) -> Result<Verdict, Refusal> {
        match shown {
            Genuine::L402(issued) => self.verify(route, facts, price, issued).await,
            Genuine::Mpp(credential) => self.verify_mpp(route, facts, credential).await,
            Genuine::X402(payment) => self.verify_x402(route, facts, price, payment).await,
        }
    }

    /// Verifies a token that was issued here for a request: caveats, price, and the node's word
    /// that the invoice is settled.
    async fn verify(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
        issued: &Issued,
    ) -> Result<Verdict, Refusal> {
        let now = self.now();
        let request = RequestFacts {
            method: facts.bought_method(),
            path: facts.bought_path(),
            body_sha256: facts.body_sha256,
            now,
        };
        let grant = issued.check(request)?;
        let payment_hash = issued.payment_hash;
        if facts.is_head && grant.kind == TokenKind::OneShot {
            return Err(Problem::HeadSpendsNothing.into());
        }
        check_price(route, grant, price, now)?;
        self.check_settled(payment_hash, grant.amount).await?;
        let payment = Payment::lightning(payment_hash, grant.amount);
        let usage = self.use_of(route, facts, grant.kind, payment, grant.expires_at);
        Ok(Verdict { usage, collection: Arc::new(Settled::L402(payment_hash)) })
    }

    /// What a payment is used for.
    pub(crate) fn use_of(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        kind: TokenKind,
        payment: Payment,
        expires_at: u64,
    ) -> Use {
        let request_digest = match kind {
            TokenKind::OneShot => facts.digest(),
            TokenKind::TimeBounded => facts.subject_digest(),
        };
        Use { payment, route: route.id, kind, request_digest, expires_at }
    }

    /// Whether the node has a payment of at least what was asked.
    pub(crate) async fn check_settled(
        &self,
        hash: PaymentHash,
        asked: Msat,
    ) -> Result<(), Refusal> {
        if self.knows_settled(hash) {
            return Ok(());
        }
        let receiver = self.receiver().ok_or(Problem::NotSettled)?;
        match receiver.lookup(hash).await {
            Ok(InvoiceStatus::Settled { amount }) if amount >= asked => {
                self.note_settled(hash, Some(amount));
                Ok(())
            }
            // The node may say it a moment later: a fresh challenge now would be paid twice.
            Ok(InvoiceStatus::Open) => Err(Refusal::Unavailable(Unavailable::Settling)),
            Ok(_) => Err(Problem::NotSettled.into()),
            Err(error) => {
                tracing::error!(%error, "the wallet cannot say whether an invoice is settled");
                Err(Refusal::Unavailable(Unavailable::Wallet))
            }
        }
    }
}

/// One that cannot be read may stand before a better one, of another rail perhaps.
const fn is_unreadable<T>(found: &Result<T, Problem>) -> bool {
    matches!(found, Err(Problem::Malformed(_)))
}

/// A fixed price is the one that was signed, even if it has risen since. A price made from the
/// request must not be more than was paid for. What was bought in dollars is compared in dollars:
/// a token is worth what it was sold for, however the rate has moved, and needs no rate at all.
pub(crate) fn check_price(
    route: &PaidRoute,
    grant: &Grant,
    price: &Amount,
    now: u64,
) -> Result<(), Refusal> {
    if !route.is_priced_by_request() {
        return Ok(());
    }
    let (is_enough, bought, price) = match (grant.price_usd, price) {
        (Some(bought), Amount::Usd { price, .. }) => {
            (bought >= *price, format!("${bought}"), format!("${price}"))
        }
        (_, price) => {
            let bought = grant.amount.to_sats_floor();
            let price = price.quote(now)?;
            (bought >= price.sats, bought.to_string(), price.to_string())
        }
    };
    if is_enough { Ok(()) } else { Err(Problem::TooCheap { bought, price }.into()) }
}
