//! L402 tokens: issued and recognised by the secret alone, without a row of a database.

use crate::issued::Issued;
use crate::keys::Secret;
use crate::problem::Problem;
use farebox_wire::l402::{Credential, Grant, Identifier, RequestFacts};
use farebox_wire::macaroon::Macaroon;

const LOCATION: &str = "farebox";

impl Secret {
    /// Issues the token of `identifier`, whose `token_id` is a [`Secret::new_token_id`]. `None`
    /// when its key is not in use at `now` (seconds since 1970).
    #[must_use]
    pub fn issue_token(
        &self,
        identifier: &Identifier,
        grant: &Grant,
        now: u64,
    ) -> Option<Macaroon> {
        let root_key = self.root_key(identifier, now)?;
        let bare = Macaroon::issue(&root_key, Some(LOCATION), identifier.encode());
        Some(grant.to_caveats().into_iter().fold(bare, Macaroon::with_caveat))
    }

    /// What a token was sold for, if it was issued with this secret, is paid for and allows the
    /// request. That the invoice was paid in full, and that the token was not used before, are the
    /// caller's to check.
    ///
    /// # Errors
    /// [`Problem`] says what is wrong with it.
    pub fn check_token(
        &self,
        credential: &Credential,
        request: RequestFacts<'_>,
    ) -> Result<Grant, Problem> {
        let issued = self.verify(credential, request.now)?;
        issued.check(request).cloned()
    }

    /// Whether every macaroon was issued with this secret for the payment that the preimage
    /// proves. Needs nothing of the request, so that a credential made of thin air costs nothing
    /// more.
    pub(crate) fn verify(&self, credential: &Credential, now: u64) -> Result<Issued, Problem> {
        let payment_hash = credential.preimage.hash();
        let mut first = None;
        for macaroon in &credential.macaroons {
            let identifier = Identifier::decode(&macaroon.identifier);
            let identifier = identifier.ok_or(Problem::NotIssuedHere)?;
            let root_key = self.root_key(&identifier, now).ok_or(Problem::NotIssuedHere)?;
            if !macaroon.is_signed_with(&root_key) {
                return Err(Problem::BadSignature);
            }
            if *first.get_or_insert(identifier.payment_hash) != identifier.payment_hash {
                return Err(Problem::MixedPayments);
            }
            if payment_hash != identifier.payment_hash {
                return Err(Problem::WrongPreimage);
            }
        }
        first.ok_or(Problem::NotIssuedHere)?;
        Ok(Issued::read(credential, payment_hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_money::Msat;
    use farebox_wire::l402::TokenKind;
    use farebox_wire::lightning::Preimage;

    const NOW: u64 = 1_800_000_000;

    fn grant() -> Grant {
        Grant {
            proof: farebox_wire::l402::Proof::Preimage,
            kind: TokenKind::OneShot,
            method: "GET".to_owned(),
            path: "/weather".to_owned(),
            body_sha256: None,
            price_usd: None,
            amount: Msat::new(5_000),
            expires_at: NOW + 60,
        }
    }

    fn sold(secret: &Secret, preimage: Preimage) -> Credential {
        let token_id = Secret::new_token_id(NOW).unwrap();
        let identifier = Identifier { payment_hash: preimage.hash(), token_id };
        let macaroon = secret.issue_token(&identifier, &grant(), NOW).unwrap();
        Credential { macaroons: vec![macaroon], preimage }
    }

    fn request(path: &str, now: u64) -> RequestFacts<'_> {
        RequestFacts { method: "GET", path, body_sha256: None, now }
    }

    #[test]
    fn a_token_is_good_for_what_it_was_sold_for_and_nothing_else() {
        let secret = Secret::new([1; 32]);
        let good = sold(&secret, Preimage::new([2; 32]));
        assert_eq!(secret.check_token(&good, request("/weather", NOW)), Ok(grant()));
        let refusal = |credential: &Credential, secret: &Secret, path, now| {
            secret.check_token(credential, request(path, now)).unwrap_err()
        };
        assert!(matches!(refusal(&good, &secret, "/other", NOW), Problem::Caveat(_)));
        assert!(matches!(refusal(&good, &secret, "/weather", NOW + 60), Problem::Caveat(_)));
        let other = Secret::new([9; 32]);
        assert_eq!(refusal(&good, &other, "/weather", NOW), Problem::BadSignature);
        let unpaid = Credential { preimage: Preimage::new([3; 32]), ..good.clone() };
        assert_eq!(refusal(&unpaid, &secret, "/weather", NOW), Problem::WrongPreimage);
        let cheaper = sold(&secret, Preimage::new([4; 32]));
        let mixed = [good.macaroons.clone(), cheaper.macaroons].concat();
        let mixed = Credential { macaroons: mixed, ..good.clone() };
        assert_eq!(refusal(&mixed, &secret, "/weather", NOW), Problem::MixedPayments);
        let mut widened = good;
        widened.macaroons[0].caveats.retain(|caveat| !caveat.starts_with(b"expires_at"));
        assert_eq!(refusal(&widened, &secret, "/weather", NOW + 60), Problem::BadSignature);
        widened.macaroons.clear();
        assert_eq!(refusal(&widened, &secret, "/weather", NOW), Problem::NotIssuedHere);
    }
}
