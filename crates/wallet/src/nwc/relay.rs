//! One connection to a relay, and those that wait to be used again.

use super::event::Event;
use crate::http::{Unanswered, harmless};
use farebox_net::prepare_tls;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use url::Url;

/// Longer messages end the connection; an encrypted answer is up to 90 kilobytes.
const MESSAGE_LEN_MAX: usize = 512 * 1_024;
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// Relays hang up on those who are silent for longer.
const IDLE_MAX: Duration = Duration::from_secs(20);
const IDLE_COUNT_MAX: usize = 4;

/// A connection.
pub(super) struct Relay {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a relay says, as far as it matters.
pub(super) enum Told {
    /// An event for a subscription.
    Event(Box<Event>),
    /// Whether an event was taken, and why not.
    Taken { id: String, taken: bool, reason: String },
    /// Everything that is stored was told.
    End,
    /// A subscription was refused.
    Closed(String),
    /// Something else.
    Other,
}

impl Relay {
    /// Connects to the first of `relays` that answers.
    pub(super) async fn connect(relays: &[Url]) -> Result<Self, Unanswered> {
        let mut reason = "no relay".to_owned();
        for url in relays {
            match Self::connect_to(url).await {
                Ok(relay) => return Ok(relay),
                Err(error) => reason = error,
            }
        }
        Err(Unanswered::NotSent(reason))
    }

    async fn connect_to(url: &Url) -> Result<Self, String> {
        prepare_tls();
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_LEN_MAX))
            .max_frame_size(Some(MESSAGE_LEN_MAX));
        let connecting = connect_async_with_config(url.as_str(), Some(config), true);
        match tokio::time::timeout(CONNECT_WAIT, connecting).await {
            Ok(Ok((socket, _))) => Ok(Self { socket }),
            Ok(Err(error)) => Err(harmless(&error.to_string())),
            Err(_) => Err("no answer in time".into()),
        }
    }

    /// Sends a message.
    pub(super) async fn send(&mut self, message: &Value) -> Result<(), Unanswered> {
        let sent = self.socket.send(Message::text(message.to_string())).await;
        sent.map_err(|error| Unanswered::Unknown(harmless(&error.to_string())))
    }

    /// The next message. The caller bounds the time.
    pub(super) async fn next(&mut self) -> Result<Told, Unanswered> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(told(&text)),
                Some(Ok(Message::Close(_))) | None => {
                    return Err(Unanswered::Unknown("the relay closed the connection".into()));
                }
                // Pings are answered by the library.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Unanswered::Unknown(harmless(&error.to_string()))),
            }
        }
    }
}

fn told(text: &str) -> Told {
    let message: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let text_at = |position: usize| message.get(position).and_then(Value::as_str);
    let owned = |position: usize| text_at(position).unwrap_or_default().to_owned();
    match text_at(0) {
        Some("EVENT") => {
            let event =
                message.get(2).cloned().and_then(|event| serde_json::from_value(event).ok());
            event.map_or(Told::Other, |event| Told::Event(Box::new(event)))
        }
        Some("OK") => {
            let taken = message.get(2).and_then(Value::as_bool).unwrap_or_default();
            Told::Taken { id: owned(1), taken, reason: harmless(&owned(3)) }
        }
        Some("EOSE") => Told::End,
        Some("CLOSED") => Told::Closed(harmless(&owned(2))),
        _ => Told::Other,
    }
}

/// Connections that were used and may be used again, with the time of their last use.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<(Relay, Instant)>>);

impl Pool {
    /// Takes the connection that was used last, if that was lately.
    pub(super) fn take(&self) -> Option<Relay> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, at)| at.elapsed() < IDLE_MAX);
        idle.pop().map(|(relay, _)| relay)
    }

    /// Keeps a connection on which nothing is open.
    pub(super) fn put_back(&self, relay: Relay) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, at)| at.elapsed() < IDLE_MAX);
        if idle.len() < IDLE_COUNT_MAX {
            idle.push((relay, Instant::now()));
        }
    }
}
