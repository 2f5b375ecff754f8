//! The limit: the same requests by hyper and rustls alone, without schedule, classification or
//! record.

use crate::Failed;
use crate::estate::{Estate, Place};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Asks for `time`, so many at once, and returns how many were answered 402.
pub async fn run(
    estate: Estate,
    tls: rustls::ClientConfig,
    at_once: usize,
    time: Duration,
) -> Result<u64, Failed> {
    let connector = TlsConnector::from(Arc::new(tls));
    let (next, done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU64::new(0)));
    let end = Instant::now() + time;
    let tasks: Vec<_> = (0..at_once)
        .map(|_| {
            let (connector, next, done) = (connector.clone(), Arc::clone(&next), Arc::clone(&done));
            tokio::spawn(async move {
                while Instant::now() < end {
                    let endpoint = next.fetch_add(1, Ordering::Relaxed) % estate.endpoints;
                    let status = ask(&estate.place(endpoint), &connector).await;
                    let status = status.map_err(|error| error.to_string())?;
                    done.fetch_add(u64::from(status == 402), Ordering::Relaxed);
                }
                Ok::<_, String>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(done.load(Ordering::Relaxed))
}

async fn ask(place: &Place, connector: &TlsConnector) -> Result<u16, Failed> {
    let stream = TcpStream::connect((place.address, place.port)).await?;
    stream.set_nodelay(true)?;
    if !place.is_https {
        return exchange(stream, place).await;
    }
    let name = ServerName::try_from(place.host.clone())?;
    exchange(connector.connect(name, stream).await?, place).await
}

async fn exchange<S>(stream: S, place: &Place) -> Result<u16, Failed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(&place.path).header("host", &place.host);
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    let status = response.status().as_u16();
    response.into_body().collect().await?;
    connection.abort();
    Ok(status)
}
