//! A server that answers phoenixd's clients as badly as it is told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does after it has read a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Closes without a word.
    Close,
    /// Sends the beginning of an answer and closes.
    Break(&'static str),
    /// Answers with a status and a body.
    Answer(u16, String),
    /// Answers with so many bytes.
    Flood(usize),
    /// Keeps the connection and says nothing.
    Silence,
}

pub struct Double {
    pub address: SocketAddr,
    /// Payments that were asked for.
    pub payments: Arc<AtomicUsize>,
}

impl Double {
    /// A server with one reply to payments and one to everything else but `GET /getinfo`.
    pub async fn serve(payment: Reply, look_up: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let payments = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&payments);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (payment, look_up) = (payment.clone(), look_up.clone());
                let counter = Arc::clone(&counter);
                tokio::spawn(converse(stream, payment, look_up, counter));
            }
        });
        Self { address, payments }
    }
}

/// Reads one request, replies and closes.
async fn converse(
    mut stream: TcpStream,
    payment: Reply,
    look_up: Reply,
    counter: Arc<AtomicUsize>,
) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let reply = if request.starts_with("POST /payinvoice ") {
        counter.fetch_add(1, Ordering::SeqCst);
        payment
    } else if request.starts_with("GET /getinfo ") {
        Reply::Answer(200, "{\"chain\":\"regtest\"}".into())
    } else {
        look_up
    };
    match reply {
        Reply::Close => {}
        Reply::Break(text) => stream.write_all(text.as_bytes()).await.unwrap(),
        Reply::Answer(status, body) => {
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} x\r\nLocation: /\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            );
            stream.write_all(text.as_bytes()).await.unwrap();
        }
        Reply::Flood(length) => {
            let head = "HTTP/1.1 200 x\r\nConnection: close\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            // The client hangs up before the end.
            let _ = stream.write_all(&vec![b' '; length]).await;
        }
        Reply::Silence => std::future::pending().await,
    }
}

/// The text of a request, to the end of its body.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    loop {
        let mut bytes = [0; 4_096];
        let length = stream.read(&mut bytes).await.ok().filter(|read| *read > 0)?;
        text.push_str(&String::from_utf8_lossy(&bytes[..length]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let expected = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, length)| length.parse().unwrap());
        if body.len() >= expected {
            return Some(text);
        }
    }
}
