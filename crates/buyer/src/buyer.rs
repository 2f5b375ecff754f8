//! The buyer: opened once, used for any number of requests.

use crate::error::StartError;
use crate::lock::Locks;
use crate::observer::Observer;
use crate::outcome::{Mode, Outcome};
use crate::records::Records;
use crate::rules::Policy;
use crate::run::Run;
use crate::sink::Sink;
use crate::store::{Store, now_s};
use crate::{BuyError, EvmWallet, Limits, Request};
use farebox_money::BtcUsd;
use farebox_wallet::Payer;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A price of bitcoin is asked for again after so long.
const RATE_KEPT_S: u64 = 60;

/// The wallet that pays.
#[derive(Clone)]
pub struct Wallet {
    /// Tells wallets apart in the records, without any secret: a payment that was begun with
    /// one is never continued with another.
    pub name: String,
    /// The wallet.
    pub payer: Arc<dyn Payer>,
}

/// A paying HTTP client with a memory. Several processes may share its folder. A clone shares
/// everything with it.
#[derive(Clone)]
pub struct Buyer {
    pub(crate) store: Store,
    pub(crate) locks: Locks,
    pub(crate) client: reqwest::Client,
    pub(crate) wallet: Option<Wallet>,
    pub(crate) evm: Option<EvmWallet>,
    pub(crate) policy: Policy,
    /// The last price of bitcoin, and when it was asked for in seconds since 1970.
    rate: Arc<Mutex<Option<(BtcUsd, u64)>>>,
}

impl Buyer {
    /// Opens the records in `folder`, which is made where it is not there. `client` must follow
    /// no redirects; without a wallet everything works but paying.
    ///
    /// # Errors
    /// [`StartError`] names the folder or file and what to do.
    pub fn open(
        folder: &Path,
        client: reqwest::Client,
        wallet: Option<Wallet>,
    ) -> Result<Self, StartError> {
        let (store, locks) = open_store(folder)?;
        let (policy, rate) = (Policy::default(), Arc::default());
        Ok(Self { store, locks, client, wallet, evm: None, policy, rate })
    }

    /// With the rules of its human; without, [`Policy::default`] holds.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        // A price of another source is not this policy's price.
        let is_same = self.policy.rate == policy.rate;
        let rate = if is_same { Arc::clone(&self.rate) } else { Arc::default() };
        Self { policy, rate, ..self }
    }

    /// With a key that pays tokens.
    #[must_use]
    pub fn with_evm(self, evm: EvmWallet) -> Self {
        Self { evm: Some(evm), ..self }
    }

    /// The records, for whoever wants to know what was spent.
    #[must_use]
    pub fn records(&self) -> Records {
        Records { store: self.store.clone() }
    }

    /// The rules in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The price of bitcoin by the policy's source; `None` where it names none.
    pub(crate) async fn rate(&self) -> Result<Option<BtcUsd>, String> {
        let Some(source) = &self.policy.rate else { return Ok(None) };
        let now = now_s();
        let kept = *self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((rate, at)) = kept
            && (at..at.saturating_add(RATE_KEPT_S)).contains(&now)
        {
            return Ok(Some(rate));
        }
        let rate = source.find(now).await?;
        *self.rate.lock().unwrap_or_else(PoisonError::into_inner) = Some((rate, now));
        Ok(Some(rate))
    }

    /// Sends `request`, pays for it within `limits` if it has to be paid for, and writes the
    /// answer to `sink`. `observer` is told of every step.
    ///
    /// Whenever it is interrupted, the same call later finishes what was begun and pays for it
    /// once: an intent is on the disk before anything goes to the wallet, and the proof of
    /// payment before the seller sees it.
    ///
    /// # Errors
    /// [`BuyError`] says whether anything was paid.
    pub async fn get(
        &self,
        request: &Request,
        limits: &Limits,
        mode: Mode,
        observer: &dyn Observer,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, BuyError> {
        let run = Run { buyer: self, request, limits, observer, begun: Instant::now() };
        match mode {
            Mode::Pay => run.buy(false, sink).await.map(Outcome::Answered),
            Mode::BuyAgain => run.buy(true, sink).await.map(Outcome::Answered),
            Mode::NoPay => run.look(sink).await,
            Mode::DryRun => run.quote().await.map(Outcome::Quoted),
        }
    }
}

/// Opens the records of a folder, and the locks of those who write them.
pub(crate) fn open_store(folder: &Path) -> Result<(Store, Locks), StartError> {
    let locks = folder.join("locks");
    let unusable = |source| StartError::Folder { folder: locks.display().to_string(), source };
    let locks = Locks::open(locks.clone()).map_err(unusable)?;
    let store = {
        // Two processes that both make the tables would be in each other's way.
        let _one_at_a_time = locks.acquire_blocking("open").map_err(unusable)?;
        Store::open(&folder.join("buyer.sqlite"))?
    };
    Ok((store, locks))
}
