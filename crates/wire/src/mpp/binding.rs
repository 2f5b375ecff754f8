//! The challenge's id as a signature, so that a seller recognises its own challenges without
//! keeping them (draft-httpauth-payment-00, "Challenge Binding").

use super::{
    Challenge, ChallengeError, ChallengeTerms, CredentialHeader, Opaque, PAYMENT_AUTHORIZATION,
    base64url, timestamp::format_timestamp,
};
use crate::macaroon::hmac;
use std::fmt;
use subtle::ConstantTimeEq;

/// Secrets shorter than this are refused: who guesses one can make challenges of any price.
pub const SECRET_LEN_MIN: usize = 32;

/// A key that signs challenges. Its `Debug` hides it.
#[derive(Clone)]
pub struct ChallengeSecret(Vec<u8>);

/// A secret shorter than [`SECRET_LEN_MIN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret of at least {SECRET_LEN_MIN} random bytes is needed")]
pub struct WeakSecret;

/// A challenge that was not issued with any of these secrets, or was changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the challenge was not issued by this server; ask for a new one")]
pub struct ForeignChallenge;

/// The secret that signs, and the one before it, which still counts until its last challenge has
/// expired.
#[derive(Clone, Debug)]
pub struct ChallengeSecrets {
    /// Signs new challenges.
    pub current: ChallengeSecret,
    /// Only recognises older ones.
    pub previous: Option<ChallengeSecret>,
}

impl ChallengeSecret {
    /// # Errors
    /// When it is shorter than [`SECRET_LEN_MIN`].
    pub fn new(bytes: &[u8]) -> Result<Self, WeakSecret> {
        if bytes.len() < SECRET_LEN_MIN {
            return Err(WeakSecret);
        }
        Ok(Self(bytes.to_vec()))
    }
}

impl fmt::Debug for ChallengeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeSecret(hidden)")
    }
}

impl ChallengeSecrets {
    /// Makes a challenge and signs it with the current secret.
    ///
    /// # Errors
    /// When a term cannot stand in a challenge.
    pub fn issue(&self, terms: &ChallengeTerms) -> Result<Challenge, ChallengeError> {
        let mut challenge = unsigned(terms)?;
        challenge.id = challenge_id(&self.current.0, &challenge);
        challenge.check()?;
        challenge.check_written()?;
        Ok(challenge)
    }

    /// Whether a challenge that came back is one that was issued, in all but its description.
    /// It says nothing about the route, the price, the time and the use of it: check those too.
    ///
    /// # Errors
    /// [`ForeignChallenge`] when it is not.
    pub fn verify(&self, challenge: &Challenge) -> Result<(), ForeignChallenge> {
        // A '|' could move a text from one slot to the next under the same signature.
        if slots(challenge).iter().any(|slot| slot.contains('|')) {
            return Err(ForeignChallenge);
        }
        let secrets = [Some(&self.current), self.previous.as_ref()];
        let known = secrets.into_iter().flatten().any(|secret| {
            let id = challenge_id(&secret.0, challenge);
            id.as_bytes().ct_eq(challenge.id.as_bytes()).into()
        });
        if known { Ok(()) } else { Err(ForeignChallenge) }
    }
}

fn unsigned(terms: &ChallengeTerms) -> Result<Challenge, ChallengeError> {
    Ok(Challenge {
        id: "unsigned".to_owned(),
        realm: terms.realm.clone(),
        method: terms.method.clone(),
        intent: terms.intent.clone(),
        request: terms.request.clone(),
        expires: Some(format_timestamp(terms.expires_at)),
        description: terms.description.clone(),
        digest: terms.digest.clone(),
        opaque: if terms.opaque == Opaque::default() { None } else { Some(terms.opaque.encode()?) },
        header: match terms.header {
            CredentialHeader::Authorization => None,
            CredentialHeader::PaymentAuthorization => Some(PAYMENT_AUTHORIZATION.to_owned()),
        },
    })
}

/// What is signed: seven slots, and an eighth for the header before the last where one is named.
fn slots(challenge: &Challenge) -> Vec<&str> {
    let mut slots = vec![
        challenge.realm.as_str(),
        &challenge.method,
        &challenge.intent,
        &challenge.request,
        challenge.expires.as_deref().unwrap_or_default(),
        challenge.digest.as_deref().unwrap_or_default(),
    ];
    if challenge.credential_header() == CredentialHeader::PaymentAuthorization {
        slots.extend(challenge.header.as_deref());
    }
    slots.push(challenge.opaque.as_deref().unwrap_or_default());
    slots
}

pub(super) fn challenge_id(secret: &[u8], challenge: &Challenge) -> String {
    base64url::encode(hmac(secret, slots(challenge).join("|").as_bytes()))
}
