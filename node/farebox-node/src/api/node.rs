//! `GET /getinfo` and `GET /getbalance`

use super::Node;
use super::channels::Channel;
use super::error::ApiError;
use crate::lightning::blocking;
use axum::Json;
use axum::extract::State;
use ldk_node::bitcoin::Network;
use serde::Serialize;

/// What this node can do beyond phoenixd's API; clients look here before they rely on it.
const EXTENSIONS: [&str; 2] = ["feeLimit", "holdInvoices"];
/// The API that this one is like, and what it is.
const VERSION: &str = concat!("0.8.0-farebox-node-", env!("CARGO_PKG_VERSION"));

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeInfo {
    node_id: String,
    channels: Vec<Channel>,
    chain: &'static str,
    block_height: u32,
    version: &'static str,
    extensions: [&'static str; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Balance {
    balance_sat: u64,
    fee_credit_sat: u64,
}

/// Who the node is.
pub(super) async fn info(State(node): State<Node>) -> Result<Json<NodeInfo>, ApiError> {
    let read = blocking(&node, |node| {
        Ok(NodeInfo {
            node_id: node.node_id(),
            channels: node.channels().iter().map(Channel::of).collect(),
            chain: chain(node.network()),
            block_height: node.height(),
            version: VERSION,
            extensions: EXTENSIONS,
        })
    });
    Ok(Json(read.await?))
}

/// What can be sent through the channels, but for fees.
pub(super) async fn balance(State(node): State<Node>) -> Result<Json<Balance>, ApiError> {
    let sum = blocking(&node, |node| {
        Ok(node.channels().iter().map(|channel| channel.outbound_capacity_msat).sum::<u64>())
    });
    Ok(Json(Balance { balance_sat: sum.await? / 1_000, fee_credit_sat: 0 }))
}

/// As phoenixd names it.
pub(super) const fn chain(network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "mainnet",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
        _ => "testnet",
    }
}
