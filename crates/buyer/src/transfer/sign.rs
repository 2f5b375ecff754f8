//! From an offer to a signed request header. Pure but for the random nonce that is passed in.

use crate::offer::{TransferOffer, Way};
use crate::proof::payment_header;
use crate::store::Signed;
use farebox_store::StoreError;
use farebox_wire::evm::{B256, EvmKey, TokenDomain, TransferAuthorization, U256};
use farebox_wire::mpp::methods::evm_authorization::{EvmPayload, NonceForm};
use farebox_wire::mpp::{Challenge, PayerSource};
use farebox_wire::x402::{Payment, SignInputs, TermsError, pay_v1, pay_v2};
use http::HeaderName;

/// What was signed.
pub(super) struct SignedOffer {
    /// The authorization's nonce.
    pub(super) key: B256,
    pub(super) header: (HeaderName, String),
    pub(super) signed: Signed,
}

/// Why an offer could not be signed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    #[error("{0}")]
    Terms(#[from] TermsError),
    #[error("what was signed has no authorization")]
    NoAuthorization,
    #[error("{0}")]
    Header(#[from] StoreError),
}

/// Signs an offer that is paid by an authorization. `nonce` is for offers that leave it to the
/// payer.
pub(super) fn sign(
    offer: &TransferOffer,
    key: &EvmKey,
    nonce: B256,
    form: NonceForm,
    now_s: u64,
) -> Result<SignedOffer, SignError> {
    let inputs = SignInputs { key, nonce, now_s };
    match &offer.way {
        Way::X402V1(option) => of_x402(&pay_v1(option, &inputs)?),
        Way::X402V2 { required, option } => of_x402(&pay_v2(required, option, &inputs)?),
        Way::MppEvm(challenge) => {
            let domain = offer.terms.domain.as_ref().ok_or(SignError::NoAuthorization)?;
            of_mpp(offer, challenge, domain, key, form, now_s)
        }
        Way::MppTempo(_) => Err(SignError::NoAuthorization),
    }
}

fn of_x402(payment: &Payment) -> Result<SignedOffer, SignError> {
    let exact = payment.exact_evm().map_err(|_| SignError::NoAuthorization)?;
    let (name, value) = payment.to_header();
    Ok(SignedOffer {
        key: exact.authorization.nonce,
        header: (HeaderName::from_static(name), value),
        signed: signed(&exact.authorization),
    })
}

fn of_mpp(
    offer: &TransferOffer,
    challenge: &Challenge,
    domain: &TokenDomain,
    key: &EvmKey,
    form: NonceForm,
    now_s: u64,
) -> Result<SignedOffer, SignError> {
    let authorization = TransferAuthorization {
        from: key.address(),
        to: offer.terms.pay_to,
        value: offer.terms.amount,
        valid_after: U256::ZERO,
        valid_before: U256::from(now_s.saturating_add(offer.terms.validity_s)),
        nonce: form.nonce(&challenge.id, &challenge.realm),
    };
    let signature = authorization.sign(domain, key);
    let source = PayerSource::Evm { chain: domain.id.chain, address: key.address() };
    let payload = EvmPayload { authorization, signature }.payload();
    Ok(SignedOffer {
        key: authorization.nonce,
        header: payment_header(challenge.clone(), Some(source.to_string()), payload)?,
        signed: signed(&authorization),
    })
}

fn signed(authorization: &TransferAuthorization) -> Signed {
    let valid_before = u64::try_from(authorization.valid_before).unwrap_or(u64::MAX);
    Signed::Authorization { valid_before }
}
