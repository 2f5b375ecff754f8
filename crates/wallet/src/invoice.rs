//! Invoices as every backend takes and makes them, and the proof that one was paid.

use crate::{CreatedInvoice, WalletError};
use farebox_money::{Msat, Sats};
use farebox_wire::bolt11::{Invoice, Network};
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::time::{SystemTime, UNIX_EPOCH};

/// An invoice that may be sent to a wallet.
pub(crate) struct Payable {
    /// Without the prefix that links carry, which wallets do not read.
    pub(crate) bolt11: String,
    pub(crate) hash: PaymentHash,
    /// Never nothing.
    pub(crate) amount: Msat,
    /// Seconds since 1970.
    expires_at: u64,
}

impl Payable {
    /// Reads an invoice and refuses what is none, or names no amount.
    pub(crate) fn decode(text: &str) -> Result<Self, WalletError> {
        let invoice =
            Invoice::decode(text).map_err(|error| WalletError::Refused(error.to_string()))?;
        let amount = invoice.amount.filter(|amount| !amount.is_zero());
        let nothing = || WalletError::Refused("the invoice names no amount".into());
        let (amount, hash) = (amount.ok_or_else(nothing)?, invoice.payment_hash);
        let expires_at = invoice.expires_at;
        Ok(Self { bolt11: bare(text).to_owned(), hash, amount, expires_at })
    }

    /// Whether the payee no longer takes the payment, `now` seconds after 1970.
    pub(crate) const fn is_expired(&self, now: u64) -> bool {
        now >= self.expires_at
    }
}

/// An invoice that a wallet has made, once it says what was asked for.
pub(crate) fn created(bolt11: String, amount: Msat) -> Result<CreatedInvoice, WalletError> {
    let decoded =
        Invoice::decode(&bolt11).map_err(|error| WalletError::Unreadable(error.to_string()))?;
    if decoded.amount != Some(amount) {
        let text = "the new invoice is over another amount";
        return Err(WalletError::Unreadable(text.into()));
    }
    let (payment_hash, expires_at) = (decoded.payment_hash, decoded.expires_at);
    Ok(CreatedInvoice { bolt11, payment_hash, expires_at })
}

/// An amount for a wallet that takes whole satoshis only.
pub(crate) fn whole_sats(amount: Msat, wallet: &str) -> Result<Sats, WalletError> {
    let whole = amount.to_sats_exact();
    whole.ok_or_else(|| {
        WalletError::Refused(format!("{wallet} takes whole satoshis only, not {amount}"))
    })
}

/// The preimage in an answer, when it proves the payment of `hash`.
pub(crate) fn proof(text: Option<&str>, hash: PaymentHash) -> Result<Preimage, WalletError> {
    text.and_then(|text| text.parse().ok())
        .filter(|preimage: &Preimage| preimage.hash() == hash)
        .ok_or_else(|| {
            let text = "the preimage of a paid invoice does not fit its payment hash";
            WalletError::Unreadable(text.into())
        })
}

/// The chain that a node or wallet names.
pub(crate) fn network(chain: &str) -> Result<Network, WalletError> {
    match chain {
        "mainnet" | "bitcoin" => Ok(Network::Bitcoin),
        "testnet" | "testnet3" | "testnet4" => Ok(Network::Testnet),
        "signet" => Ok(Network::Signet),
        "simnet" => Ok(Network::Simnet),
        "regtest" => Ok(Network::Regtest),
        _ => Err(WalletError::Unreadable(format!("the chain {:?}", crate::http::harmless(chain)))),
    }
}

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// `part` thousandths of an amount, rounded up.
pub(crate) fn per_mille(amount: Msat, part: u64) -> Msat {
    let (msat, part) = (amount.min(Msat::MAX).get(), part.min(1_000));
    // In two parts, because all bitcoin times a thousand does not fit.
    Msat::new(msat / 1_000 * part + (msat % 1_000 * part).div_ceil(1_000))
}

fn bare(bolt11: &str) -> &str {
    let text = bolt11.trim();
    match text.split_at_checked("lightning:".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("lightning:") => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_up_and_never_overflows() {
        assert_eq!(per_mille(Msat::new(1), 10), Msat::new(1));
        assert_eq!(per_mille(Msat::new(100_000), 10), Msat::new(1_000));
        assert_eq!(per_mille(Msat::new(u64::MAX), 5_000), Msat::MAX);
    }
}
