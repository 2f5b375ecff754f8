//! What can be wrong with an offer, and how a seller mends it.

use crate::bolt11::Network;
use crate::lightning::PaymentHash;
use crate::macaroon::DecodeError;

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nobody can pay, or whoever pays gets nothing.
    Broken,
    /// Some clients in use refuse it.
    Strict,
    /// It works, and could be better.
    Advice,
}

/// One fault of an L402 offer. Its text says what is wrong, [`Fault::fix`] what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing of L402 in headers or body.
    #[error("the answer offers no L402: neither WWW-Authenticate nor the body has a challenge")]
    NoChallenge,
    /// A header line that is too long to be read.
    #[error("a WWW-Authenticate line is longer than {len_max} bytes")]
    LineTooLong {
        /// The limit.
        len_max: usize,
    },
    /// No token.
    #[error("there is no token: neither macaroon= nor token=")]
    NoToken,
    /// A token that a client cannot send back.
    #[error("the token has characters that a header cannot carry, or is too long")]
    UnusableToken,
    /// No invoice.
    #[error("there is no invoice")]
    NoInvoice,
    /// An invoice that cannot be read.
    #[error("the invoice cannot be read: {0}")]
    UnreadableInvoice(String),
    /// An invoice on another chain.
    #[error("the invoice is for {}, not {}", .found.name(), .expected.name())]
    WrongNetwork {
        /// The invoice's.
        found: Network,
        /// The payer's.
        expected: Network,
    },
    /// An invoice on another chain than Bitcoin's.
    #[error("the invoice is not for Bitcoin")]
    ForeignNetwork,
    /// The payer would choose the amount.
    #[error("the invoice names no amount")]
    Amountless,
    /// An amount of nothing.
    #[error("the invoice asks for nothing")]
    ZeroAmount,
    /// Too late to pay.
    #[error("the invoice expired at {at} (seconds since 1970)")]
    Expired {
        /// Seconds since 1970.
        at: u64,
    },
    /// Hardly time to pay.
    #[error("the invoice expires in {left_s} s")]
    ExpiresSoon {
        /// Seconds.
        left_s: u64,
    },
    /// The token is for another payment.
    #[error("the token is for the payment {token}, the invoice for {invoice}")]
    HashMismatch {
        /// What the token says.
        token: PaymentHash,
        /// What the invoice says.
        invoice: PaymentHash,
    },
    /// The token may be for another payment.
    #[error("the token's identifier is not the invoice's payment hash")]
    HashDiffers,
    /// The token says nothing of a payment.
    #[error("the token does not say which payment it is for")]
    NoCommitment,
    /// The challenge is in the body only.
    #[error("the challenge is in the body only")]
    BodyOnly,
    /// The token is in the body only.
    #[error("the token is in the body only")]
    TokenInBodyOnly,
    /// The invoice is in the body only.
    #[error("the invoice is in the body only")]
    InvoiceInBodyOnly,
    /// Headers and body do not say the same.
    #[error("headers and body have different invoices or tokens")]
    BodyDiffers,
    /// The old name alone.
    #[error("the challenge has the old name LSAT only")]
    OldNameOnly,
    /// Not where strict clients look.
    #[error("the L402 challenge is not the first of the first WWW-Authenticate line")]
    NotFirst,
    /// Not in capitals.
    #[error("the scheme is not written in capitals")]
    SchemeCase,
    /// Not the order that strict clients match.
    #[error("macaroon and invoice are not the first two parameters, in this order")]
    Order,
    /// Not the spacing that strict clients match.
    #[error("the parameters are not separated by a comma and one space")]
    Separators,
    /// A value without double quotes.
    #[error("the value of {name} is not in double quotes")]
    Unquoted {
        /// The parameter.
        name: String,
    },
    /// A parameter twice.
    #[error("a parameter occurs twice in one challenge")]
    Duplicate,
    /// `token=` without `macaroon=`.
    #[error("the token is in token= only")]
    NoMacaroonParameter,
    /// `macaroon=` without `token=`.
    #[error("the token is in macaroon= only")]
    NoTokenParameter,
    /// `macaroon=` and `token=` are not the same.
    #[error("macaroon= and token= have different values")]
    TokensDiffer,
    /// Not a macaroon of version 2.
    #[error("the token is not a macaroon of version 2 but {form}")]
    TokenForm {
        /// What it is, by the name of [`super::super::TokenForm`].
        form: &'static str,
    },
    /// A macaroon that cannot be read.
    #[error("the macaroon cannot be read: {0}")]
    Macaroon(DecodeError),
    /// Another base64.
    #[error("the token is not in the standard base64 alphabet with padding")]
    Base64Flavour,
    /// An invoice in capitals.
    #[error("the invoice is not written in lower case")]
    InvoiceCase,
    /// A price that is not the invoice's.
    #[error("the body says {said_sats} sats, the invoice asks for {asked_msat} msat")]
    PriceDiffers {
        /// What the body says.
        said_sats: u64,
        /// What the invoice asks for.
        asked_msat: u64,
    },
}

/// A fault's severity, its name in reports, and its fix.
type Entry = (Severity, &'static str, &'static str);

