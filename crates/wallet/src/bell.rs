//! A socket on which a wallet tells that something happened.
//!
//! What it tells is never believed: it is a reason to look now instead of at the next turn. While
//! the socket is down, looking goes on at the usual pace.

use futures_util::{SinkExt, StreamExt};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, Request};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};
use url::Url;

/// Longer messages end the connection; real ones are about a kilobyte.
const MESSAGE_LEN_MAX: usize = 256 * 1_024;
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// Before the first new attempt to connect; each further one waits twice as long.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// Of two such silences the first is answered with a question and the second with a new
/// connection.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Between two looks, however often it rings.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// Rings when the wallet tells something.
pub(crate) struct Bell {
    line: Option<Arc<Line>>,
    rung: Arc<Notify>,
    listener: OnceLock<AbortHandle>,
}

/// Where the socket is.
struct Line {
    request: Request<()>,
    /// The platform's authorities where it is `None`.
    tls: Option<Connector>,
}

impl Bell {
    /// A bell at the socket that belongs to `page`, an address that begins with `http` or `https`;
    /// without one that could be asked for, it never rings.
    pub(crate) fn new(
        page: Url,
        header: Option<(HeaderName, HeaderValue)>,
        tls: Option<Connector>,
    ) -> Self {
        let line = request(page, header).map(|request| Arc::new(Line { request, tls }));
        Self { line, rung: Arc::default(), listener: OnceLock::new() }
    }

    /// Waits until it rings, up to `longest`. It listens from the first call on.
    pub(crate) async fn wait(&self, longest: Duration) {
        self.listen();
        let least = tokio::time::sleep(longest.min(PAUSE_MIN));
        // Whether it rang or the time is over, the wallet's list has the truth.
        let _ = tokio::join!(least, tokio::time::timeout(longest, self.rung.notified()));
    }

    fn listen(&self) {
        let Some(line) = &self.line else { return };
        self.listener.get_or_init(|| {
            let listening = listen(Arc::clone(line), Arc::clone(&self.rung));
            tokio::spawn(listening).abort_handle()
        });
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get() {
            listener.abort();
        }
    }
}

impl fmt::Debug for Bell {
    /// Without the address, which may hold a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bell")
    }
}

fn request(page: Url, header: Option<(HeaderName, HeaderValue)>) -> Option<Request<()>> {
    let mut url = page;
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).ok()?;
    let mut request = url.as_str().into_client_request().ok()?;
    request.headers_mut().extend(header);
    Some(request)
}

/// Listens for ever, on one connection after the other.
async fn listen(line: Arc<Line>, rung: Arc<Notify>) {
    let mut pause = RETRY_FIRST;
    loop {
        if let Ok(socket) = connect(&line).await {
            // Something may have happened while nobody listened.
            rung.notify_one();
            if hear_out(socket, &rung).await {
                pause = RETRY_FIRST;
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_MAX);
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(line: &Line) -> Result<Socket, Error> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_LEN_MAX))
        .max_frame_size(Some(MESSAGE_LEN_MAX));
    let (request, tls) = (line.request.clone(), line.tls.clone());
    let connecting = connect_async_tls_with_config(request, Some(config), true, tls);
    let connected = tokio::time::timeout(CONNECT_WAIT, connecting).await;
    Ok(connected.map_err(|_| Error::ConnectionClosed)??.0)
}

/// Rings for every message until the connection is over; returns whether there was any.
async fn hear_out(mut socket: Socket, rung: &Notify) -> bool {
    let (mut heard, mut asked) = (false, false);
    loop {
        match tokio::time::timeout(SILENCE_MAX, socket.next()).await {
            Ok(Some(Ok(message))) => {
                asked = false;
                if matches!(message, Message::Text(_) | Message::Binary(_)) {
                    heard = true;
                    rung.notify_one();
                }
            }
            Err(_) if !asked && socket.send(Message::Ping(Bytes::new())).await.is_ok() => {
                asked = true;
            }
            Ok(Some(Err(_)) | None) | Err(_) => return heard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_async;

    const HOUR: Duration = Duration::from_secs(3_600);
    const PATIENCE: Duration = Duration::from_secs(30);

    async fn rings(bell: &Bell) {
        tokio::time::timeout(PATIENCE, bell.wait(HOUR)).await.expect("it rings");
    }

    async fn stays_silent(bell: &Bell) {
        let rung = tokio::time::timeout(Duration::from_millis(300), bell.wait(HOUR)).await;
        assert!(rung.is_err(), "it rings without a reason");
    }

    async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
        let (stream, _) = listener.accept().await.unwrap();
        accept_async(stream).await.unwrap()
    }

    #[tokio::test]
    async fn it_rings_for_a_message_and_for_a_new_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = format!("http://{}/events", listener.local_addr().unwrap());
        let bell = Bell::new(page.parse().unwrap(), None, None);
        let (mut socket, ()) = tokio::join!(accept(&listener), rings(&bell));
        stays_silent(&bell).await;
        socket.send(Message::Ping(Bytes::new())).await.unwrap();
        stays_silent(&bell).await;
        socket.send(Message::text("{}")).await.unwrap();
        rings(&bell).await;
        drop(socket);
        let (mut socket, ()) = tokio::join!(accept(&listener), rings(&bell));
        socket.send(Message::text("not even JSON")).await.unwrap();
        rings(&bell).await;
        drop(bell);
        let end = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
        assert!(!matches!(end, Some(Ok(Message::Text(_)))), "it has hung up");
    }

    #[tokio::test]
    async fn without_a_server_it_only_waits() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = format!("https://{}/", listener.local_addr().unwrap());
        drop(listener);
        let bell = Bell::new(page.parse().unwrap(), None, None);
        tokio::time::timeout(PATIENCE, bell.wait(Duration::from_millis(50))).await.unwrap();
        stays_silent(&bell).await;
    }
}
