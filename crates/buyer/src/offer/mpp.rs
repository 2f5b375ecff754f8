//! What MPP offers, in `WWW-Authenticate: Payment` headers.

use super::lightning::{LightningOffer, LightningScheme};
use super::transfer::{TransferOffer, TransferTerms, Way};
use super::{NoOffer, Offer};
use crate::printable::printable;
use crate::rules::{KnownToken, find_token};
use farebox_wire::evm::{AssetId, known_asset};
use farebox_wire::mpp::methods::{
    CHARGE,
    evm::{self, CredentialType, EvmCharge},
    lightning::{self, LightningCharge},
    tempo::{self, TempoCharge, TempoMode},
};
use farebox_wire::mpp::{Challenge, ChallengeError, parse_challenges};
use farebox_wire::x402::VALIDITY_MAX_S;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};

/// A challenge that ends sooner is not paid any more.
const EXPIRY_MARGIN_S: u64 = 5;
/// How long a signature is good for a challenge that never ends, in seconds.
const VALIDITY_DEFAULT_S: u64 = 300;

/// Reads every challenge, those that cannot be paid by this client as their reasons.
pub(super) fn read(
    headers: &HeaderMap,
    named: &[KnownToken],
    now: u64,
) -> Vec<Result<Offer, NoOffer>> {
    let lines: Vec<_> =
        headers.get_all(WWW_AUTHENTICATE).iter().map(HeaderValue::as_bytes).collect();
    let read = |challenge: Result<Challenge, ChallengeError>| {
        let unreadable = |_| NoOffer::OtherRails(vec!["MPP (Payment)".to_owned()]);
        let challenge = challenge.map_err(unreadable)?;
        if challenge.is_expired(now.saturating_add(EXPIRY_MARGIN_S), 0) {
            return Err(TransferOffer::refuse("its Payment challenge has expired or is about to"));
        }
        match (challenge.method.as_str(), challenge.intent.as_str()) {
            (lightning::METHOD, CHARGE) => of_lightning(challenge),
            (evm::METHOD, CHARGE) => of_evm(challenge, named, now),
            (tempo::METHOD, CHARGE) => of_tempo(challenge, named),
            (method, intent) => {
                let name = printable(&format!("MPP ({method}/{intent})"), 64);
                Err(NoOffer::OtherRails(vec![name]))
            }
        }
    };
    parse_challenges(&lines).into_iter().map(read).collect()
}

fn refuse(error: impl std::fmt::Display) -> NoOffer {
    TransferOffer::refuse(format!("its Payment challenge: {error}"))
}

fn of_lightning(challenge: Challenge) -> Result<Offer, NoOffer> {
    let charge = LightningCharge::decode(&challenge.request).map_err(refuse)?;
    let token = serde_json::to_string(&challenge).map_err(refuse)?;
    Ok(Offer::Lightning(Box::new(LightningOffer {
        scheme: LightningScheme::Payment,
        token,
        invoice_text: charge.invoice_text,
        invoice: charge.invoice,
        challenge_expires_at: challenge.expires_at(),
        contradictions: Vec::new(),
    })))
}

fn of_evm(challenge: Challenge, named: &[KnownToken], now: u64) -> Result<Offer, NoOffer> {
    let charge = EvmCharge::decode(&challenge.request).map_err(refuse)?;
    if !charge.accepts(CredentialType::Authorization) {
        return Err(refuse("it takes no signed authorization, the only way that is paid here"));
    }
    let token = AssetId { chain: charge.chain, address: charge.currency };
    if charge.recipient.is_zero() || charge.recipient == charge.currency {
        return Err(refuse("the recipient is the zero address or the token itself"));
    }
    let expires_at = challenge.expires_at();
    let left = expires_at.map_or(VALIDITY_DEFAULT_S, |expires| expires.saturating_sub(now));
    let terms = TransferTerms {
        token,
        known: find_token(token, named),
        domain: known_asset(token).and_then(farebox_wire::evm::Asset::token_domain),
        pay_to: charge.recipient,
        amount: charge.amount,
        expires_at,
        validity_s: left.min(VALIDITY_MAX_S),
    };
    Ok(Offer::Transfer(Box::new(TransferOffer { way: Way::MppEvm(challenge), terms })))
}

fn of_tempo(challenge: Challenge, named: &[KnownToken]) -> Result<Offer, NoOffer> {
    let charge = TempoCharge::decode(&challenge.request).map_err(refuse)?;
    if !charge.accepts(TempoMode::Push) {
        return Err(refuse("it takes no transaction of the payer's own (push)"));
    }
    if charge.amount.is_zero() {
        return Err(refuse("it asks for a proof of identity and not for money"));
    }
    if charge.recipient.is_zero() || charge.recipient == charge.currency {
        return Err(refuse("the recipient is the zero address or the token itself"));
    }
    let chain = charge.chain.ok_or_else(|| refuse("it does not say which chain"))?;
    let token = AssetId { chain, address: charge.currency };
    let terms = TransferTerms {
        token,
        known: find_token(token, named),
        domain: None,
        pay_to: charge.recipient,
        amount: charge.amount,
        expires_at: challenge.expires_at(),
        validity_s: 0,
    };
    Ok(Offer::Transfer(Box::new(TransferOffer { way: Way::MppTempo(challenge), terms })))
}
