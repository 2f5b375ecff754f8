//! `GET /getinfo` and `GET /getbalance`

use super::error::ApiError;
use crate::PlayWallet;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

/// The API that this one is like.
const VERSION: &str = "0.8.0-play";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeInfo {
    node_id: String,
    channels: [Channel; 1],
    chain: &'static str,
    block_height: u32,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    state: &'static str,
    balance_sat: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Balance {
    balance_sat: u64,
    fee_credit_sat: u64,
}

/// Who the wallet is. All its money counts as one channel, on a chain that has only begun.
pub(super) async fn info(State(wallet): State<PlayWallet>) -> Result<Json<NodeInfo>, ApiError> {
    let balance = wallet.spendable().await?;
    Ok(Json(NodeInfo {
        node_id: wallet.node_id(),
        channels: [Channel { state: "Normal", balance_sat: balance.to_sats_floor().get() }],
        chain: "regtest",
        block_height: 0,
        version: VERSION,
    }))
}

/// What the wallet can spend.
pub(super) async fn balance(State(wallet): State<PlayWallet>) -> Result<Json<Balance>, ApiError> {
    let balance = wallet.spendable().await?;
    Ok(Json(Balance { balance_sat: balance.to_sats_floor().get(), fee_credit_sat: 0 }))
}
