//! `GET /listchannels`, `POST /openchannel` and `POST /closechannel`

use super::Node;
use super::error::ApiError;
use super::params::Params;
use crate::lightning::{ChannelRequest, CloseRequest, blocking};
use axum::Json;
use axum::extract::State;
use ldk_node::ChannelDetails;
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::lightning::ln::msgs::SocketAddress;
use serde::Serialize;

/// A channel. Balances are what can be sent and received through it, without the reserves that
/// both sides must leave in it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Channel {
    state: &'static str,
    channel_id: String,
    balance_sat: u64,
    inbound_liquidity_sat: u64,
    capacity_sat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    funding_tx_id: Option<String>,
    balance_msat: u64,
    inbound_liquidity_msat: u64,
    peer_id: String,
    is_announced: bool,
}

impl Channel {
    pub(super) fn of(channel: &ChannelDetails) -> Self {
        Self {
            state: match (channel.is_usable, channel.is_channel_ready) {
                (true, _) => "Normal",
                (false, true) => "Offline",
                (false, false) => "WaitForFundingConfirmed",
            },
            channel_id: channel.channel_id.to_string(),
            balance_sat: channel.outbound_capacity_msat / 1_000,
            inbound_liquidity_sat: channel.inbound_capacity_msat / 1_000,
            capacity_sat: channel.channel_value_sats,
            funding_tx_id: channel.funding_txo.map(|outpoint| outpoint.txid.to_string()),
            balance_msat: channel.outbound_capacity_msat,
            inbound_liquidity_msat: channel.inbound_capacity_msat,
            peer_id: channel.counterparty_node_id.to_string(),
            is_announced: channel.is_announced,
        }
    }
}

/// The channels, open and opening.
pub(super) async fn list(State(node): State<Node>) -> Result<Json<Vec<Channel>>, ApiError> {
    let channels = blocking(&node, |node| Ok(node.channels())).await?;
    Ok(Json(channels.iter().map(Channel::of).collect()))
}

/// Opens a channel of `amountSat` with `peer` (`NODE_ID@HOST:PORT`), gives the peer `pushSat` of
/// it, and announces it to the network with `announce=true`.
pub(super) async fn open(
    State(node): State<Node>,
    params: Params,
) -> Result<&'static str, ApiError> {
    let (peer, address) = peer(params.required("peer")?)?;
    let amount_msat = params.amount_msat("amountSat")?.ok_or(ApiError::Missing("amountSat"))?;
    let request = ChannelRequest {
        peer,
        address,
        amount_sat: amount_msat / 1_000,
        push_msat: params.amount_msat("pushSat")?,
        is_announced: params.flag("announce"),
    };
    blocking(&node, |node| node.open_channel(request)).await?;
    Ok("ok")
}

/// Closes the channel `channelId`; with `force=true` without the other side.
pub(super) async fn close(
    State(node): State<Node>,
    params: Params,
) -> Result<&'static str, ApiError> {
    if params.text("address").is_some() {
        let text = "the balance goes to the node's own wallet; leave address out".to_owned();
        return Err(ApiError::BadRequest(text));
    }
    let channel_id = params.required("channelId")?.to_owned();
    let request = CloseRequest { channel_id, is_forced: params.flag("force") };
    match blocking(&node, move |node| node.close_channel(&request)).await? {
        true => Ok("ok"),
        false => Err(ApiError::NotFound),
    }
}

fn peer(text: &str) -> Result<(PublicKey, SocketAddress), ApiError> {
    let parts = text
        .split_once('@')
        .and_then(|(id, address)| Some((id.parse().ok()?, address.parse().ok()?)));
    parts.ok_or(ApiError::Invalid { name: "peer", wanted: "NODE_ID@HOST:PORT" })
}
