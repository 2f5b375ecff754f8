//! A way to pay for a listing.

use farebox_wire::evm::{AssetId, Network, SOLANA_ASSETS, known_asset};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Offers kept of a listing at most.
pub const OFFERS_MAX: usize = 32;
/// Characters of the requirements kept of an offer at most.
const REQUIREMENTS_LEN_MAX: usize = 4_096;

/// Reasons kept of an offer at most.
const REASONS_MAX: usize = 8;

/// A way to pay, as an endpoint's 402 or a source says it. The texts are untrusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Offer {
    /// `bolt11`, the scheme of x402, or the method and intent of MPP: `lightning/charge`.
    pub kind: String,
    /// Such as `mainnet` or `eip155:8453`.
    pub network: Option<String>,
    /// The token's address, or the currency.
    pub asset: Option<String>,
    /// Who is paid: a node, an address, an account.
    pub pay_to: Option<String>,
    /// In the token's or currency's smallest unit, digits.
    pub amount: Option<String>,
    /// In millisatoshis, where it is in bitcoin.
    pub price_msat: Option<u64>,
    /// In millionths of a dollar, where it is in dollars.
    pub price_micro_usd: Option<u64>,
    /// Whether it asks for money without a price.
    pub is_test_money: bool,
    /// Whether it could be paid when it was last seen; `None` where nobody looked.
    pub is_payable: Option<bool>,
    /// What keeps it from being paid: codes of the reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// x402: the requirements as the seller wrote them.
    #[schema(value_type = Option<Object>)]
    pub requirements: Option<serde_json::Value>,
}

impl Offer {
    /// The same with every text cleaned and cut.
    #[must_use]
    pub(crate) fn cleaned(mut self) -> Self {
        use crate::text::clean::{NAME_LEN_MAX, SHORT_LEN_MAX, clean_optional, clean_text};
        let short = |text: Option<String>| clean_optional(text.as_deref(), NAME_LEN_MAX);
        self.kind = clean_text(&self.kind, SHORT_LEN_MAX);
        self.network = short(self.network);
        self.asset = short(self.asset);
        self.pay_to = short(self.pay_to);
        self.amount = short(self.amount).filter(|digits| {
            digits.len() <= 78 && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        let fits = |value: &serde_json::Value| value.to_string().len() <= REQUIREMENTS_LEN_MAX;
        self.requirements = self.requirements.filter(fits);
        self.reasons.truncate(REASONS_MAX);
        for reason in &mut self.reasons {
            *reason = clean_text(reason, SHORT_LEN_MAX);
        }
        self
    }
}

impl Offer {
    /// What people call what is paid in: `BTC`, `USDC`.
    pub(crate) fn asset_name(&self) -> Option<String> {
        if self.is_lightning() {
            return Some("BTC".to_owned());
        }
        let asset = self.asset.as_deref()?;
        let known = self.network.as_deref().and_then(Network::parse_caip2);
        let name = match known {
            Some(Network::Evm(chain)) => asset
                .parse()
                .ok()
                .and_then(|address| known_asset(AssetId { chain, address }))
                .map(|asset| asset.symbol),
            Some(Network::Solana(_)) => {
                let known = SOLANA_ASSETS.iter().find(|known| known.mint == asset);
                known.map(|known| known.symbol)
            }
            _ => None,
        };
        Some(name.map_or_else(|| asset.to_uppercase(), str::to_owned))
    }

    /// What people call where it is paid: `Lightning`, `Base`.
    pub(crate) fn network_name(&self) -> Option<String> {
        if self.is_lightning() {
            return Some("Lightning".to_owned());
        }
        if self.kind.starts_with("tempo/") {
            return Some("Tempo".to_owned());
        }
        if self.kind.starts_with("stripe/") {
            return Some("Stripe".to_owned());
        }
        self.network.as_deref().map(|network| network_name(network).to_owned())
    }

    fn is_lightning(&self) -> bool {
        matches!(self.kind.as_str(), "bolt11" | "lightning/charge")
    }
}

/// The name that people know a network by, for the spellings found in the sources.
pub(crate) fn network_name(written: &str) -> &str {
    match written {
        "lightning" => "Lightning",
        "base" | "eip155:8453" => "Base",
        "base-sepolia" | "eip155:84532" => "Base Sepolia",
        "solana" | "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" => "Solana",
        "stripe" => "Stripe",
        "tempo" => "Tempo",
        other => other,
    }
}

impl From<&farebox_wire::probe::Offer> for Offer {
    fn from(seen: &farebox_wire::probe::Offer) -> Self {
        let price = seen.price.as_ref();
        Self {
            kind: seen.kind.clone(),
            network: seen.network.clone(),
            asset: seen.asset.clone(),
            pay_to: seen.recipient.clone(),
            amount: price.and_then(|price| price.base_units.clone()),
            price_msat: price.and_then(|price| price.msat),
            price_micro_usd: price.and_then(|price| price.micro_usd),
            is_test_money: seen.is_test_money,
            is_payable: Some(seen.is_payable),
            reasons: Vec::new(),
            requirements: None,
        }
        .cleaned()
    }
}
