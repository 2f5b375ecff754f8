//! What is about to be paid, whatever the rail: what the money rules decide on.

use crate::request::Outgoing;
use farebox_money::{MicroUsd, Msat};
use farebox_store::StoreError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use url::Url;

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rail {
    /// L402, the old name LSAT included: a Lightning invoice and a token.
    L402,
    /// x402: a token transfer that the payer signs.
    X402,
    /// The `Payment` scheme (MPP).
    Mpp,
}

/// Every rail.
pub const RAILS: [Rail; 3] = [Rail::L402, Rail::X402, Rail::Mpp];

impl Rail {
    /// As stored, shown and written in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L402 => "l402",
            Self::X402 => "x402",
            Self::Mpp => "mpp",
        }
    }

    pub(crate) fn from_db(name: &str) -> Result<Self, StoreError> {
        let rail = RAILS.into_iter().find(|rail| rail.name() == name);
        rail.ok_or_else(|| StoreError::Unreadable("a rail".to_owned()))
    }
}

impl fmt::Display for Rail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much the payee gets, in the money that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Bitcoin over Lightning.
    Lightning(Msat),
    /// A token such as a dollar coin.
    Token {
        /// Names the token, with its network where it has one: `usdc@eip155:8453`.
        asset: String,
        /// In the token's smallest unit.
        units: u128,
        /// What it is worth in dollars, where that is known for certain. Without, it is never
        /// paid: no limit could count it.
        worth: Option<MicroUsd>,
    },
}

impl Charge {
    /// Names the money: `btc` for Lightning.
    #[must_use]
    pub fn asset(&self) -> &str {
        match self {
            Self::Lightning(_) => "btc",
            Self::Token { asset, .. } => asset,
        }
    }
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lightning(amount) => amount.fmt(f),
            Self::Token { worth: Some(worth), asset, .. } => write!(f, "{worth} USD ({asset})"),
            Self::Token { asset, units, worth: None } => write!(f, "{units} units of {asset}"),
        }
    }
}

/// One payment that is to be decided on, reserved, made and recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// How it would be paid.
    pub rail: Rail,
    /// The request's method.
    pub method: String,
    /// The address that asks to be paid, which may be where the request was sent on to.
    pub url: Url,
    /// SHA-256 of the request's body.
    pub body_sha256: [u8; 32],
    /// How much.
    pub charge: Charge,
    /// Paid on top at most.
    pub fee_max: Msat,
    /// Who gets it: a node's public key or an address, where the rail says so.
    pub payee: Option<String>,
    /// Names the payment for good: the payment hash or the authorization's nonce, hexadecimal.
    pub payment_key: String,
}

impl Spend {
    /// A payment for a request that was answered with a price.
    pub(crate) fn new(rail: Rail, sent: &Outgoing, charge: Charge, payment_key: String) -> Self {
        Self {
            rail,
            method: sent.method.to_string(),
            url: sent.url.clone(),
            body_sha256: Sha256::digest(&sent.body).into(),
            charge,
            fee_max: Msat::ZERO,
            payee: None,
            payment_key,
        }
    }

    /// The host that asks, with its port where that is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> String {
        host_of(&self.url)
    }
}

/// The host of an address, with its port where that is not the scheme's own.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
