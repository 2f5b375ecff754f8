//! The ways in which a server can be paid.

use crate::evm::EvmRail;
use crate::stripe::StripeRail;
use crate::tempo::TempoRail;
use farebox_rates::Rates;
use farebox_wallet::Receiver;
use std::sync::Arc;

/// The ways in which a server can be paid, and how others know it.
#[derive(Clone, Default)]
pub struct Rails {
    pub(crate) lightning: Option<Arc<dyn Receiver>>,
    pub(crate) site: Option<Site>,
    pub(crate) rates: Option<Rates>,
    pub(crate) evm: Vec<EvmRail>,
    pub(crate) tempo: Vec<TempoRail>,
    pub(crate) stripe: Option<StripeRail>,
}

/// How a server is known to those who pay it.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Where it is reached from outside, without a slash at the end.
    pub url: String,
    /// Its host: the realm of its challenges.
    pub realm: String,
}

impl Rails {
    /// Lightning, to `receiver`: by L402, and by MPP where the server's address is known.
    #[must_use]
    pub fn lightning(receiver: Arc<dyn Receiver>) -> Self {
        Self { lightning: Some(receiver), ..Self::default() }
    }

    /// The same with Lightning, to `receiver`.
    #[must_use]
    pub fn with_lightning(self, receiver: Arc<dyn Receiver>) -> Self {
        Self { lightning: Some(receiver), ..self }
    }

    /// The same for a server that is reached at `public_url` (`https://api.example.com`), which
    /// the challenges of MPP and x402 name.
    #[must_use]
    pub fn at(self, public_url: &str) -> Self {
        let url = public_url.trim_end_matches('/').to_owned();
        let host = url::Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let realm = host.unwrap_or_else(|| url.clone());
        Self { site: Some(Site { url, realm }), ..self }
    }

    /// The same with a token on a chain: by x402, and by MPP where the server's address is known.
    #[must_use]
    pub fn with_evm(mut self, rail: EvmRail) -> Self {
        self.evm.push(rail);
        self
    }

    /// The same with a token on Tempo, by MPP.
    #[must_use]
    pub fn with_tempo(mut self, rail: TempoRail) -> Self {
        self.tempo.push(rail);
        self
    }

    /// The same with cards, by MPP, for prices that Stripe charges.
    #[must_use]
    pub fn with_stripe(self, rail: StripeRail) -> Self {
        Self { stripe: Some(rail), ..self }
    }

    /// The same with an exchange rate, at which prices in satoshis are asked in dollars.
    #[must_use]
    pub fn with_rates(self, rates: Rates) -> Self {
        Self { rates: Some(rates), ..self }
    }
}
