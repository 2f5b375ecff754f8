//! Servers that speak the wire formats of real wallets, with play money behind them.

pub mod cln;
pub mod lnbits;
pub mod lnd;
mod node;
pub mod nwc;
pub mod phoenixd;

pub use node::Node;

use crate::script::{Script, misbehave};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use std::net::SocketAddr;
use tokio::net::TcpListener;

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
