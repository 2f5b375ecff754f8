//! Whether a payment is good for what was asked, as far as it can be told without the chain.

use super::{
    ErrorCode, ExactEvmPayload, ExactTerms, PayloadError, Payment, PaymentRequirements,
    ProtocolVersion, SCHEME_EXACT, TermsError, accepted_matches,
};
use crate::evm::{
    Address, AssetId, B256, Signature, SignatureError, TokenDomain, TransferAuthorization, U256,
};

/// The clock, and how much room a payment must leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Now, in seconds since 1970.
    pub now_s: u64,
    /// How long the authorization must still be good, for the settlement to get through.
    pub margin_s: u64,
    /// How long it may be good at most from now; `None` for any time.
    pub validity_max_s: Option<u64>,
}

/// What stands behind the payer's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// A key: the signature must recover to the address.
    Account,
    /// Code: its contract decides on the signature (EIP-1271), and the key that the address may
    /// have had does not count.
    Contract,
}

/// Who vouches for the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerCheck {
    /// It recovers to the payer. Good only if the payer has no code.
    Recovered,
    /// Nobody yet: the payer's contract must be asked, with `isValidSignature` of the digest.
    ContractMustConfirm,
}

/// An authorization that is good for the terms. Not yet known: whether the payer has the money,
/// and whether the nonce is unused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct VerifiedAuthorization {
    /// The token.
    pub asset: AssetId,
    /// What moves.
    pub authorization: TransferAuthorization,
    /// By whose word.
    pub signature: Signature,
    /// What was signed.
    pub digest: B256,
    /// Who vouches for the signature.
    pub signer: SignerCheck,
}

/// Why a payment is not good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The seller's terms cannot be paid.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// The payment's content has the wrong form.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The payment is of another scheme.
    #[error("the payment is not of the scheme `exact`")]
    Scheme,
    /// The payment is for another network.
    #[error("the payment is for another network")]
    Network,
    /// What the buyer accepted was not offered.
    #[error("the payment's `accepted` is not what was offered: request the terms again")]
    NotOffered,
    /// It pays someone else.
    #[error("the authorization pays {0}, not the payee of the terms")]
    Recipient(Address),
    /// It is for another amount.
    #[error("the authorization is for {offered} units, {required} are asked")]
    Value {
        /// What the terms ask.
        required: U256,
        /// What the authorization gives.
        offered: U256,
    },
    /// It is not good yet.
    #[error("the authorization is not good yet: validAfter must be in the past")]
    ValidAfter,
    /// It has expired, or will before it can be settled.
    #[error("the authorization expires too soon: sign a new one with a later validBefore")]
    ValidBefore,
    /// It is good for longer than is taken.
    #[error("the authorization is good for too long: sign one with an earlier validBefore")]
    ValidTooLong,
    /// The signature has the wrong form.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The signature is of another key, or of other content.
    #[error("the signature is not the payer's for this authorization and token")]
    WrongSigner,
}

/// Verifies a payment of either version against one way to pay that the seller offers.
pub fn verify_exact(
    payment: &Payment,
    requirements: &PaymentRequirements,
    timing: Timing,
    payer: Payer,
) -> Result<VerifiedAuthorization, VerifyError> {
    let terms = ExactTerms::from_v2(requirements)?;
    let version = match payment {
        Payment::V1(payment) => {
            let name = requirements.known_network().and_then(|network| network.v1_name());
            check_choice(&payment.scheme, name == Some(&payment.network))?;
            ProtocolVersion::V1
        }
        Payment::V2(payment) => {
            let accepted = &payment.accepted;
            check_choice(&accepted.scheme, accepted.network == requirements.network)?;
            if !accepted_matches(accepted, requirements) {
                return Err(VerifyError::NotOffered);
            }
            ProtocolVersion::V2
        }
    };
    let payload = payment.exact_evm()?;
    check_transfer(&payload.authorization, &terms, version)?;
    verify_authorization(payload, &terms.domain, timing, payer)
}

fn check_choice(scheme: &str, is_network: bool) -> Result<(), VerifyError> {
    if scheme != SCHEME_EXACT {
        return Err(VerifyError::Scheme);
    }
    if !is_network {
        return Err(VerifyError::Network);
    }
    Ok(())
}

/// Payee and amount. Version 2 wants the exact amount, version 1 at least it.
fn check_transfer(
    authorization: &TransferAuthorization,
    terms: &ExactTerms,
    version: ProtocolVersion,
) -> Result<(), VerifyError> {
    if authorization.to != terms.pay_to {
        return Err(VerifyError::Recipient(authorization.to));
    }
    let (required, offered) = (terms.amount, authorization.value);
    let is_enough = match version {
        ProtocolVersion::V1 => offered >= required,
        ProtocolVersion::V2 => offered == required,
    };
    if !is_enough {
        return Err(VerifyError::Value { required, offered });
    }
    Ok(())
}

/// Verifies the time and the signature of an authorization; payee and amount are the caller's
/// matter. Also for other protocols that use EIP-3009.
pub fn verify_authorization(
    payload: ExactEvmPayload,
    domain: &TokenDomain,
    timing: Timing,
    payer: Payer,
) -> Result<VerifiedAuthorization, VerifyError> {
    let ExactEvmPayload { authorization, signature } = payload;
    check_time(&authorization, timing)?;
    let digest = authorization.digest(domain);
    let signer = match payer {
        Payer::Contract => SignerCheck::ContractMustConfirm,
        Payer::Account if signature.recover(digest)? == authorization.from => {
            SignerCheck::Recovered
        }
        Payer::Account => return Err(VerifyError::WrongSigner),
    };
    Ok(VerifiedAuthorization { asset: domain.id, authorization, signature, digest, signer })
}

/// The contract wants `valid_after < now < valid_before`, at the time of its block.
fn check_time(authorization: &TransferAuthorization, timing: Timing) -> Result<(), VerifyError> {
    let now = U256::from(timing.now_s);
    if authorization.valid_after >= now {
        return Err(VerifyError::ValidAfter);
    }
    if authorization.valid_before <= now.saturating_add(U256::from(timing.margin_s)) {
        return Err(VerifyError::ValidBefore);
    }
    let latest = timing.validity_max_s.map(|most| now.saturating_add(U256::from(most)));
    if latest.is_some_and(|latest| authorization.valid_before > latest) {
        return Err(VerifyError::ValidTooLong);
    }
    Ok(())
}

impl VerifyError {
    /// The code that a facilitator answers.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Terms(fault) => fault.code(),
            Self::Payload(PayloadError::Signature(_)) | Self::Signature(_) | Self::WrongSigner => {
                ErrorCode::Signature
            }
            Self::Payload(_) => ErrorCode::Payload,
            Self::Scheme => ErrorCode::Scheme,
            Self::Network => ErrorCode::Network,
            Self::NotOffered => ErrorCode::Requirements,
            Self::Recipient(_) => ErrorCode::Recipient,
            Self::Value { .. } => ErrorCode::Value,
            Self::ValidAfter => ErrorCode::ValidAfter,
            Self::ValidBefore | Self::ValidTooLong => ErrorCode::ValidBefore,
        }
    }
}
