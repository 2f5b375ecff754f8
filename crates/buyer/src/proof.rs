//! The header that shows a paid invoice to its seller.

use crate::offer::LightningScheme;
use farebox_store::StoreError;
use farebox_wire::l402::{Scheme, authorization_header};
use farebox_wire::lightning::Preimage;
use farebox_wire::mpp::methods::lightning;
use farebox_wire::mpp::{Challenge, Credential, CredentialHeader, PAYMENT_AUTHORIZATION};
use http::HeaderName;
use http::header::AUTHORIZATION;
use serde_json::Value;

/// Name and value of the header. The token or challenge in it is what the seller sent, letter by
/// letter.
///
/// # Errors
/// When the records hold no challenge where one should be.
pub(crate) fn lightning_proof(
    scheme: LightningScheme,
    token: &str,
    preimage: &Preimage,
) -> Result<(HeaderName, String), StoreError> {
    let authorization = |scheme| Ok((AUTHORIZATION, authorization_header(scheme, token, preimage)));
    match scheme {
        LightningScheme::L402 => authorization(Scheme::L402),
        LightningScheme::Lsat => authorization(Scheme::Lsat),
        LightningScheme::Payment => {
            let challenge = serde_json::from_str(token).map_err(|_| unreadable())?;
            payment_header(challenge, None, lightning::payload(preimage))
        }
    }
}

/// The header of a credential of MPP. `source` names the payer.
///
/// # Errors
/// When it would be longer than servers read.
pub(crate) fn payment_header(
    challenge: Challenge,
    source: Option<String>,
    payload: Value,
) -> Result<(HeaderName, String), StoreError> {
    let credential = Credential { challenge, source, payload };
    let name = match credential.header() {
        CredentialHeader::Authorization => AUTHORIZATION,
        CredentialHeader::PaymentAuthorization => {
            HeaderName::try_from(PAYMENT_AUTHORIZATION).map_err(|_| unreadable())?
        }
    };
    Ok((name, credential.render().map_err(|_| unreadable())?))
}

fn unreadable() -> StoreError {
    StoreError::Unreadable("a payment challenge".to_owned())
}
