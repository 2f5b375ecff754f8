//! A payment, whatever rail it came by, and what makes it usable once.

use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use sha2::{Digest, Sha256};
use std::fmt;

/// How money travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rail {
    /// Lightning: L402, and the lightning method of MPP.
    Lightning,
    /// A signed transfer of tokens on an EVM chain: x402, and the evm method of MPP.
    Evm,
    /// A transaction that the payer sent on Tempo.
    Tempo,
    /// A card, through Stripe.
    Stripe,
}

impl Rail {
    /// As the records have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lightning => "lightning",
            Self::Evm => "evm",
            Self::Tempo => "tempo",
            Self::Stripe => "stripe",
        }
    }
}

/// What is reserved before a handler runs. The payment hash of a Lightning payment, so that one
/// invoice is used up once however its payment is shown; a digest of the rest's unique parts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PaymentKey([u8; 32]);

impl PaymentKey {
    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for PaymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Names the payment of a request, for its handler: the paywall puts it into the extensions of
/// requests that show a credential. A repeat with the same payment bears the same; a handler that
/// changes something can so tell whether it has done it already, when its answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentId(String);

impl PaymentId {
    pub(crate) fn of(key: PaymentKey) -> Self {
        Self(hex::encode(key.0))
    }

    /// 64 hexadecimal digits. No secret, and no proof of anything.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Paid {
    /// Satoshis, which the node holds and the ledger has.
    Msat(Msat),
    /// Units of a token or a currency, which went straight to the seller.
    Asset {
        /// Which: `eip155:8453/0x…` or `usd`.
        asset: String,
        /// How many of its smallest units, in decimal.
        units: String,
    },
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    pub key: PaymentKey,
    pub rail: Rail,
    pub paid: Paid,
    /// What a person can look up.
    pub reference: String,
    /// Where the money arrived, where it is here before the payment is shown.
    pub settled_as: Option<String>,
    /// Whether anybody who overhears it could show it for another request: it says nothing of
    /// what it bought. Then it is tied to the request that showed it first.
    pub is_tied_to_first_request: bool,
}

impl Payment {
    /// A settled invoice.
    pub(crate) fn lightning(hash: PaymentHash, amount: Msat) -> Self {
        Self {
            key: PaymentKey(*hash.as_bytes()),
            rail: Rail::Lightning,
            paid: Paid::Msat(amount),
            reference: hash.to_string(),
            settled_as: Some(hash.to_string()),
            is_tied_to_first_request: false,
        }
    }

    /// A payment whose parts together are unique on its rail.
    pub(crate) fn of_asset(rail: Rail, unique: &[&str], asset: String, units: String) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(rail.name());
        for part in unique {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part);
        }
        Self {
            key: PaymentKey(hasher.finalize().into()),
            rail,
            paid: Paid::Asset { asset, units },
            reference: unique.join("/"),
            settled_as: None,
            is_tied_to_first_request: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_rails_and_parts_apart() {
        let key = |rail, parts: &[&str]| {
            Payment::of_asset(rail, parts, "usd".to_owned(), "1".to_owned()).key
        };
        assert_eq!(key(Rail::Evm, &["a", "bc"]), key(Rail::Evm, &["a", "bc"]));
        assert_ne!(key(Rail::Evm, &["a", "bc"]), key(Rail::Evm, &["ab", "c"]));
        assert_ne!(key(Rail::Evm, &["a"]), key(Rail::Tempo, &["a"]));
    }
}
