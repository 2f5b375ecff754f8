//! The tokens that a browser holds, and whether one of them is paid.

use super::Visitor;
use super::cookies::Jar;
use super::lookups::Turn;
use crate::admission::{Refusal, check_price};
use crate::amount::Amount;
use crate::collection::Verdict;
use crate::lightning::Settled;
use crate::payment::Payment;
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::request::Facts;
use crate::route::PaidRoute;
use crate::unavailable::Unavailable;
use farebox_wire::l402::{Grant, Identifier, Proof, RequestFacts};
use farebox_wire::lightning::PaymentHash;
use farebox_wire::macaroon::Macaroon;
use std::sync::Arc;

/// Cookies that one path keeps in a browser, which sends all of them with each request.
const KEPT_MAX: usize = 16;
/// A longer value is none of ours.
const VALUE_LEN_MAX: usize = 4_096;

/// A token that a browser holds, issued here for this very request and not expired.
#[derive(Clone)]
pub(crate) struct Held {
    /// The cookie's name.
    pub name: String,
    pub payment_hash: PaymentHash,
    pub grant: Grant,
}

impl Paywall {
    /// The good tokens of the cookies for this request, the newest first, and the names of the
    /// other cookies for it.
    pub(super) fn held(&self, jar: &Jar, prefix: &str, facts: &Facts) -> (Vec<Held>, Vec<String>) {
        let mut good: Vec<Held> = Vec::new();
        let mut bad = Vec::new();
        for (name, value) in jar.cookies.iter().filter(|(name, _)| name.starts_with(prefix)) {
            match self.read_held(value, facts) {
                Some((payment_hash, grant)) => {
                    good.push(Held { name: name.clone(), payment_hash, grant });
                }
                None => bad.push(name.clone()),
            }
        }
        good.sort_by_key(|held| std::cmp::Reverse(held.grant.expires_at));
        (good, bad)
    }

    /// The payment and the grant of a cookie's token, if it was issued here to be good without
    /// its preimage, and for this request.
    fn read_held(&self, value: &str, facts: &Facts) -> Option<(PaymentHash, Grant)> {
        let now = self.now();
        let (macaroon, identifier) = decode(value)?;
        let root_key = self.secret().root_key(&identifier, now)?;
        if !macaroon.is_signed_with(&root_key) {
            return None;
        }
        let request = RequestFacts {
            method: &facts.method,
            path: &facts.path,
            body_sha256: facts.body_sha256,
            now,
        };
        let grant = Grant::check(&macaroon.caveats, "", request).ok()?;
        (grant.proof == Proof::Node).then_some((identifier.payment_hash, grant))
    }

    /// The names of those cookies for other requests that must make room: unpaid ones first, the
    /// oldest of them first.
    pub(super) fn crowding_out(&self, jar: &Jar, held: &[Held]) -> Vec<String> {
        let too_many = jar.cookies.len().saturating_sub(KEPT_MAX);
        if too_many == 0 {
            return Vec::new();
        }
        let others = jar.cookies.iter().filter(|(name, _)| held.iter().all(|h| h.name != *name));
        let mut others: Vec<_> = others
            .map(|(name, value)| {
                let decoded = decode(value);
                let paid = decoded
                    .as_ref()
                    .is_some_and(|(_, identifier)| self.knows_settled(identifier.payment_hash));
                let grant =
                    decoded.and_then(|(macaroon, _)| Grant::read(&macaroon.caveats, "").ok());
                (paid, grant.map_or(0, |grant| grant.expires_at), name)
            })
            .collect();
        others.sort_unstable();
        others.into_iter().take(too_many).map(|(_, _, name)| name.clone()).collect()
    }

    /// What the visitor has paid for, if that is this request.
    ///
    /// # Errors
    /// When it cannot be known: then no other invoice may be shown.
    pub(crate) async fn paid_by_visitor(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
        visitor: &Visitor,
    ) -> Result<Option<(Held, Verdict)>, Unavailable> {
        let mut unknown = None;
        for held in visitor.held() {
            let checked = match check_price(route, &held.grant, price, self.now()) {
                Ok(()) => self.check_held(held).await,
                Err(refusal) => Err(refusal),
            };
            match checked {
                Ok(()) => return Ok(Some((held.clone(), self.verdict_of(route, facts, held)))),
                // Not paid yet, as far as anybody knows: its invoice is shown again.
                Err(Refusal::Problem(_) | Refusal::Unavailable(Unavailable::Settling)) => {}
                Err(Refusal::Unavailable(why)) => unknown = Some(why),
            }
        }
        unknown.map_or(Ok(None), Err)
    }

    /// Asks the node about one invoice once in a while only, since a page asks all the time.
    async fn check_held(&self, held: &Held) -> Result<(), Refusal> {
        let hash = held.payment_hash;
        if !self.knows_settled(hash) {
            match self.lookups().turn(hash, self.now()) {
                Turn::Ask => {}
                Turn::Asked => return Err(Problem::NotSettled.into()),
                // Never a page that would be paid again.
                Turn::TooMany => return Err(Unavailable::Wallet.into()),
            }
        }
        let checked = self.check_settled(hash, held.grant.amount).await;
        if let Err(Refusal::Unavailable(Unavailable::Wallet)) = &checked {
            self.lookups().forget(hash);
        }
        checked
    }

    fn verdict_of(&self, route: &PaidRoute, facts: &Facts, held: &Held) -> Verdict {
        let Held { payment_hash, grant, .. } = held;
        let payment = Payment::lightning(*payment_hash, grant.amount);
        let usage = self.use_of(route, facts, grant.kind, payment, grant.expires_at);
        Verdict { usage, collection: Arc::new(Settled::L402(*payment_hash)) }
    }
}

fn decode(value: &str) -> Option<(Macaroon, Identifier)> {
    if value.len() > VALUE_LEN_MAX {
        return None;
    }
    let (macaroon, _) = Macaroon::decode(value).ok()?;
    let identifier = Identifier::decode(&macaroon.identifier)?;
    Some((macaroon, identifier))
}
