//! The wallets that a server is paid with and pays from.

use crate::config::{NODE_WALLET, Settings};
use crate::output::Failure;
use crate::server::node::{Access, Node, NodeWallets};
use crate::server::till::Wallets;
use farebox_accounts::Payout;
use farebox_play::PlayWallet;
use farebox_wallet::{Wallet, WalletUrl, open_wallet};
use std::borrow::Cow;
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

/// Those of the settings, after the server's node was started where it has one; `None` for a server
/// that is not paid.
pub async fn configured(
    settings: &Settings,
    node: Option<&mut Node>,
) -> Result<Option<Wallets>, Failure> {
    if settings.seller.wallet.is_none() && settings.withdrawals.enabled {
        return Err(Failure::usage(
            "withdrawals.enabled needs seller.wallet: without it there are no balances",
        ));
    }
    let node = match node {
        Some(node) => Some(node.start().await?),
        None => None,
    };
    let Some(seller) = &settings.seller.wallet else { return Ok(None) };
    let url = url("seller.wallet", seller, node.as_ref(), Access::Receive)?;
    let paywall = open("seller.wallet", &url)?;
    let accounts = open("seller.wallet", &url)?;
    let payout = match settings.withdrawals.enabled {
        true => Some(payout(settings, seller, node.as_ref())?),
        false => None,
    };
    let name = parse("seller.wallet", &url)?.to_string();
    Ok(Some(Wallets { paywall, accounts, name, payout }))
}

fn payout(
    settings: &Settings,
    seller: &str,
    node: Option<&NodeWallets>,
) -> Result<Payout, Failure> {
    let (key, wallet) = match &settings.withdrawals.wallet {
        Some(wallet) => ("withdrawals.wallet", wallet.as_str()),
        None => ("seller.wallet", seller),
    };
    let url = url(key, wallet, node, Access::Pay)?;
    let payer = open(key, &url)?;
    Ok(Payout { payer, wallet: url.into_owned(), rules: settings.withdrawals.rules() })
}

/// The URL of a wallet that the settings name, or that of the server's node.
fn url<'a>(
    key: &str,
    wallet: &'a str,
    node: Option<&NodeWallets>,
    access: Access,
) -> Result<Cow<'a, str>, Failure> {
    if wallet != NODE_WALLET {
        return Ok(Cow::Borrowed(wallet));
    }
    let missing = || Failure::usage(format!("{key} is \"{NODE_WALLET}\", and there is none"));
    node.ok_or_else(missing)?.url(access).map(Cow::Owned)
}

fn open(key: &str, url: &str) -> Result<Arc<dyn Wallet>, Failure> {
    let wallet = open_wallet(&parse(key, url)?);
    wallet.map_err(|error| Failure::usage(format!("{key}: {error}")))
}

fn parse(key: &str, url: &str) -> Result<WalletUrl, Failure> {
    url.parse().map_err(|error| Failure::usage(format!("{key}: {error}")))
}
