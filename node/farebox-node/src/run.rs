//! A run of the node, from the data folder to a clean stop.

use crate::api;
use crate::data_dir::{DataDir, Passwords};
use crate::lightning::{self, Lightning};
use crate::problem::Problem;
use crate::settings::Settings;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{self, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long work on the disk may take once a stop was asked for.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// Runs the node until it is told to stop.
///
/// # Errors
///
/// It cannot start, or cannot stop cleanly.
pub(crate) fn run(settings: Settings) -> Result<(), Problem> {
    log_to_stderr(&settings.log)?;
    let data = DataDir::open(settings.data.clone())?;
    let passwords = Passwords::open(&data)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::file("threads", error))?;
    // Before the node: a port that is taken should not cost a start of the node.
    let listener = runtime.block_on(TcpListener::bind(settings.http));
    let listener = listener.map_err(|error| Problem::file(settings.http.to_string(), error))?;
    let lightning = Lightning::start(lightning::assemble(&settings, &data)?)?;
    tracing::info!(node_id = lightning.node_id(), network = %settings.network, "the node is up");
    let served = serve(&runtime, &lightning, listener, passwords);
    runtime.shutdown_timeout(STOP_WAIT);
    lightning.stop()?;
    tracing::info!("stopped");
    served
}

fn serve(
    runtime: &Runtime,
    lightning: &Arc<Lightning>,
    listener: TcpListener,
    passwords: Passwords,
) -> Result<(), Problem> {
    lightning.finish_claims()?;
    runtime.block_on(async {
        tokio::spawn(lightning::pump(Arc::clone(lightning)));
        tokio::spawn(lightning::reconnect(Arc::clone(lightning)));
        tokio::spawn(lightning::prune(Arc::clone(lightning)));
        let http = listener.local_addr().map_err(|error| Problem::file("HTTP", error))?;
        let router = api::router(Arc::clone(lightning), passwords);
        println!("farebox-node {} ready: http://{http}", env!("CARGO_PKG_VERSION"));
        let stop = stop_asked()?;
        // Requests under way are dropped: what they began goes on and is recorded.
        tokio::select! {
            () = api::serve(listener, router) => {}
            () = stop => {}
        }
        Ok(())
    })
}

/// Waits for SIGTERM or SIGINT.
fn stop_asked() -> Result<impl Future<Output = ()>, Problem> {
    let listen = |kind| signal(kind).map_err(|error| Problem::file("signals", error));
    let (mut terminate, mut interrupt) =
        (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}

fn log_to_stderr(filter: &str) -> Result<(), Problem> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Problem::Setting(format!("--log {filter:?}: {error}")))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    Ok(())
}
