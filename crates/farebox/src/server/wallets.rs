//! The wallets that a server is paid with and pays from.

use crate::config::Settings;
use crate::output::Failure;
use crate::server::till::Wallets;
use farebox_accounts::Payout;
use farebox_play::PlayWallet;
use farebox_wallet::{Wallet, WalletUrl, open_wallet};
use std::sync::Arc;

/// Those of the demo: the play network's seller is paid, and pays.
pub fn play(settings: &Settings, seller: &PlayWallet) -> Wallets {
    let wallet = Arc::new(seller.clone());
    let payout = Payout {
        payer: wallet.clone(),
        wallet: "play".to_owned(),
        rules: settings.withdrawals.rules(),
    };
    let name = "play:seller".to_owned();
    Wallets { paywall: wallet.clone(), accounts: wallet, name, payout: Some(payout) }
}

/// Those of the settings; `None` for a server that is not paid.
pub fn configured(settings: &Settings) -> Result<Option<Wallets>, Failure> {
    let Some(url) = &settings.seller.wallet else {
        if settings.withdrawals.enabled {
            return Err(Failure::usage(
                "withdrawals.enabled needs seller.wallet: without it there are no balances",
            ));
        }
        return Ok(None);
    };
    let paywall = open("seller.wallet", url)?;
    let accounts = open("seller.wallet", url)?;
    let payout = match settings.withdrawals.enabled {
        true => Some(payout(settings, url)?),
        false => None,
    };
    let name = parse("seller.wallet", url)?.to_string();
    Ok(Some(Wallets { paywall, accounts, name, payout }))
}

fn payout(settings: &Settings, seller: &str) -> Result<Payout, Failure> {
    let (key, url) = match &settings.withdrawals.wallet {
        Some(url) => ("withdrawals.wallet", url.as_str()),
        None => ("seller.wallet", seller),
    };
    let payer = open(key, url)?;
    Ok(Payout { payer, wallet: url.to_owned(), rules: settings.withdrawals.rules() })
}

fn open(key: &str, url: &str) -> Result<Arc<dyn Wallet>, Failure> {
    let wallet = open_wallet(&parse(key, url)?);
    wallet.map_err(|error| Failure::usage(format!("{key}: {error}")))
}

fn parse(key: &str, url: &str) -> Result<WalletUrl, Failure> {
    url.parse().map_err(|error| Failure::usage(format!("{key}: {error}")))
}
