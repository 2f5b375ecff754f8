//! Servers that speak the wire formats of real wallets, with play money behind them.

pub mod cln;
pub mod lnbits;
pub mod lnd;
mod node;
pub mod nwc;
pub mod phoenixd;
mod socket;

pub use node::Node;

use crate::script::{Script, misbehave};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpListener;

const BODY_LEN_MAX: usize = 16 << 20;

/// Serves `router` on a free port, with the faults of `script`.
pub async fn serve(router: Router, script: Script, is_payment: fn(&Request) -> bool) -> SocketAddr {
    let layer = from_fn(move |request: Request, next: Next| {
        misbehave(script.clone(), is_payment, request, next)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router.layer(layer)).into_future());
    address
}

/// Changes an answer in JSON; another goes through as it is.
pub async fn rewrite(response: Response, change: impl FnOnce(&mut Value)) -> Response {
    let (mut head, body) = response.into_parts();
    let bytes = to_bytes(body, BODY_LEN_MAX).await.unwrap();
    let Ok(mut value) = serde_json::from_slice(&bytes) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    change(&mut value);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(value.to_string()))
}
