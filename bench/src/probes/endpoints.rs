//! The endpoints, a process of their own: every loopback address answers the same 402, and it is
//! counted how each host was asked.

use crate::{Failed, certificates, challenge};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const REQUEST_LEN_MAX: usize = 8 * 1_024;

#[derive(Default)]
struct Seen {
    now: u32,
    most: u32,
    last: Option<Instant>,
    gap: Option<Duration>,
}

struct Shared {
    answer: Vec<u8>,
    delay_ms: AtomicU64,
    hosts: Mutex<HashMap<IpAddr, Seen>>,
    requests: AtomicU64,
}

impl Shared {
    fn begin(&self, host: IpAddr) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = hosts.entry(host).or_default();
        seen.now += 1;
        seen.most = seen.most.max(seen.now);
        let now = Instant::now();
        let gap = seen.last.replace(now).map(|last| now.duration_since(last));
        seen.gap = [seen.gap, gap].into_iter().flatten().min();
    }

    fn end(&self, host: IpAddr) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = hosts.get_mut(&host) {
            seen.now -= 1;
        }
    }

    fn figures(&self) -> String {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let most = hosts.values().map(|seen| seen.most).max().unwrap_or_default();
        let gap = hosts.values().filter_map(|seen| seen.gap).min().unwrap_or_default();
        let requests = self.requests.load(Ordering::Relaxed);
        format!("{requests} {} {most} {}", hosts.len(), gap.as_millis())
    }

    fn reset(&self) {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.requests.store(0, Ordering::Relaxed);
    }
}

/// Answers until the process is ended. Prints both ports.
pub async fn serve(folder: &Path) -> Result<(), Failed> {
    let shared = Arc::new(Shared {
        answer: challenge::answer()?,
        delay_ms: AtomicU64::new(0),
        hosts: Mutex::default(),
        requests: AtomicU64::new(0),
    });
    let acceptor = TlsAcceptor::from(Arc::new(certificates::server_config(folder)?));
    let plain = TcpListener::bind("0.0.0.0:0").await?;
    let tls = TcpListener::bind("0.0.0.0:0").await?;
    println!("ports {} {}", plain.local_addr()?.port(), tls.local_addr()?.port());
    let both = (accept(plain, None, Arc::clone(&shared)), accept(tls, Some(acceptor), shared));
    tokio::join!(both.0, both.1);
    Ok(())
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(connection(stream, acceptor.clone(), Arc::clone(&shared)));
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let Ok(host) = stream.local_addr().map(|address| address.ip()) else { return };
    // The run itself asks at another address.
    let is_endpoint = host != IpAddr::from([127, 0, 0, 1]);
    if is_endpoint {
        shared.begin(host);
    }
    // Whoever goes away early is no concern of a benchmark.
    let _ = match acceptor {
        None => exchange(stream, &shared).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => exchange(stream, &shared).await,
            Err(error) => Err(error),
        },
    };
    if is_endpoint {
        shared.end(host);
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    shared: &Shared,
) -> std::io::Result<()> {
    let mut request = Vec::with_capacity(1_024);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() > REQUEST_LEN_MAX || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    if let Some(rest) = request.strip_prefix(b"GET /control/") {
        let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
        let text = control(shared, &String::from_utf8_lossy(word));
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        stream.write_all(format!("{head}{text}").as_bytes()).await?;
        return stream.shutdown().await;
    }
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let delay_ms = shared.delay_ms.load(Ordering::Relaxed);
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    stream.write_all(&shared.answer).await?;
    stream.shutdown().await
}

fn control(shared: &Shared, word: &str) -> String {
    match word.strip_prefix("delay/").and_then(|text| text.parse().ok()) {
        Some(delay_ms) => shared.delay_ms.store(delay_ms, Ordering::Relaxed),
        None if word == "reset" => shared.reset(),
        None => {}
    }
    shared.figures()
}
