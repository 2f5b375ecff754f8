//! What a 402 offers over Lightning: an invoice, which L402 and MPP share, and the L402 token.

use crate::amount::{Amount, Quote};
use crate::browser::{Held, Visitor};
use crate::paywall::Paywall;
use crate::pool::{Found, OpenInvoice, Purpose};
use crate::request::Facts;
use crate::route::PaidRoute;
use crate::unavailable::Unavailable;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use farebox_money::Msat;
use farebox_wallet::{CreatedInvoice, NewInvoice, Receiver};
use farebox_wire::l402::{Grant, Identifier, Proof};
use farebox_wire::mpp::methods::lightning::LightningCharge;
use std::sync::Arc;

/// How long an invoice can be paid.
pub(crate) const INVOICE_EXPIRY_S: u32 = 600;

/// An invoice, and the token that its preimage makes good.
pub(crate) struct LightningOffer {
    pub quote: Quote,
    pub grant: Grant,
    pub token: String,
    pub invoice: CreatedInvoice,
    /// The same, read: what the challenge of MPP is made of. `None` where MPP cannot say it.
    pub charge: Option<Arc<LightningCharge>>,
    pub expires_in: u64,
    /// What a browser is to keep in a cookie, where it has nothing for this invoice yet.
    pub session: Option<(Held, String)>,
}

impl Paywall {
    /// What is offered over Lightning, where there is a node.
    pub(super) async fn lightning_offer(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
    ) -> Result<Option<LightningOffer>, Unavailable> {
        let Some(receiver) = self.receiver() else { return Ok(None) };
        let visitor = facts.page_visitor();
        if let Some(again) = visitor.and_then(|visitor| self.offer_again(route, price, visitor)) {
            return again.map(Some);
        }
        let now = self.now();
        let quote = price.quote(now)?;
        let amount = quote.sats.to_msat().ok_or(Unavailable::Misconfigured)?;
        let (route_id, request_digest) = (route.id, facts.digest());
        let is_private = visitor.is_some();
        let purpose = Purpose { route: route_id, price: quote.sats, request_digest, is_private };
        let open = self.invoice(receiver, route, facts, purpose, amount).await?;
        let OpenInvoice { invoice, charge } = open;
        let grant = Grant {
            kind: route.kind,
            method: facts.bought_method().to_owned(),
            path: facts.bought_path().to_owned(),
            proof: Proof::Preimage,
            body_sha256: facts.body_sha256.filter(|_| route.is_priced_by_request()),
            price_usd: quote.usd.map(|(price, _)| price),
            amount,
            expires_at: invoice.expires_at.saturating_add(route.token_lifetime_s),
        };
        let token = STANDARD.encode(self.mint(&grant, &invoice, now)?);
        let session = match visitor {
            Some(visitor) => Some(self.new_session(visitor, &grant, &invoice, now)?),
            None => None,
        };
        let expires_in = invoice.expires_at.saturating_sub(now);
        Ok(Some(LightningOffer { quote, grant, token, invoice, charge, expires_in, session }))
    }

    /// The invoice that a browser was shown before, at the price of then.
    fn offer_again(
        &self,
        route: &PaidRoute,
        price: &Amount,
        visitor: &Visitor,
    ) -> Option<Result<LightningOffer, Unavailable>> {
        let (held, open) = self.open_invoice(route, price, visitor)?;
        let OpenInvoice { invoice, charge } = open;
        let now = self.now();
        let grant = Grant { proof: Proof::Preimage, ..held.grant };
        let quote = Quote { sats: grant.amount.to_sats_floor(), usd: None };
        let expires_in = invoice.expires_at.saturating_sub(now);
        Some(self.mint(&grant, &invoice, now).map(|token| {
            let token = STANDARD.encode(token);
            LightningOffer { quote, grant, token, invoice, charge, expires_in, session: None }
        }))
    }

    /// The token of a browser for an invoice that was made for it alone.
    fn new_session(
        &self,
        visitor: &Visitor,
        grant: &Grant,
        invoice: &CreatedInvoice,
        now: u64,
    ) -> Result<(Held, String), Unavailable> {
        let grant = Grant { proof: Proof::Node, ..grant.clone() };
        let token = URL_SAFE_NO_PAD.encode(self.mint(&grant, invoice, now)?);
        let payment_hash = invoice.payment_hash;
        let name = visitor.cookie_name(payment_hash);
        Ok((Held { name, payment_hash, grant }, token))
    }

    fn mint(
        &self,
        grant: &Grant,
        invoice: &CreatedInvoice,
        now: u64,
    ) -> Result<Vec<u8>, Unavailable> {
        let identifier = Identifier {
            payment_hash: invoice.payment_hash,
            token_id: crate::Secret::new_token_id(now).map_err(|_| Unavailable::Misconfigured)?,
        };
        let macaroon = self.secret().issue_token(&identifier, grant, now);
        let macaroon = macaroon.ok_or(Unavailable::Misconfigured)?;
        Ok(macaroon.encode_v2())
    }

    /// An open invoice of this client, or a new one. Two requests of one client make invoices
    /// one after the other, so that the second finds what the first made.
    async fn invoice(
        &self,
        receiver: &dyn Receiver,
        route: &PaidRoute,
        facts: &Facts,
        purpose: Purpose,
        amount: Msat,
    ) -> Result<OpenInvoice, Unavailable> {
        let now = self.now();
        match self.pool().find(facts.client, purpose, now) {
            Found::None => {}
            found => return settle_found(found),
        }
        let _turn = self.turn_of(facts.client).await;
        match self.pool().find(facts.client, purpose, now) {
            Found::None => {}
            found => return settle_found(found),
        }
        let new = NewInvoice {
            amount,
            description: route.description.chars().take(100).collect(),
            expiry_s: INVOICE_EXPIRY_S,
        };
        let invoice = receiver.create(new).await.map_err(|error| {
            tracing::error!(%error, route = route.id, "no invoice could be made");
            Unavailable::Wallet
        })?;
        self.count_invoice();
        let open = OpenInvoice::from(invoice);
        self.pool().insert(facts.client, purpose, open.clone(), now);
        Ok(open)
    }
}

fn settle_found(found: Found) -> Result<OpenInvoice, Unavailable> {
    match found {
        Found::Invoice(open) => Ok(open),
        Found::ClientBusy { retry_after_s } => Err(Unavailable::ClientBusy { retry_after_s }),
        Found::Full { retry_after_s } => Err(Unavailable::Full { retry_after_s }),
        Found::None => Err(Unavailable::Misconfigured),
    }
}
