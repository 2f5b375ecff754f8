//! The buyer that the settings and the arguments of a command describe.

use super::problem::Problem;
use crate::config::Settings;
use farebox_buyer::rules::Policy;
use farebox_buyer::{Buyer, Wallet};
use farebox_net::{ClientOptions, http_client};
use farebox_wallet::WalletUrl;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What a command says of its buyer.
pub(crate) struct Opening<'a> {
    pub(crate) policy: Policy,
    /// The wallet's URL, in place of the one of the settings.
    pub(crate) wallet: Option<&'a str>,
    /// How long a server may be silent.
    pub(crate) read_timeout: Duration,
    /// Takes any certificate.
    pub(crate) insecure_tls: bool,
    /// Whether `HTTP_PROXY` and its like count.
    pub(crate) system_proxy: bool,
}

/// Opens records, wallet and key. Opening a keystore takes a second of work, so this is not for a
/// thread that others wait for.
pub(crate) fn open_buyer(settings: &Settings, opening: Opening<'_>) -> Result<Buyer, Problem> {
    let folder = settings.data_dir().map_err(Problem::usage)?;
    let client = http_client(&ClientOptions {
        user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
        connect_timeout: CONNECT_TIMEOUT,
        read_timeout: opening.read_timeout,
        insecure_tls: opening.insecure_tls,
        certificate: None,
        system_proxy: opening.system_proxy,
    });
    let client = client.map_err(Problem::general)?;
    let wallet = opening.wallet.or(settings.wallet.as_deref());
    let wallet = wallet.map(open_wallet).transpose()?;
    let buyer = Buyer::open(&folder, client, wallet)?.with_policy(opening.policy);
    Ok(match settings.evm.open().map_err(Problem::usage)? {
        Some(evm) => buyer.with_evm(evm),
        None => buyer,
    })
}

/// Opens the wallet that a URL names; it is not asked yet.
pub(crate) fn open_wallet(url: &str) -> Result<Wallet, Problem> {
    let url: WalletUrl = url.parse().map_err(Problem::usage)?;
    // Shown and stored without its secret.
    let name = url.to_string();
    let payer = farebox_wallet::open_wallet(&url).map_err(Problem::usage)?;
    Ok(Wallet { name, payer })
}
