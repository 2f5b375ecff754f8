//! The on-chain wallet: what channels are funded from and closed to.

use super::{Lightning, LightningError};

/// Coins, in satoshis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coins {
    /// Confirmed or not.
    pub(crate) total_sat: u64,
    /// Without the reserve.
    pub(crate) spendable_sat: u64,
    /// Kept back for closing channels.
    pub(crate) reserve_sat: u64,
}

impl Lightning {
    /// A new address to be paid at.
    ///
    /// # Errors
    ///
    /// The wallet cannot be written.
    pub(crate) fn new_address(&self) -> Result<String, LightningError> {
        Ok(self.node.onchain_payment().new_address()?.to_string())
    }

    /// What the wallet has.
    pub(crate) fn coins(&self) -> Coins {
        let balances = self.node.list_balances();
        Coins {
            total_sat: balances.total_onchain_balance_sats,
            spendable_sat: balances.spendable_onchain_balance_sats,
            reserve_sat: balances.total_anchor_channels_reserve_sats,
        }
    }
}
