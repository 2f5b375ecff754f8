//! Every fault once.

use super::Fault;
use crate::bolt11::Network;
use crate::http_auth::LINE_LEN_MAX;
use crate::lightning::PaymentHash;
use crate::macaroon::DecodeError;

impl Fault {
    /// One of each, for lists of them.
    #[must_use]
    pub fn examples() -> Vec<Self> {
        let hash = PaymentHash::new([0; 32]);
        let (found, expected) = (Network::Regtest, Network::Bitcoin);
        vec![
            Self::NoChallenge,
            Self::LineTooLong { len_max: LINE_LEN_MAX },
            Self::NoToken,
            Self::UnusableToken,
            Self::NoInvoice,
            Self::UnreadableInvoice("cut off".to_owned()),
            Self::WrongNetwork { found, expected },
            Self::ForeignNetwork,
            Self::Amountless,
            Self::ZeroAmount,
            Self::Expired { at: 1_700_000_000 },
            Self::ExpiresSoon { left_s: 30 },
            Self::HashMismatch { token: hash, invoice: hash },
            Self::HashDiffers,
            Self::NoCommitment,
            Self::BodyOnly,
            Self::TokenInBodyOnly,
            Self::InvoiceInBodyOnly,
            Self::BodyDiffers,
            Self::OldNameOnly,
            Self::NotFirst,
            Self::SchemeCase,
            Self::Order,
            Self::Separators,
            Self::Unquoted { name: "macaroon".to_owned() },
            Self::Duplicate,
            Self::NoMacaroonParameter,
            Self::NoTokenParameter,
            Self::TokensDiffer,
            Self::TokenForm { form: "json" },
            Self::Macaroon(DecodeError::Malformed),
            Self::Base64Flavour,
            Self::InvoiceCase,
            Self::PriceDiffers { said_sats: 5, asked_msat: 7_000 },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fault_is_left_out_and_every_code_is_its_own() {
        let examples = Fault::examples();
        // Each variant has a text of its own.
        let variants = include_str!("fault.rs").matches("#[error(").count();
        assert_eq!(examples.len(), variants);
        let mut codes: Vec<_> = examples.iter().map(Fault::code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), variants);
    }
}
