//! Conditions that the holder of a Farebox token adds before handing it on.

use super::{Grant, GrantError};
use crate::lightning::Preimage;
use crate::macaroon::{AttenuateError, Macaroon};

/// A condition that the holder of a Farebox token can add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narrowing {
    /// Refused from then on; seconds since 1970.
    ExpiresAt(u64),
    /// Good for this SHA-256 of the body alone, at routes that read the body before they are paid.
    BodySha256([u8; 32]),
    /// Carries the proof of payment, as the bare macaroon headers of gRPC clients need it.
    Preimage(Preimage),
}

impl Narrowing {
    fn to_caveat(self) -> String {
        match self {
            Self::ExpiresAt(at) => format!("expires_at={at}"),
            Self::BodySha256(digest) => format!("body_sha256={}", hex::encode(digest)),
            Self::Preimage(preimage) => format!("preimage={}", preimage.reveal_hex()),
        }
    }
}

/// A condition that cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NarrowError {
    /// The token is none of Farebox, or would be refused with the condition: it is wider than
    /// what the token has.
    #[error("the issuer would refuse the token with this condition: {0}")]
    Refused(#[from] GrantError),
    /// No room.
    #[error("{0}")]
    Full(#[from] AttenuateError),
}

impl Grant {
    /// Adds conditions to a Farebox token, for use by somebody else or for one occasion. What would
    /// widen it is refused here, not only by the server. `preimage` is the one that pays for it.
    ///
    /// # Errors
    /// [`NarrowError`] when the token could not be used with these conditions.
    pub fn narrow(
        token: &Macaroon,
        preimage: &Preimage,
        conditions: &[Narrowing],
    ) -> Result<Macaroon, NarrowError> {
        let mut narrowed = token.clone();
        for condition in conditions {
            narrowed = narrowed.attenuate(condition.to_caveat())?;
        }
        Self::read(&narrowed.caveats, &preimage.reveal_hex())?;
        Ok(narrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::l402::Proof;
    use crate::l402::{Credential, RequestFacts, TokenKind};
    use farebox_money::Msat;

    const REQUEST: RequestFacts<'_> =
        RequestFacts { method: "GET", path: "/a", body_sha256: None, now: 999 };

    fn token() -> Macaroon {
        let grant = Grant {
            kind: TokenKind::TimeBounded,
            proof: Proof::Preimage,
            method: "GET".into(),
            path: "/a".into(),
            body_sha256: None,
            price_usd: None,
            amount: Msat::new(5_000),
            expires_at: 1_000,
        };
        let blank = Macaroon::issue(b"key", None, b"id".to_vec());
        grant.to_caveats().into_iter().fold(blank, Macaroon::with_caveat)
    }

    fn narrow(conditions: &[Narrowing]) -> Result<Macaroon, NarrowError> {
        Grant::narrow(&token(), &Preimage::new([7; 32]), conditions)
    }

    fn check(token: &Macaroon, request: RequestFacts<'_>) -> Result<Grant, GrantError> {
        assert!(token.is_signed_with(b"key"));
        Grant::check(&token.caveats, &Preimage::new([7; 32]).reveal_hex(), request)
    }

    #[test]
    fn a_narrowed_token_is_good_for_less() {
        let sooner = narrow(&[Narrowing::ExpiresAt(500)]).unwrap();
        assert!(check(&token(), REQUEST).is_ok());
        assert_eq!(check(&sooner, REQUEST), Err(GrantError::Expired { at: 500 }));
        assert!(check(&sooner, RequestFacts { now: 499, ..REQUEST }).is_ok());
        let one_body = narrow(&[Narrowing::BodySha256([1; 32])]).unwrap();
        assert_eq!(check(&one_body, REQUEST), Err(GrantError::Body));
        assert!(check(&one_body, RequestFacts { body_sha256: Some([1; 32]), ..REQUEST }).is_ok());
    }

    #[test]
    fn what_would_widen_or_could_not_be_used_is_refused() {
        let refused = |conditions: &[Narrowing]| match narrow(conditions) {
            Err(NarrowError::Refused(error)) => error,
            other => panic!("{other:?}"),
        };
        let widened = GrantError::Widened("expires_at");
        assert_eq!(refused(&[Narrowing::ExpiresAt(1_001)]), widened);
        assert_eq!(refused(&[Narrowing::ExpiresAt(5), Narrowing::ExpiresAt(6)]), widened);
        assert_eq!(refused(&[Narrowing::Preimage(Preimage::new([8; 32]))]), GrantError::Preimage);
        let foreign = Macaroon::issue(b"key", None, b"id".to_vec()).with_caveat("kid = 1");
        let foreign = Grant::narrow(&foreign, &Preimage::new([7; 32]), &[]);
        assert!(matches!(foreign, Err(NarrowError::Refused(GrantError::Unknown(_)))));
        let many = vec![Narrowing::ExpiresAt(5); 64];
        assert_eq!(narrow(&many), Err(NarrowError::Full(AttenuateError::TooManyCaveats)));
    }

    #[test]
    fn a_token_that_carries_its_preimage_needs_no_other_header() {
        let carrying = narrow(&[Narrowing::Preimage(Preimage::new([7; 32]))]).unwrap();
        let header = hex::encode(carrying.encode_v2());
        let shown = Credential::parse_bare_macaroon(header.as_bytes()).unwrap();
        assert_eq!(shown.preimage, Preimage::new([7; 32]));
        assert!(check(&shown.macaroons[0], REQUEST).is_ok());
    }
}
