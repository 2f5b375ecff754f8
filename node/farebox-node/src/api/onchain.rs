//! `POST /getaddress` and `GET /getonchainbalance`

use super::Node;
use super::error::ApiError;
use crate::lightning::blocking;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Address {
    address: String,
}

/// Coins in satoshis.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Balance {
    total_sat: u64,
    spendable_sat: u64,
    reserve_sat: u64,
}

/// A new address to fund the node at.
pub(super) async fn address(State(node): State<Node>) -> Result<Json<Address>, ApiError> {
    let address = blocking(&node, |node| node.new_address()).await?;
    Ok(Json(Address { address }))
}

/// What channels can be funded from.
pub(super) async fn balance(State(node): State<Node>) -> Result<Json<Balance>, ApiError> {
    let coins = blocking(&node, |node| Ok(node.coins())).await?;
    Ok(Json(Balance {
        total_sat: coins.total_sat,
        spendable_sat: coins.spendable_sat,
        reserve_sat: coins.reserve_sat,
    }))
}
