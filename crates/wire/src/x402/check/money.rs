//! Amount, token and payee of one entry of `accepts`.

use super::{
    fault::{FaultCode, Severity},
    option::{CheckedPrice, Examination},
};
use crate::evm::{
    Address, AddressError, AmountError, Asset, AssetId, ChainId, Network, SOLANA_ASSETS,
    SolanaAsset, SolanaCluster, TransferMethod, U256, is_caip2, known_asset, parse_address,
    parse_amount, to_decimal, to_micro_usd_ceil,
};
use farebox_money::MicroUsd;
use serde_json::Value;

/// A request that costs more than this is taken for a mistake.
const PRICE_MAX: MicroUsd = MicroUsd::new(10_000_000_000);
const USUAL_DECIMALS: u8 = 6;

/// The token of an entry, when we know it.
pub(super) enum Found {
    Evm(&'static Asset),
    Solana(&'static SolanaAsset),
    Unknown,
}

impl Found {
    pub(super) const fn domain(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Evm(asset) => asset.domain,
            Self::Solana(_) | Self::Unknown => None,
        }
    }

    pub(super) fn is_permit2(&self) -> bool {
        matches!(self, Self::Evm(asset) if asset.method == TransferMethod::Permit2)
    }

    const fn unit(&self) -> Option<(&'static str, u8, bool)> {
        match self {
            Self::Evm(asset) => Some((asset.symbol, asset.decimals, asset.is_dollar)),
            Self::Solana(asset) => Some((asset.symbol, asset.decimals, true)),
            Self::Unknown => None,
        }
    }
}

pub(super) fn examine(examination: &mut Examination<'_>) -> Found {
    let amount = amount(examination);
    let asset = asset(examination);
    payee(examination);
    examination.found.is_asset_known = !matches!(asset, Found::Unknown);
    let Some(amount) = amount else {
        return asset;
    };
    let unit = asset.unit();
    let text =
        unit.map(|(symbol, decimals, _)| format!("{} {symbol}", to_decimal(amount, decimals)));
    let dollar = unit.filter(|(_, _, is_dollar)| *is_dollar);
    let usd = dollar.and_then(|(_, decimals, _)| to_micro_usd_ceil(amount, decimals));
    if dollar.is_some() && usd.is_none_or(|usd| usd > PRICE_MAX) {
        examination.error(FaultCode::PriceOutOfRange);
    }
    if unit.is_some_and(|(_, decimals, _)| decimals != USUAL_DECIMALS) {
        examination.fault(FaultCode::DecimalsUnusual, Severity::Note);
    }
    let is_maximum = examination.is_upto();
    examination.found.price = Some(CheckedPrice { amount, text, usd, is_maximum });
    asset
}

fn amount(examination: &mut Examination<'_>) -> Option<U256> {
    let (name, other) = if examination.version == 1 {
        ("maxAmountRequired", None)
    } else {
        ("amount", Some("maxAmountRequired"))
    };
    let mut value = examination.fields.get(name).filter(|value| !value.is_null());
    if value.is_none()
        && let Some(other) = other
    {
        value = examination.fields.get(other).filter(|value| !value.is_null());
        if value.is_some() {
            examination.fault(FaultCode::V2WithV1FieldNames, Severity::Warning);
        }
    }
    let read = match value {
        None => Err(FaultCode::AmountMissing),
        Some(Value::String(text)) => parse_amount(text).map_err(|fault| match fault {
            AmountError::Empty => FaultCode::AmountMissing,
            AmountError::Fraction => FaultCode::AmountNotAtomic,
            AmountError::NotDigits => FaultCode::AmountInvalid,
        }),
        Some(_) => Err(FaultCode::AmountNotString),
    };
    match read {
        Ok(amount) if amount.is_zero() => {
            examination.error(FaultCode::AmountZero);
            Some(amount)
        }
        Ok(amount) => Some(amount),
        Err(code) => {
            examination.error(code);
            None
        }
    }
}

/// On networks that we do not know, any text may be an asset.
fn asset(examination: &mut Examination<'_>) -> Found {
    let text = examination.text("asset").unwrap_or_default().to_owned();
    if text.is_empty() {
        examination.error(FaultCode::AssetEmpty);
        return Found::Unknown;
    }
    let found = match examination.found.network {
        Some(Network::Evm(chain)) => evm_asset(chain, &text),
        Some(Network::Solana(cluster)) => solana_asset(cluster, &text),
        None => return Found::Unknown,
    };
    if found.is_ok() && parse_address(&text) == Err(AddressError::Checksum) {
        examination.fault(FaultCode::AssetChecksum, Severity::Warning);
    }
    found.unwrap_or_else(|code| {
        examination.error(code);
        Found::Unknown
    })
}

/// Whatever its checksum says: a token that we know is meant all the same.
fn evm_asset(chain: ChainId, text: &str) -> Result<Found, FaultCode> {
    let address = any_case(text).ok_or(FaultCode::AssetInvalid)?;
    known_asset(AssetId { chain, address }).map(Found::Evm).ok_or(FaultCode::AssetUnknown)
}

fn any_case(text: &str) -> Option<Address> {
    parse_address(&text.to_ascii_lowercase()).ok()
}

fn solana_asset(cluster: SolanaCluster, text: &str) -> Result<Found, FaultCode> {
    if !is_solana_address(text) {
        return Err(FaultCode::AssetInvalid);
    }
    let mut known = SOLANA_ASSETS.iter();
    let found = known.find(|asset| asset.cluster == cluster && asset.mint == text);
    found.map(Found::Solana).ok_or(FaultCode::AssetUnknown)
}

fn payee(examination: &mut Examination<'_>) {
    let text = examination.text("payTo").unwrap_or_default().trim().to_owned();
    let asset = examination.text("asset").unwrap_or_default();
    let is_other_network = examination.text("network").is_some_and(is_caip2);
    let code = match examination.found.network {
        _ if text.is_empty() => Some(FaultCode::PaytoEmpty),
        _ if is_placeholder(&text) => Some(FaultCode::PaytoPlaceholder),
        Some(Network::Evm(_)) => evm_payee(&text, asset),
        Some(Network::Solana(_)) => (!is_solana_address(&text)).then_some(FaultCode::PaytoInvalid),
        None if is_other_network || is_solana_address(&text) => None,
        None => any_case(&text).is_none().then_some(FaultCode::PaytoInvalid),
    };
    match code {
        Some(FaultCode::PaytoChecksum) => {
            examination.fault(FaultCode::PaytoChecksum, Severity::Warning);
        }
        Some(code) => examination.error(code),
        None => {}
    }
}

fn evm_payee(text: &str, asset: &str) -> Option<FaultCode> {
    match any_case(text) {
        None => Some(FaultCode::PaytoInvalid),
        Some(address) if address.is_zero() => Some(FaultCode::PaytoZero),
        Some(address) if any_case(asset) == Some(address) => Some(FaultCode::PaytoIsAsset),
        Some(_) => parse_address(text).is_err().then_some(FaultCode::PaytoChecksum),
    }
}

/// 32 bytes in base 58.
fn is_solana_address(text: &str) -> bool {
    (32..=44).contains(&text.len()) && base58ck::decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// The text of a template that nobody has filled in.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = ["your", "placeholder", "changeme", "replace", "<", "{", "...", "xxxx"];
    words.iter().any(|word| lower.contains(word))
}
