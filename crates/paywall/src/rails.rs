//! The ways in which a server can be paid.

use farebox_rates::Rates;
use farebox_wallet::Receiver;
use std::sync::Arc;

/// The ways in which a server can be paid, and how others know it.
#[derive(Clone, Default)]
pub struct Rails {
    pub(crate) lightning: Option<Arc<dyn Receiver>>,
    pub(crate) site: Option<Site>,
    pub(crate) rates: Option<Rates>,
}

/// How a server is known to those who pay it.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Where it is reached from outside, without a slash at the end.
    pub url: String,
    /// Its host and port: the realm of its challenges.
    pub realm: String,
}

impl Rails {
    /// Lightning, to `receiver`: by L402, and by MPP where the server's address is known.
    #[must_use]
    pub fn lightning(receiver: Arc<dyn Receiver>) -> Self {
        Self { lightning: Some(receiver), ..Self::default() }
    }

    /// The same for a server that is reached at `public_url` (`https://api.example.com`), which
    /// the challenges of MPP and x402 name.
    #[must_use]
    pub fn at(self, public_url: &str) -> Self {
        let url = public_url.trim_end_matches('/').to_owned();
        let realm = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let realm = realm.split('/').next().unwrap_or_default().to_owned();
        Self { site: Some(Site { url, realm }), ..self }
    }

    /// The same with an exchange rate, at which prices in satoshis are asked in dollars.
    #[must_use]
    pub fn with_rates(self, rates: Rates) -> Self {
        Self { rates: Some(rates), ..self }
    }
}
