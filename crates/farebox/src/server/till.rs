//! Everything that takes money: the wallet, the prepaid accounts and the paywall.

use crate::output::Failure;
use crate::server::{ledger_watch, secret};
use farebox_accounts::{Accounts, TokenKey};
use farebox_paywall::{Paywall, has_sales, system_clock};
use farebox_store::Store;
use farebox_store::lease::Instance;
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
    store: Store,
    instance: Instance,
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
    pub async fn open(folder: &Path, store: Store, receivers: Receivers) -> Result<Self, Failure> {
        let sold = has_sales(&store).await.map_err(Failure::general)?;
        let secret = secret::load(&folder.join("server.secret"), !sold);
        let secret = secret.map_err(Failure::general)?;
        let key = TokenKey::new(secret.derive(TOKEN_PURPOSE));
        let instance = Instance::start(store.clone()).await.map_err(Failure::general)?;
        let accounts =
            Accounts::open(store.clone(), instance.clone(), receivers.accounts, key).await;
        let accounts = accounts.map_err(Failure::general)?;
        let (purse, clock) = (Some(accounts.clone()), system_clock());
        let (shared, this) = (store.clone(), instance.clone());
        let paywall = Paywall::open(receivers.paywall, purse, shared, this, secret, clock).await;
        let paywall = paywall.map_err(Failure::general)?;
        let till = Self { accounts, paywall, store, instance };
        ledger_watch::check(&till.store, &till.paywall, &till.accounts).await;
        Ok(till)
    }

    /// Background work, until the task is dropped.
    pub async fn run(self) {
        let watch = ledger_watch::run(self.store, self.paywall.clone(), self.accounts.clone());
        let alive = self.instance.keep_alive();
        tokio::join!(self.accounts.run(), self.paywall.run(), watch, alive);
    }

    /// Says that this server ends, so that others on its database take over at once.
    pub async fn end(&self) {
        if let Err(error) = self.instance.end().await {
            tracing::warn!(%error, "the other servers notice the end of this one in a minute");
        }
    }
}
