//! The rails besides Lightning: chains, the engines that settle on them, and cards.

use crate::config::{ChainSettings, Settings, StripeSettings, TempoSettings};
use crate::output::Failure;
use farebox_evm::{EvmKey, Rpc, RpcOptions, read_key_file};
use farebox_facilitator::{
    Embedded, Engine, EngineOptions, Facilitator, FacilitatorList, Recipients, Remote,
    RemoteOptions,
};
use farebox_paywall::{EvmRail, Rails, StripeRail, TempoRail, system_clock};
use farebox_store::Store;
use farebox_store::lease::Instance;
use futures_util::future::join_all;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

const WEI_PER_GWEI: u128 = 1_000_000_000;

/// What settles on chains in this process.
#[derive(Clone, Default)]
pub struct Chains {
    engines: Vec<Engine>,
}

impl Chains {
    /// Opens every rail of the settings and adds it to `rails`.
    pub async fn open(
        settings: &Settings,
        store: &Store,
        instance: &Instance,
        rails: Rails,
    ) -> Result<(Self, Rails), Failure> {
        let mut chains = Self::default();
        let mut rails = rails;
        for chain in &settings.seller.evm {
            let facilitator = chains.facilitator(settings, chain, store, instance).await?;
            rails = rails.with_evm(evm_rail(chain, facilitator)?);
        }
        if let Some(rail) = tempo_rail(&settings.seller.tempo)? {
            rails = rails.with_tempo(rail);
        }
        if let Some(rail) = stripe_rail(&settings.seller.stripe)? {
            rails = rails.with_stripe(rail);
        }
        Ok((chains, rails))
    }

    /// The engines as a facilitator for others.
    pub fn embedded(&self) -> Embedded {
        Embedded::new(self.engines.iter().cloned())
    }

    /// Watches the chains until the task is dropped.
    pub async fn run(self) {
        join_all(self.engines.iter().map(Engine::run)).await;
    }

    /// Who settles on a chain: this server's engine, where it has a key, then the others.
    async fn facilitator(
        &mut self,
        settings: &Settings,
        chain: &ChainSettings,
        store: &Store,
        instance: &Instance,
    ) -> Result<Arc<dyn Facilitator>, Failure> {
        let mut members: Vec<(String, Arc<dyn Facilitator>)> = Vec::new();
        if let (Some(key_file), Some(rpc)) = (&chain.key_file, &chain.rpc) {
            let key = read_key(key_file.clone(), chain.key_password_file.clone()).await?;
            let options = engine_options(settings, chain)?;
            let rpc = node("seller.evm.rpc", rpc)?;
            let (store, instance) = (store.clone(), instance.clone());
            let engine = Engine::new(store, instance, rpc, vec![key], options, system_clock());
            self.engines.push(engine.clone());
            members.push(("own".to_owned(), Arc::new(Embedded::new([engine]))));
        }
        for text in &chain.facilitators {
            let bad = |error| Failure::usage(format!("seller.evm.facilitators: {error}"));
            let url = Url::parse(text).map_err(bad)?;
            let remote = Remote::new(RemoteOptions::new(url)).map_err(Failure::general)?;
            members.push((text.clone(), Arc::new(remote)));
        }
        Ok(Arc::new(FacilitatorList::new(members, store.clone())))
    }
}

fn engine_options(settings: &Settings, chain: &ChainSettings) -> Result<EngineOptions, Failure> {
    let id = chain.chain().map_err(Failure::usage)?;
    let (token, _) = chain.token(id).map_err(Failure::usage)?;
    let pay_to = chain.pay_to().map_err(Failure::usage)?;
    let mut options = EngineOptions::new(id, vec![token], [pay_to]);
    options.max_gas_price = u128::from(chain.max_gas_price_gwei).saturating_mul(WEI_PER_GWEI);
    options.confirmations = chain.confirmations;
    if settings.facilitator.enabled {
        options.recipients = match settings.facilitator.recipients() {
            Some(others) => Recipients::Only(others.into_iter().chain([pay_to]).collect()),
            None => Recipients::Anybody,
        };
    }
    Ok(options)
}

fn evm_rail(chain: &ChainSettings, facilitator: Arc<dyn Facilitator>) -> Result<EvmRail, Failure> {
    let id = chain.chain().map_err(Failure::usage)?;
    let (token, decimals) = chain.token(id).map_err(Failure::usage)?;
    let pay_to = chain.pay_to().map_err(Failure::usage)?;
    Ok(EvmRail { token, decimals, pay_to, timeout_s: chain.timeout_s, facilitator })
}

fn tempo_rail(tempo: &TempoSettings) -> Result<Option<TempoRail>, Failure> {
    let Some(rpc) = &tempo.rpc else { return Ok(None) };
    Ok(Some(TempoRail {
        token: tempo.token().map_err(Failure::usage)?,
        decimals: tempo.token_decimals,
        pay_to: tempo.pay_to().map_err(Failure::usage)?,
        rpc: node("seller.tempo.rpc", rpc)?,
    }))
}

fn stripe_rail(stripe: &StripeSettings) -> Result<Option<StripeRail>, Failure> {
    let (Some(file), Some(network_id)) = (&stripe.secret_key_file, &stripe.network_id) else {
        return Ok(None);
    };
    let key = read_secret("seller.stripe.secret_key_file", file)?;
    let rail = StripeRail::new(&stripe.api_base, &key, network_id);
    rail.map(Some).map_err(Failure::general)
}

fn node(key: &str, url: &str) -> Result<Rpc, Failure> {
    let url = Url::parse(url).map_err(|error| Failure::usage(format!("{key}: {error}")))?;
    Rpc::new(url, RpcOptions::default()).map_err(Failure::general)
}

/// Deriving the key of a keystore takes its time.
async fn read_key(file: PathBuf, password: Option<PathBuf>) -> Result<EvmKey, Failure> {
    let password = match password {
        Some(password) => read_secret("seller.evm.key_password_file", &password)?,
        None => String::new(),
    };
    let read = move || {
        let key = read_key_file(&file, &password);
        key.map_err(|error| {
            Failure::usage(format!("seller.evm.key_file {}: {error}", file.display()))
        })
    };
    tokio::task::spawn_blocking(read).await.map_err(Failure::general)?
}

fn read_secret(key: &str, file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{key} {}: {error}", file.display())))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
