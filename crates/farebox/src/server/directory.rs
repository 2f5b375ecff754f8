//! The directory's part of the server: what it reaches out with, its routes, its work beside them.

use crate::config::{LimitSettings, Settings};
use crate::output::Failure;
use crate::server::imports::Imports;
use crate::server::prober::Sweeper;
use crate::server::{admin_secret, limits};
use farebox_directory::claim::{ClaimOptions, Claims, Reach};
use farebox_directory::embedding::{ApiKey, DocumentVectors, Embedder, EmbedderOptions};
use farebox_directory::validate::Validator;
use farebox_directory::webhook::{Courier, SecretSeal, WebhookOptions, Webhooks};
use farebox_directory::{Admin, Checker, Clock, Directory, Semantics};
use farebox_limits::{Limits, Work};
use farebox_net::{AddressPolicy, DnsResolver, GuardOptions, GuardedClient};
use farebox_paywall::Secret;
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;

/// What the secrets of webhooks are sealed with.
const WEBHOOK_PURPOSE: &str = "webhook secrets";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);
/// How soon this server shows what others on its database changed, and what took time to sort.
const REFRESH_PERIOD: Duration = Duration::from_secs(1);
/// How often what is gone for good is dropped.
const PURGE_PERIOD: Duration = Duration::from_secs(3_600);

/// The directory with what it needs to serve strangers, owners and its admin.
#[derive(Clone)]
pub struct DirectoryParts {
    directory: Directory,
    client: GuardedClient,
    claims: Claims,
    webhooks: Webhooks,
    admin: Admin,
    imports: Option<Imports>,
    sweeper: Option<Sweeper>,
    semantics: Option<Semantics>,
}

impl DirectoryParts {
    /// Puts it together.
    pub fn open(
        settings: &Settings,
        demo: bool,
        directory: Directory,
        public_url: &str,
        secret: &Secret,
    ) -> Result<Self, Failure> {
        let semantics = semantics(settings, &directory)?;
        let directory = match &semantics {
            Some(semantics) => directory.with_semantics(semantics.clone()),
            None => directory,
        };
        let client = guarded(settings, demo)?;
        let is_local = !allowed(settings, demo)?.is_empty();
        let reach = if is_local { Reach::Local } else { Reach::Public };
        let options = ClaimOptions { directory_url: public_url.to_owned(), reach };
        let claims = Claims::new(directory.clone(), client.clone(), options);
        let seal = SecretSeal::new(&secret.derive(WEBHOOK_PURPOSE));
        let options = WebhookOptions { seal, allows_http: is_local };
        let webhooks = Webhooks::new(directory.clone(), client.clone(), options);
        let admin_secret = settings.admin_secret_file(demo).map_err(Failure::usage)?;
        let admin_secret = admin_secret::load(&admin_secret).map_err(Failure::general)?;
        let admin = Admin::new(directory.clone(), admin_secret);
        let imports = Imports::configured(&settings.directory, &directory, &client)?;
        let sweeper = Sweeper::configured(settings, demo, &directory, public_url)?;
        Ok(Self { directory, client, claims, webhooks, admin, imports, sweeper, semantics })
    }

    /// The directory.
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The client for every address that a stranger can name.
    pub const fn client(&self) -> &GuardedClient {
        &self.client
    }

    /// What strangers and owners may ask, as often as the limits say.
    pub fn routes(&self, settings: &LimitSettings, limits: &Limits) -> OpenApiRouter {
        let costly = |router, work| limits::costly(router, settings, limits, work);
        let checker = Checker::new(self.directory.clone(), self.client.clone());
        let validator = Validator::new(self.client.clone(), Clock::default());
        let validations = farebox_directory::recheck_routes(checker.clone())
            .merge(farebox_directory::validate::routes(validator));
        let claims = farebox_directory::claim::routes(self.claims.clone());
        let webhooks = farebox_directory::webhook::routes(self.webhooks.clone());
        farebox_directory::routes(self.directory.clone())
            .merge(farebox_directory::owner_routes(self.claims.clone()))
            .merge(costly(farebox_directory::register_routes(checker), Work::Registrations))
            .merge(costly(validations, Work::Validations))
            .merge(costly(claims, Work::Claims))
            .merge(costly(webhooks, Work::Webhooks))
    }

