//! The 66 bytes that a token is known by.

use crate::lightning::PaymentHash;

const VERSION: [u8; 2] = [0, 0];

/// Identifier of version 0: `u16 version | payment hash | token id`, big-endian
/// (lightninglabs/L402, `macaroon-spec.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// The invoice that pays for the token.
    pub payment_hash: PaymentHash,
    /// The issuer's own name for the token.
    pub token_id: [u8; 32],
}

impl Identifier {
    /// The 66 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [VERSION.as_slice(), self.payment_hash.as_bytes(), &self.token_id].concat()
    }

    /// Reads exactly 66 bytes of version 0; `None` for identifiers of other makes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&VERSION)?;
        let (payment_hash, token_id) = rest.split_at_checked(32)?;
        Some(Self {
            payment_hash: PaymentHash::new(payment_hash.try_into().ok()?),
            token_id: token_id.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_66_bytes_are_read() {
        let identifier = Identifier { payment_hash: PaymentHash::new([1; 32]), token_id: [2; 32] };
        let bytes = identifier.encode();
        assert_eq!(bytes.len(), 66);
        assert_eq!(Identifier::decode(&bytes), Some(identifier));
        assert_eq!(Identifier::decode(&bytes[..65]), None);
        assert_eq!(Identifier::decode(&[bytes.as_slice(), &[0]].concat()), None);
        let mut later = bytes;
        later[1] = 1;
        assert_eq!(Identifier::decode(&later), None);
    }
}
