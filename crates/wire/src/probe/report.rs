//! The result.

use super::{Clients, Fault, Verdict};
use serde::Serialize;

/// A protocol by which an endpoint is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rail {
    /// A Lightning invoice and a token.
    L402,
    /// x402, of either version.
    X402,
    /// `WWW-Authenticate: Payment`.
    Mpp,
}

/// What an answer says. Serialised, it is the stable form that programs read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The HTTP status.
    pub status: u16,
    /// What it comes to.
    pub verdict: Verdict,
    /// Whether some rail can be paid now.
    #[serde(rename = "payable")]
    pub is_payable: bool,
    /// The verdict in one sentence.
    pub message: &'static str,
    /// What to do about it, where something can be done.
    pub fix: Option<&'static str>,
    /// The rails that are offered, well or badly.
    pub rails: Vec<RailReport>,
    /// What is wrong or worth knowing beside the rails.
    pub faults: Vec<Fault>,
}

/// One rail of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RailReport {
    /// Which.
    pub rail: Rail,
    /// Whether some offer of it can be paid now.
    #[serde(rename = "payable")]
    pub is_payable: bool,
    /// The ways to pay, in the seller's order.
    pub offers: Vec<Offer>,
    /// Who can pay it; empty when nobody can.
    pub clients: Clients,
    /// Everything that is wrong or worth knowing, what matters most first.
    pub faults: Vec<Fault>,
}

/// One way to pay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Its place, counted from zero.
    pub index: usize,
    /// `bolt11`, the scheme of x402, or the method and intent of MPP: `lightning/charge`.
    pub kind: String,
    /// Such as `mainnet` or `eip155:8453`.
    pub network: Option<String>,
    /// The token's address, or the currency.
    pub asset: Option<String>,
    /// Who is paid: a node, an address, an account.
    pub recipient: Option<String>,
    /// What it costs, where that can be read.
    pub price: Option<Price>,
    /// Seconds since 1970 from when on it cannot be paid any more.
    pub expires_at: Option<u64>,
    /// Whether it asks for money without a price.
    #[serde(rename = "test_money")]
    pub is_test_money: bool,
    /// Whether it can be paid now.
    #[serde(rename = "payable")]
    pub is_payable: bool,
}

/// What an offer costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Price {
    /// For people: `10 sats`, `0.01 USDC`, `0.50 USD`.
    pub text: String,
    /// In millisatoshis, where it is in bitcoin.
    pub msat: Option<u64>,
    /// In millionths of a dollar, rounded up, where it is in dollars.
    pub micro_usd: Option<u64>,
    /// In the token's or currency's smallest unit, digits.
    pub base_units: Option<String>,
    /// Whether less may be taken.
    pub is_maximum: bool,
}