    /// What the admin may ask.
    pub fn admin_routes(&self) -> OpenApiRouter {
        let (claims, admin) = (self.claims.clone(), self.admin.clone());
        let client = self.client.clone();
        farebox_directory::admin_routes(self.admin.clone())
            .merge(farebox_directory::import::admin_routes(admin.clone(), client))
            .merge(farebox_directory::claim::admin_routes(claims, admin))
    }

    /// Work beside the requests, until the task is dropped; `holder` is this process.
    pub async fn run(self, holder: String) {
        let courier = Courier::new(self.webhooks, holder.clone());
        let own = holder.clone();
        let imports = async {
            if let Some(imports) = self.imports {
                imports.run(own).await;
            }
        };
        let swept_by = holder.clone();
        let sweep = async {
            if let Some(sweeper) = self.sweeper {
                sweeper.run(swept_by).await;
            }
        };
        let directory = self.directory.clone();
        let meant = async {
            if let Some(semantics) = self.semantics {
                semantics.vectors.run(holder, move |seen| directory.texts(seen)).await;
            }
        };
        let kept = async { tokio::join!(refresh(&self.directory), purge(&self.directory)) };
        tokio::join!(kept, courier.run(), imports, sweep, meant);
    }
}

/// The service that says what texts mean, where one is set.
fn semantics(settings: &Settings, directory: &Directory) -> Result<Option<Semantics>, Failure> {
    let settings = &settings.directory.embeddings;
    let Some(options) = settings.options().map_err(Failure::usage)? else {
        return Ok(None);
    };
    let key_file = settings.api_key_file.as_deref();
    let api_key = key_file.map_or(ApiKey::NotNeeded, ApiKey::from_file);
    let embedder = Embedder::new(&EmbedderOptions { api_key, ..options });
    let embedder = embedder.map_err(Failure::general)?;
    let store = directory.store().clone();
    let vectors = DocumentVectors::new(store, embedder.clone(), Clock::default());
    Ok(Some(Semantics { embedder, vectors }))
}

/// The client for every address that a stranger can name.
pub fn guarded(settings: &Settings, demo: bool) -> Result<GuardedClient, Failure> {
    guarded_as(settings, demo, concat!("farebox/", env!("CARGO_PKG_VERSION")).to_owned())
}

/// The same under another name.
pub fn guarded_as(
    settings: &Settings,
    demo: bool,
    user_agent: String,
) -> Result<GuardedClient, Failure> {
    let resolver = match settings.directory.name_server().map_err(Failure::usage)? {
        Some(address) => DnsResolver::name_server(address),
        None => DnsResolver::system(),
    };
    let resolver = resolver.map_err(Failure::general)?;
    let options = GuardOptions {
        user_agent,
        connect_timeout: CONNECT_TIMEOUT,
        total_timeout: TOTAL_TIMEOUT,
        addresses: AddressPolicy::and_networks(allowed(settings, demo)?),
        resolver: Arc::new(resolver),
        certificate: None,
    };
    GuardedClient::new(options).map_err(Failure::general)
}

/// The private networks that may be reached: those that the settings name, and this machine where
/// the demo serves nobody else.
fn allowed(settings: &Settings, demo: bool) -> Result<Vec<IpNet>, Failure> {
    let mut networks = settings.directory.networks().map_err(Failure::usage)?;
    if demo && settings.serve.listen.ip().is_loopback() {
        // `localhost` leads to both.
        networks.extend(Ipv4Net::new(Ipv4Addr::new(127, 0, 0, 0), 8).map(IpNet::from));
        networks.push(IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST)));
    }
    Ok(networks)
}

async fn refresh(directory: &Directory) {
    let mut ticks = tokio::time::interval(REFRESH_PERIOD);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = directory.refresh().await {
            tracing::warn!(%error, "the directory shows an older state until it can read again");
        }
    }
}

async fn purge(directory: &Directory) {
    let mut ticks = tokio::time::interval(PURGE_PERIOD);
    loop {
        ticks.tick().await;
        if let Err(error) = directory.purge().await {
            tracing::warn!(%error, "deleted listings were not purged");
        }
    }
}
