//! The server: its parts put together, started and stopped.

pub(crate) mod accept;
mod admin_secret;
mod assembly;
mod banner;
mod chains;
mod cors;
pub(crate) mod directory;
mod documents;
mod exchange_rate;
mod facilitator;
mod imports;
mod ledger_watch;
mod limits;
pub(crate) mod logging;
mod metrics;
mod node;
mod open_files;
mod places;
mod prober;
mod pruning;
mod refusals;
mod secret;
mod self_check;
mod services;
pub(crate) mod signals;
mod till;
mod wallets;

use crate::config::Settings;
use crate::output::Failure;
use assembly::Parts;
use node::Node;
use signals::Signals;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Runs the server until SIGINT or SIGTERM, then lets requests under way finish. Its node, where it
/// has one, stops last.
pub async fn run(settings: Settings, demo: bool) -> Result<(), Failure> {
    logging::init(settings.serve.log_format);
    let signals = Signals::catch().map_err(Failure::general)?;
    let listener = bind(settings.serve.listen, "--listen").await?;
    let play_listener = match demo {
        true => Some(bind(settings.demo.play_listen, "--play-listen").await?),
        false => None,
    };
    let address = listener.local_addr().map_err(Failure::general)?;
    let public_url = settings.serve.public_url.clone();
    let public_url = public_url.unwrap_or_else(|| format!("http://{address}"));
    let public_url = public_url.trim_end_matches('/').to_owned();
    let mut node = Node::configured(&settings, demo)?;
    let ended = match assembly::build(&settings, demo, &public_url, node.as_mut()).await {
        Ok(parts) => {
            let play_address = play_listener.as_ref().and_then(|play| play.local_addr().ok());
            let play = play_listener.zip(parts.play_api.clone());
            banner::print(&settings, &parts, &public_url, play_address);
            serve(settings, parts, listener, play, signals, node.as_ref()).await
        }
        Err(failure) => Err(failure),
    };
    if let Some(node) = node {
        node.stop().await;
    }
    ended
}

async fn serve(
    settings: Settings,
    parts: Parts,
    listener: TcpListener,
    play: Option<(TcpListener, axum::Router)>,
    mut signals: Signals,
    node: Option<&Node>,
) -> Result<(), Failure> {
    let (stop, stopped) = watch::channel(false);
    let proxies = Arc::new(settings.trusted_proxies().map_err(Failure::usage)?);
    let drain = Duration::from_secs(settings.serve.drain_timeout_s);
    let background = tokio::spawn(parts.background);
    let main = accept::serve(listener, parts.router.clone(), proxies, stopped.clone(), drain);
    let play = async move {
        if let Some((listener, router)) = play {
            accept::serve(listener, router, Arc::default(), stopped, drain).await;
        }
    };
    let directory = parts.directory.clone();
    let check = self_check::run(parts.router, parts.directory, parts.own_listings);
    let check = tokio::spawn(check);
    let told = async {
        signals.next().await;
        tracing::info!("stopping; requests under way may finish, a second signal ends them");
        if let Some(node) = node {
            node.drain();
        }
        // Fails only when nobody serves any more.
        let _ = stop.send(true);
        signals.next().await;
    };
    tokio::select! {
        _ = async { tokio::join!(main, play) } => {}
        () = told => tracing::warn!("stopped at once"),
    }
    check.abort();
    background.abort();
    if let Err(error) = prober::leave(&directory, parts.instance.id()).await {
        tracing::warn!(%error, "the other servers probe this one's share in a minute");
    }
    if let Err(error) = parts.instance.end().await {
        tracing::warn!(%error, "the other servers notice the end of this one in a minute");
    }
    parts.store.checkpoint().await;
    if let Some(database) = parts.play_database {
        database.checkpoint().await;
    }
    Ok(())
}

async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::AddrInUse => "the port is taken by another program".to_owned(),
            std::io::ErrorKind::PermissionDenied => "the port needs more rights".to_owned(),
            _ => error.to_string(),
        };
        Failure::general(format!(
            "cannot listen on {address}: {reason}; choose another address with {flag}"
        ))
    })
}
