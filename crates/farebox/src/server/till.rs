//! Everything that takes money: the wallet, the prepaid accounts and the paywall.

use crate::config::Settings;
use crate::output::Failure;
use crate::server::chains::Chains;
use crate::server::{ledger_watch, pruning};
use farebox_accounts::{Accounts, Payout, TokenKey};
use farebox_paywall::{Paywall, Rails, Secret, system_clock};
use farebox_store::Store;
use farebox_store::lease::Instance;
use farebox_wallet::Receiver;
use std::sync::Arc;

/// What the tokens of prepaid accounts are derived for.
const TOKEN_PURPOSE: &str = "prepaid tokens";

/// The selling side of a server.
#[derive(Clone)]
pub struct Till {
    /// Prepaid balances, where there is a Lightning wallet to fill them.
    pub accounts: Option<Accounts>,
    /// Prices on routes.
    pub paywall: Paywall,
    /// What settles on chains.
    pub chains: Chains,
    store: Store,
    instance: Instance,
}

/// The wallets: two handles to the one that is paid, because the paywall and the accounts each
/// follow its settlements at their own pace, and the one that withdrawals are paid from.
pub struct Wallets {
    /// For the paywall.
    pub paywall: Arc<dyn Receiver>,
    /// For the accounts.
    pub accounts: Arc<dyn Receiver>,
    /// What the wallet is called, without its secrets.
    pub name: String,
    /// For withdrawals, where accounts can withdraw.
    pub payout: Option<Payout>,
}

impl Till {
    /// Opens it and checks the books.
    pub async fn open(
        settings: &Settings,
        store: Store,
        instance: Instance,
        secret: Secret,
        wallets: Option<Wallets>,
        rails: Rails,
    ) -> Result<Self, Failure> {
        let key = TokenKey::new(secret.derive(TOKEN_PURPOSE));
        let (chains, rails) = Chains::open(settings, &store, &instance, rails).await?;
        let (rails, accounts) = match wallets {
            Some(wallets) => {
                let rails = rails.with_lightning(Arc::clone(&wallets.paywall));
                (rails, Some(accounts(&store, &instance, wallets, key).await?))
            }
            None => (rails, None),
        };
        let (purse, clock) = (accounts.clone(), system_clock());
        let (shared, this) = (store.clone(), instance.clone());
        let paywall = Paywall::open(rails, purse, shared, this, secret, clock).await;
        let paywall = paywall.map_err(Failure::general)?;
        let till = Self { accounts, paywall, chains, store, instance };
        ledger_watch::check(&till.store, &till.paywall, till.accounts.as_ref()).await;
        Ok(till)
    }

    /// Background work, until the task is dropped.
    pub async fn run(self) {
        let prune = pruning::run(self.store.clone(), self.instance.clone());
        let watch = ledger_watch::run(self.store, self.paywall.clone(), self.accounts.clone());
        let accounts = async {
            if let Some(accounts) = &self.accounts {
                accounts.run().await;
            }
        };
        tokio::join!(accounts, self.paywall.run(), self.chains.run(), watch, prune);
    }
}

async fn accounts(
    store: &Store,
    instance: &Instance,
    wallets: Wallets,
    key: TokenKey,
) -> Result<Accounts, Failure> {
    let (shared, this) = (store.clone(), instance.clone());
    let accounts = Accounts::open(shared, this, wallets.accounts, key).await;
    let accounts = accounts.map_err(Failure::general)?.following(&wallets.name);
    Ok(match wallets.payout {
        Some(payout) => accounts.with_withdrawals(payout),
        None => accounts,
    })
}
