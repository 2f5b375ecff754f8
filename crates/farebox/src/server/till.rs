//! Everything that takes money: the wallet, the prepaid accounts and the paywall.

use crate::output::Failure;
use crate::server::{ledger_watch, secret};
use farebox_accounts::{Accounts, TokenKey};
use farebox_paywall::{Paywall, has_sales, system_clock};
use farebox_store::Database;
use farebox_wallet::Receiver;
use std::path::Path;
use std::sync::Arc;

/// What the tokens of prepaid accounts are derived for.
const TOKEN_PURPOSE: &str = "prepaid tokens";

/// The selling side of a server.
#[derive(Clone)]
pub struct Till {
    /// Prepaid balances.
    pub accounts: Accounts,
    /// Prices on routes.
    pub paywall: Paywall,
    database: Database,
}

/// Two handles to one wallet: the paywall and the accounts each follow its settlements at their
/// own pace.
pub struct Receivers {
    /// For the paywall.
    pub paywall: Arc<dyn Receiver>,
    /// For the accounts.
    pub accounts: Arc<dyn Receiver>,
}

impl Till {
    /// Opens it and checks the books.
    pub async fn open(
        folder: &Path,
        database: Database,
        receivers: Receivers,
    ) -> Result<Self, Failure> {
        let sold = has_sales(&database).await.map_err(Failure::general)?;
        let secret = secret::load(&folder.join("server.secret"), !sold);
        let secret = secret.map_err(Failure::general)?;
        let key = TokenKey::new(secret.derive(TOKEN_PURPOSE));
        let accounts = Accounts::open(database.clone(), receivers.accounts, key).await;
        let accounts = accounts.map_err(Failure::general)?;
        let (purse, clock) = (Some(accounts.clone()), system_clock());
        let paywall =
            Paywall::open(receivers.paywall, purse, database.clone(), secret, clock).await;
        let till = Self { accounts, paywall: paywall.map_err(Failure::general)?, database };
        ledger_watch::check(&till.database, &till.paywall, &till.accounts).await;
        Ok(till)
    }

    /// Background work, until the task is dropped.
    pub async fn run(self) {
        let watch = ledger_watch::run(self.database, self.paywall.clone(), self.accounts.clone());
        tokio::join!(self.accounts.run(), self.paywall.run(), watch);
    }
}
