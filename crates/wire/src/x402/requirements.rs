//! One way to pay.

use super::{slack, v1::RequirementsV1};
use crate::evm::{Address, Asset, Network, TransferMethod, U256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The scheme of a fixed amount.
pub const SCHEME_EXACT: &str = "exact";
/// The scheme of an amount that the buyer signs as a maximum.
pub const SCHEME_UPTO: &str = "upto";

/// One way to pay, of version 2 (`PaymentRequirements`). Texts are kept as they came, because a
/// buyer must send them back unchanged; [`super::ExactTerms`] is the checked form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Repr")]
pub struct PaymentRequirements {
    /// How the amount is meant: [`SCHEME_EXACT`], [`SCHEME_UPTO`] or another.
    pub scheme: String,
    /// CAIP-2 name: `eip155:8453`.
    pub network: String,
    /// Units of the token, in digits.
    pub amount: String,
    /// The token's contract or mint.
    pub asset: String,
    /// Who is paid.
    pub pay_to: String,
    /// How long the server waits for the payment, in seconds; more than zero.
    pub max_timeout_seconds: u64,
    /// What the scheme needs besides: for EVM `name` and `version` of the token's EIP-712 domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Map<String, Value>>,
    /// Fields that we do not know, kept to be sent back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repr {
    scheme: String,
    network: String,
    amount: Option<String>,
    asset: String,
    pay_to: String,
    #[serde(deserialize_with = "slack::whole")]
    max_timeout_seconds: u64,
    #[serde(default)]
    extra: Option<Map<String, Value>>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl TryFrom<Repr> for PaymentRequirements {
    type Error = &'static str;

    /// Takes the amount from `maxAmountRequired`, its name in version 1, when it has no other.
    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        let Repr { scheme, network, amount, asset, pay_to, max_timeout_seconds, extra, other } =
            repr;
        let named_as_in_v1 = || other.get("maxAmountRequired")?.as_str().map(str::to_owned);
        let amount = amount.or_else(named_as_in_v1).ok_or("missing field `amount`")?;
        if max_timeout_seconds == 0 {
            return Err("maxTimeoutSeconds is zero");
        }
        Ok(Self { scheme, network, amount, asset, pay_to, max_timeout_seconds, extra, other })
    }
}

impl PaymentRequirements {
    /// A seller's offer: a fixed amount of a known token, in units of it, paid to `pay_to`.
    /// `max_timeout_seconds` is more than zero. `None` for tokens without EIP-3009, which `exact`
    /// payments of ours cannot take.
    #[must_use]
    pub fn exact(
        asset: &Asset,
        pay_to: Address,
        amount: U256,
        max_timeout_seconds: u64,
    ) -> Option<Self> {
        let (name, version) = asset.domain?;
        if asset.method != TransferMethod::Eip3009 {
            return None;
        }
        let extra = [("name", name), ("version", version)];
        let extra = extra.map(|(key, text)| (key.to_owned(), Value::from(text)));
        Some(Self {
            scheme: SCHEME_EXACT.to_owned(),
            network: Network::Evm(asset.id.chain).to_string(),
            amount: amount.to_string(),
            asset: asset.id.address.to_checksum(None),
            pay_to: pay_to.to_checksum(None),
            max_timeout_seconds,
            extra: Some(extra.into_iter().collect()),
            other: Map::new(),
        })
    }

    /// The network, when it is one that we can name.
    #[must_use]
    pub fn known_network(&self) -> Option<Network> {
        Network::parse_caip2(&self.network)
    }

    /// A text of `extra`.
    #[must_use]
    pub fn extra_text(&self, key: &str) -> Option<&str> {
        self.extra.as_ref()?.get(key)?.as_str()
    }

    /// The same way to pay for buyers of version 1; `None` on networks that have no name there.
    /// `url` is what is paid for.
    #[must_use]
    pub fn to_v1(&self, url: &str, description: &str, mime_type: &str) -> Option<RequirementsV1> {
        Some(RequirementsV1 {
            scheme: self.scheme.clone(),
            network: self.known_network()?.v1_name()?.to_owned(),
            max_amount_required: self.amount.clone(),
            resource: url.to_owned(),
            description: description.to_owned(),
            mime_type: mime_type.to_owned(),
            output_schema: None,
            pay_to: self.pay_to.clone(),
            max_timeout_seconds: self.max_timeout_seconds,
            asset: self.asset.clone(),
            extra: self.extra.clone(),
            other: Map::new(),
        })
    }
}
