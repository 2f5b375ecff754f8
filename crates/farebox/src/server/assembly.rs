//! Puts the crates together: data folder, wallet, paywall, directory, pages, demo.

use crate::config::Settings;
use crate::demo;
use crate::output::Failure;
use crate::server::cors;
use crate::server::directory::DirectoryParts;
use crate::server::documents::{self, Sales};
use crate::server::exchange_rate::ExchangeRate;
use crate::server::facilitator;
use crate::server::limits;
use crate::server::metrics::{self, Metrics};
use crate::server::node::Node;
use crate::server::refusals;
use crate::server::services;
use crate::server::till::Till;
use crate::server::{secret, wallets};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use farebox_directory::{Dialect, Directory, EXPORT_PATH, ListingFacts};
use farebox_limits::Limits;
use farebox_money::Sats;
use farebox_paywall::{
    NotForSale, PaidOperation, PaidRoute, Paywall, PricedRequest, Rails, has_sales,
};
use farebox_play::phoenixd_api::{self, ApiPasswords};
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_rates::Rates;
use farebox_store::lease::Instance;
use farebox_store::{Database, DatabaseOptions, OpenError, Store, make_private_folder};
use farebox_web::PageSettings;
use farebox_wire::api_error::ErrorBody;
use http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::{UtoipaMethodRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

/// The password of the demo buyer's wallet: play money needs no secret.
pub const DEMO_PASSWORD: &str = "farebox-demo";
/// It may look and receive, but not pay.
const DEMO_PASSWORD_LIMITED: &str = "farebox-demo-limited";
/// How long a token for the export is good for, in seconds.
const EXPORT_TOKEN_S: u64 = 3_600;
const PLAY_PRUNE_PERIOD: Duration = Duration::from_secs(60);

/// A server that is ready to serve.
pub struct Parts {
    /// Everything on the main address.
    pub router: Router,
    /// The play wallet's API, on an address of its own.
    pub play_api: Option<Router>,
    /// The directory.
    pub directory: Directory,
    /// What this server itself sells: listed under these ids, to be checked.
    pub own_listings: Vec<(String, ListingFacts)>,
    /// Whether payments can be taken.
    pub is_selling: bool,
    /// To be closed last.
    pub store: Store,
    /// The play network's, likewise.
    pub play_database: Option<Database>,
    /// This process, to be told when the server ends.
    pub instance: Instance,
    /// Work that runs beside the requests.
    pub background: Pin<Box<dyn Future<Output = ()> + Send>>,
}

struct Play {
    database: Database,
    network: PlayNetwork,
    buyer: PlayWallet,
    seller: PlayWallet,
}

/// Opens everything and wires it up. The node is started when the data folder is this server's.
pub async fn build(
    settings: &Settings,
    demo: bool,
    public_url: &str,
    node: Option<&mut Node>,
) -> Result<Parts, Failure> {
    let folder = settings.server_dir(demo).map_err(Failure::usage)?;
    crate::backup::refuse_unfinished(&folder)?;
    let store = open_store(settings, demo).await?;
    // On a PostgreSQL nothing made it yet.
    make_private_folder(&folder).map_err(|error| {
        let folder = folder.display();
        Failure::general(format!(
            "cannot write to {folder}: {error}; choose another folder with --data"
        ))
    })?;
    let instance = Instance::start(store.clone()).await.map_err(Failure::general)?;
    let sold = has_sales(&store).await.map_err(Failure::general)?;
    let secret = secret::load(&folder.join("server.secret"), !sold).map_err(Failure::general)?;
    let exchange = ExchangeRate::open(settings, demo)?;
    let rates = exchange.rates.clone();
    let directory = Directory::open(store.clone(), rates.last()).await;
    let directory = directory.map_err(Failure::general)?;
    let play = if demo { Some(open_play(&folder, settings).await?) } else { None };
    let own_listings = match demo {
        true => list_samples(&directory, public_url).await?,
        false => Vec::new(),
    };
    let node_stats = node.as_ref().map(|node| node.stats());
    let wallets = match &play {
        Some(play) => Some(wallets::play(settings, &play.seller)),
        None => wallets::configured(settings, node).await?,
    };
    let rails = Rails::default().at(public_url).with_rates(rates.clone());
    let till = match wallets.is_some() || settings.seller.has_rails() {
        true => {
            let (store, this, secret) = (store.clone(), instance.clone(), secret.clone());
            Some(Till::open(settings, store, this, secret, wallets, rails).await?)
        }
        false => None,
    };
    let paywall = till.as_ref().map(|till| &till.paywall);
    let (sales, listings) = (paywall.cloned(), directory.clone());
    let metrics = Metrics::new(sales, listings, exchange.clone(), node_stats);
    let pages = PageSettings { public_url: public_url.to_owned(), demo };
    let listed = directory.clone();
    let parts = DirectoryParts::open(settings, demo, listed, public_url, &secret)?;
    let limits = Limits::new(store.clone(), settings.limits.rules());
    let services = services::open(settings, &parts, public_url, demo, paywall.is_some())?;
    let counted = parts
        .routes(&settings.limits, &limits)
        .merge(farebox_directory::manifest::routes(services.clone()))
        .merge(farebox_directory::feed::routes(directory.clone(), public_url))
        .merge(farebox_web::routes(directory.clone(), pages));
    let router = limits::counted(counted, &settings.limits, &limits, paywall)
        .merge(parts.admin_routes())
        .merge(services::paid_routes(services, settings, paywall)?)
        .routes(export_route(settings, &directory, paywall)?)
        .routes(routes!(metrics::handler).with_state(Arc::clone(&metrics)));
    let router = match till.as_ref().and_then(|till| till.accounts.clone()) {
        Some(accounts) => router.merge(farebox_accounts::api::routes(accounts, rates.clone())),
        None => router,
    };
    let router = match &till {
        Some(till) if settings.facilitator.enabled => {
            router.merge(facilitator::routes(settings, till, &directory))
        }
        _ => router.merge(facilitator::discovery_routes(&directory)),
    };
    let router = match paywall {
        Some(paywall) if demo => router.merge(demo::routes(paywall, &rates)),
        _ => router,
    };
    let samples = demo.then_some(&rates);
    let for_sale = match paywall {
        Some(paywall) => Some(everything_sold(settings, &directory, paywall, samples)?),
        None => None,
    };
    let (router, openapi) = router.split_for_parts();
    let router = router
        .merge(documents::routes(openapi, public_url, for_sale).map_err(Failure::general)?)
        .method_not_allowed_fallback(refusals::wrong_method)
        .layer(axum::middleware::map_response(refusals::in_one_shape))
        .layer(axum::middleware::from_fn(cors::open_api))
        .layer(axum::middleware::from_fn_with_state(metrics, metrics::count));
    let passwords =
        || ApiPasswords { full: DEMO_PASSWORD.into(), limited: DEMO_PASSWORD_LIMITED.into() };
    Ok(Parts {
        router,
        play_api: play.as_ref().map(|play| phoenixd_api::router(play.buyer.clone(), passwords())),
        directory: directory.clone(),
        own_listings,
        is_selling: till.is_some(),
        store,
        play_database: play.as_ref().map(|play| play.database.clone()),
        instance: instance.clone(),
        background: Box::pin(async move {
            let sell = background(till, play.map(|play| play.network));
            let directory_work = parts.run(instance.id().to_owned());
            let alive = instance.keep_alive();
            tokio::join!(sell, alive, limits.run(), directory_work, exchange.run(directory));
        }),
    })
}

async fn open_store(settings: &Settings, demo: bool) -> Result<Store, Failure> {
    let schemas = vec![
        farebox_store::schema(),
        farebox_ledger::schema(),
        farebox_accounts::schema(),
        farebox_facilitator::schema(),
        farebox_limits::schema(),
        farebox_paywall::schema(),
        farebox_directory::schema(),
    ];
    let location = settings.store_location(demo).map_err(Failure::usage)?;
    Store::open(location, schemas).await.map_err(open_failure)
}

fn open_failure(error: OpenError) -> Failure {
    Failure::general(error)
}

async fn open_play(folder: &Path, settings: &Settings) -> Result<Play, Failure> {
    let path = folder.join("play.sqlite");
    let database = Database::open(&path, [farebox_play::schema()], DatabaseOptions::Exclusive);
    let database = database.map_err(open_failure)?;
    let network = PlayNetwork::open(database.clone()).await;
    let network = network.map_err(Failure::general)?;
    let buyer = network.wallet("buyer").await.map_err(Failure::general)?;
    let seller = network.wallet("seller").await.map_err(Failure::general)?;
    let amount = Sats::new(settings.demo.buyer_sats).to_msat();
    let amount = amount.ok_or_else(|| Failure::usage("demo.buyer_sats is too large"))?;
    buyer.fund_once("demo", amount).await.map_err(Failure::general)?;
    Ok(Play { database, network, buyer, seller })
}

async fn list_samples(
    directory: &Directory,
    public_url: &str,
) -> Result<Vec<(String, ListingFacts)>, Failure> {
    let now = Timestamp::now();
    directory.import_samples(now).await.map_err(Failure::general)?;
    let own = demo::listings(public_url);
    let ids = directory.set_own_listings(own.clone(), now).await.map_err(Failure::general)?;
    Ok(ids.into_iter().zip(own).collect())
}

/// The paid export. A server without a wallet says so instead of giving it away.
fn export_route(
    settings: &Settings,
    directory: &Directory,
    paywall: Option<&Paywall>,
) -> Result<UtoipaMethodRouter, Failure> {
    let export = farebox_directory::export_route(directory.clone());
    let Some(paywall) = paywall else {
        return Ok(export.map(|_| get(no_wallet)));
    };
    let operation = sold_export(settings, directory)?;
    Ok(export.map(|export| export.route_layer(paywall.charge(operation.route))))
}

fn sold_export(settings: &Settings, directory: &Directory) -> Result<PaidOperation, Failure> {
    let price = settings.export_csv_price().map_err(Failure::usage)?;
    let text = "The directory as CSV, one hour of downloads";
    let filters = directory.clone();
    let route = PaidRoute::time_bounded("export_csv", price, EXPORT_TOKEN_S, text);
    let route = route.checked_by(move |request: PricedRequest<'_>| {
        let parsed = filters.snapshot().parse(request.query.unwrap_or_default(), Dialect::Export);
        parsed.map(|_| ()).map_err(|error| NotForSale(error.body()))
    });
    let path = EXPORT_PATH.to_owned();
    Ok(PaidOperation { method: Method::GET, path, route, example: None })
}

/// What is sold here, for programs that look before they ask.
fn everything_sold(
    settings: &Settings,
    directory: &Directory,
    paywall: &Paywall,
    samples: Option<&Rates>,
) -> Result<Sales, Failure> {
    let mut sold = vec![sold_export(settings, directory)?];
    sold.extend(services::sold(settings)?);
    sold.extend(samples.into_iter().flat_map(demo::sold));
    Ok(Sales { paywall: paywall.clone(), sold })
}

/// What paid endpoints answer where nobody can be paid.
pub(super) async fn no_wallet() -> Response {
    let body = ErrorBody::new(
        "payments_not_configured",
        "This server has no wallet to be paid with. Its operator can set seller.wallet.",
    );
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("3600"));
    response
}

async fn background(till: Option<Till>, network: Option<PlayNetwork>) {
    let sell = async {
        if let Some(till) = till {
            till.run().await;
        }
    };
    let prune = async {
        let Some(network) = network else { return };
        let mut ticks = tokio::time::interval(PLAY_PRUNE_PERIOD);
        loop {
            ticks.tick().await;
            if let Err(error) = network.prune().await {
                tracing::warn!(%error, "expired play invoices were not pruned");
            }
        }
    };
    tokio::join!(sell, prune);
}