impl Fault {
    /// How much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.entry().0
    }

    /// A stable name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.entry().1
    }

    /// What the seller does about it, in one line.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        self.entry().2
    }

    const fn entry(&self) -> Entry {
        match self {
            Self::NoChallenge
            | Self::LineTooLong { .. }
            | Self::NoToken
            | Self::UnusableToken
            | Self::NoInvoice
            | Self::UnreadableInvoice(_)
            | Self::WrongNetwork { .. }
            | Self::ForeignNetwork
            | Self::Amountless
            | Self::ZeroAmount
            | Self::Expired { .. }
            | Self::ExpiresSoon { .. }
            | Self::HashMismatch { .. }
            | Self::PriceDiffers { .. }
            | Self::InvoiceCase => self.of_payment(),
            Self::HashDiffers
            | Self::NoCommitment
            | Self::TokenForm { .. }
            | Self::Macaroon(_)
            | Self::Base64Flavour => self.of_token(),
            _ => self.of_header(),
        }
    }

    const fn of_payment(&self) -> Entry {
        use Severity::{Advice, Broken, Strict};
        match self {
            Self::LineTooLong { .. } => (
                Broken,
                "line_too_long",
                "keep WWW-Authenticate below 8 KiB; put details into the body",
            ),
            Self::NoToken => (
                Broken,
                "token_missing",
                "add macaroon=\"…\": what the client sends back with the preimage",
            ),
            Self::UnusableToken => (
                Broken,
                "token_unusable",
                "make the token of base64 characters, without ':' or quotes, and below 8 KiB",
            ),
            Self::NoInvoice => (
                Broken,
                "invoice_missing",
                "add invoice=\"…\" with a BOLT 11 invoice made for this challenge",
            ),
            Self::UnreadableInvoice(_) => {
                (Broken, "invoice_unreadable", "send the node's BOLT 11 text unchanged and whole")
            }
            Self::WrongNetwork { .. } => {
                (Broken, "invoice_network", "make invoices with a node on the payers' network")
            }
            Self::ForeignNetwork => {
                (Broken, "invoice_foreign_network", "make invoices with a Bitcoin Lightning node")
            }
            Self::Amountless => {
                (Broken, "invoice_amountless", "make the invoice with the price as its amount")
            }
            Self::ZeroAmount => (
                Broken,
                "invoice_zero",
                "make the invoice with the price as its amount, or answer without a 402",
            ),
            Self::Expired { .. } => (
                Broken,
                "invoice_expired",
                "make a fresh invoice for each 402, and send Cache-Control: no-store",
            ),
            Self::ExpiresSoon { .. } => {
                (Advice, "invoice_expires_soon", "give invoices an expiry of ten minutes or more")
            }
            Self::HashMismatch { .. } => (
                Broken,
                "payment_hash_mismatch",
                "make the token from the payment hash of the invoice that is sent with it",
            ),
            Self::PriceDiffers { .. } => {
                (Advice, "price_differs", "take the price in the body from the invoice")
            }
            Self::InvoiceCase => (
                Strict,
                "invoice_case",
                "write the invoice in lower case; capitals are for QR codes",
            ),
            _ => (
                Broken,
                "challenge_missing",
                "answer 402 with WWW-Authenticate: L402 macaroon=\"…\", invoice=\"…\"",
            ),
        }
    }

    const fn of_token(&self) -> Entry {
        use Severity::{Advice, Strict};
        match self {
            Self::HashDiffers => (
                Advice,
                "identifier_differs",
                "use the 66-byte identifier: two zero bytes, the payment hash, a token id",
            ),
            Self::NoCommitment => (
                Advice,
                "token_without_payment_hash",
                "use the 66-byte identifier, so that buyers can check the token before they pay",
            ),
            Self::TokenForm { .. } => {
                (Strict, "token_form", "issue macaroons in the version 2 binary form")
            }
            Self::Macaroon(_) => (
                Strict,
                "macaroon_malformed",
                "write the macaroon with a macaroon library, without bytes before or after it",
            ),
            _ => (Strict, "token_base64", "encode the token in standard base64 with padding"),
        }
    }

    const fn of_header(&self) -> Entry {
        use Severity::{Advice, Strict};
        const ORDER: &str =
            "write L402 macaroon=\"…\", invoice=\"…\" first and every other parameter after them";
        match self {
            Self::BodyOnly => {
                (Strict, "challenge_in_body_only", "repeat the challenge in WWW-Authenticate")
            }
            Self::TokenInBodyOnly => {
                (Strict, "token_in_body_only", "repeat the token in WWW-Authenticate")
            }
            Self::InvoiceInBodyOnly => {
                (Strict, "invoice_in_body_only", "repeat the invoice in WWW-Authenticate")
            }
            Self::BodyDiffers => (
                Strict,
                "body_differs",
                "make one challenge for each 402 and repeat it in the body",
            ),
            Self::OldNameOnly => (
                Strict,
                "legacy_scheme",
                "send the same challenge under the name L402, on the first line",
            ),
            Self::NotFirst => (
                Strict,
                "challenge_not_first",
                "put the L402 challenge on the first WWW-Authenticate line and others after it",
            ),
            Self::SchemeCase => (Strict, "scheme_case", "write L402 in capitals"),
            Self::Separators => {
                (Strict, "separators", "put exactly one comma and one space between parameters")
            }
            Self::Unquoted { .. } => (Strict, "unquoted", "put every value in double quotes"),
            Self::Duplicate => {
                (Strict, "duplicate_parameter", "name every parameter once in a challenge")
            }
            Self::NoMacaroonParameter => (
                Strict,
                "macaroon_parameter_missing",
                "add macaroon=\"…\" with the same value, before invoice",
            ),
            Self::NoTokenParameter => (
                Advice,
                "token_parameter_missing",
                "add version=\"0\", token=\"…\" with the same value after the invoice",
            ),
            Self::TokensDiffer => {
                (Strict, "tokens_differ", "give macaroon= and token= the same value")
            }
            _ => (Strict, "parameter_order", ORDER),
        }
    }
}
