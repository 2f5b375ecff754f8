//! The wallet that a command names, or the settings do.

use crate::commands::problem::Problem;
use crate::config::Settings;
use clap::Args;
use farebox_wallet::{Wallet, WalletError, WalletUrl, open_wallet};
use std::sync::Arc;

/// Which wallet.
#[derive(Debug, Args)]
pub(super) struct WalletArgs {
    /// The wallet's URL: phoenixd:…, lnd:…, cln:…, lnbits:… or nostr+walletconnect:…;
    /// docs/wallets.md has the forms [env: FAREBOX_WALLET=]
    #[arg(long, value_name = "URL")]
    wallet: Option<String>,
}

/// A wallet that was opened, and its name without secrets.
pub(super) struct Connection {
    pub(super) name: String,
    pub(super) wallet: Arc<dyn Wallet>,
}

impl WalletArgs {
    /// Opens the wallet; it is not asked yet.
    pub(super) fn open(self, settings: &Settings) -> Result<Connection, Problem> {
        let Some(url) = self.wallet.as_ref().or(settings.wallet.as_ref()) else {
            return Err(Problem::usage(
                "no wallet is configured; name one with --wallet \
                 phoenixd:http://:PASSWORD@HOST:PORT or FAREBOX_WALLET (`farebox serve --demo` \
                 brings a play wallet)",
            ));
        };
        let url: WalletUrl = url.parse().map_err(Problem::usage)?;
        let wallet = open_wallet(&url).map_err(Problem::usage)?;
        Ok(Connection { name: url.to_string(), wallet })
    }
}

impl From<WalletError> for Problem {
    fn from(error: WalletError) -> Self {
        let (code, exit_code, hint) = match &error {
            WalletError::Unreachable(_) => {
                ("wallet_unreachable", 4, Some("start the wallet or name another with --wallet"))
            }
            WalletError::Unauthorized => (
                "wallet_unauthorized",
                1,
                Some("correct the credential in --wallet; docs/wallets.md says what it must allow"),
            ),
            WalletError::Refused(_) => ("wallet_refused", 1, None),
            WalletError::Unreadable(_) => ("wallet_unreadable", 1, None),
        };
        Self::new(code, error.to_string(), exit_code).with_hint(hint)
    }
}
