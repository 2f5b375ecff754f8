//! Taking connections, with a limit on how many and on how long they may say nothing. HTTP/1
//! only: a reverse proxy in front speaks the newer versions to the public.

use crate::server::places::{Place, Places};
use axum::Router;
use axum::extract::ConnectInfo;
use farebox_net::TrustedProxies;
use http::{HeaderName, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// A client that has not sent its request's head by then is let go.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// A request body that pauses for so long is given up.
const BODY_PAUSE_MAX: Duration = Duration::from_secs(20);
/// After a failure to accept, such as no free file handle.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` until `stopped` turns true, then waits up to `drain` for requests under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    proxies: Arc<TrustedProxies>,
    mut stopped: watch::Receiver<bool>,
    drain: Duration,
) {
    let graceful = GracefulShutdown::new();
    let places = Places::new(Arc::clone(&proxies));
    let router = router.layer(RequestBodyTimeoutLayer::new(BODY_PAUSE_MAX));
    loop {
        let connection = tokio::select! {
            connection = next(&listener, &places) => connection,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let Some((stream, peer, place)) = connection else { continue };
        let service = hyper::service::service_fn({
            let (router, proxies) = (router.clone(), Arc::clone(&proxies));
            move |request: Request<Incoming>| {
                let mut request = request.map(axum::body::Body::new);
                let lines = request.headers().get_all(X_FORWARDED_FOR).iter();
                let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
                let client = proxies.client(peer.ip(), lines.into_iter());
                let client = SocketAddr::new(client, peer.port());
                request.extensions_mut().insert(ConnectInfo(client));
                router.clone().oneshot(request)
            }
        });
        let mut builder = Builder::new(TokioExecutor::new()).http1_only();
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Clients break connections all the time; that is their business.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still under way after the drain time were cut off");
    }
}

async fn next(listener: &TcpListener, places: &Places) -> Option<(TcpStream, SocketAddr, Place)> {
    let place = places.take().await?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small; waiting to fill a packet would only delay them.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, places.give(place, peer.ip())?))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
