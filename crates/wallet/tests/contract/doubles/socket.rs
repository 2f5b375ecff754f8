//! A socket on which a server tells of every settlement.

use super::Node;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::SinkExt;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Takes the socket and sends `message` for every settlement from now on.
pub fn open(node: Node, request: Request, message: Value) -> Response {
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY);
    let Some(key) = key.filter(|_| !node.script.plan().is_silent) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(request).await.unwrap();
        let stream = TokioIo::new(upgraded);
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        let mut known = node.settled(0, Duration::ZERO).await.len() as u64;
        node.script.sockets.fetch_add(1, Ordering::SeqCst);
        loop {
            known += node.settled(known, Duration::from_secs(3_600)).await.len() as u64;
            // LNbits tells everything twice.
            for _ in 0..2 {
                if socket.send(Message::text(message.to_string())).await.is_err() {
                    return;
                }
            }
        }
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .body(Body::empty())
        .unwrap()
}
