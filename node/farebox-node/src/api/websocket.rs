//! `GET /websocket`: a message per payment that is received.

use super::Node;
use crate::lightning::{Notice, blocking};
use crate::store::now_ms;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use ldk_node::lightning_types::payment::PaymentHash;
use serde::Serialize;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Clients send nothing but pongs.
const MESSAGE_LEN_MAX: usize = 4_096;
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// A client that does not read for so long is let go.
const SEND_WAIT: Duration = Duration::from_secs(10);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentReceived {
    r#type: &'static str,
    timestamp: u64,
    amount_sat: u64,
    payment_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
}

/// Sends `payment_received` from now on. A client that falls behind is let go, so that it looks
/// at the list again instead of missing one.
pub(super) async fn handle(State(node): State<Node>, upgrade: WebSocketUpgrade) -> Response {
    let notices = node.notices();
    upgrade.max_message_size(MESSAGE_LEN_MAX).on_upgrade(move |socket| async move {
        // However it ends, the client connects anew.
        let _ = serve(node, notices, socket).await;
    })
}

async fn serve(
    node: Node,
    mut notices: Receiver<Notice>,
    mut socket: WebSocket,
) -> Result<(), axum::Error> {
    let mut pings = interval(PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            notice = notices.recv() => match notice {
                Ok(Notice::Received(hash)) => {
                    let Some(text) = message(&node, hash).await else { return Ok(()) };
                    send(&mut socket, Message::text(text)).await?;
                }
                Ok(Notice::Held(_) | Notice::Ended(_)) => {}
                Err(_) => return Ok(()),
            },
            received = socket.recv() => match received {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            },
            _ = pings.tick() => send(&mut socket, Message::Ping(Vec::new().into())).await?,
        }
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), axum::Error> {
    timeout(SEND_WAIT, socket.send(message)).await.map_err(axum::Error::new)?
}

async fn message(node: &Node, hash: PaymentHash) -> Option<String> {
    let payment = blocking(node, move |node| node.incoming(hash)).await.ok()??;
    let message = PaymentReceived {
        r#type: "payment_received",
        timestamp: now_ms(),
        amount_sat: payment.received_msat.unwrap_or(0) / 1_000,
        payment_hash: hash.to_string(),
        external_id: payment.external_id,
    };
    serde_json::to_string(&message).ok()
}
