//! Opening and closing channels.

use super::{Lightning, LightningError};
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::lightning::ln::msgs::SocketAddress;

/// A channel to open.
#[derive(Debug)]
pub(crate) struct ChannelRequest {
    pub(crate) peer: PublicKey,
    pub(crate) address: SocketAddress,
    pub(crate) amount_sat: u64,
    /// Given to the peer when the channel opens.
    pub(crate) push_msat: Option<u64>,
    /// Whether the network is to hear of it, so that others may route through it.
    pub(crate) is_announced: bool,
}

/// A channel to close.
#[derive(Debug)]
pub(crate) struct CloseRequest {
    /// As the list of channels shows it.
    pub(crate) channel_id: String,
    /// Without the other side, which costs more and takes longer.
    pub(crate) is_forced: bool,
}

impl Lightning {
    /// Connects to a node and opens a channel with it; it is ready once its funding is deep
    /// enough in the chain.
    ///
    /// # Errors
    ///
    /// There are not enough coins, or the peer cannot be reached.
    pub(crate) fn open_channel(&self, request: ChannelRequest) -> Result<(), LightningError> {
        let ChannelRequest { peer, address, amount_sat, push_msat, is_announced } = request;
        if is_announced {
            self.node.open_announced_channel(peer, address, amount_sat, push_msat, None)?;
        } else {
            self.node.open_channel(peer, address, amount_sat, push_msat, None)?;
        }
        Ok(())
    }

    /// Closes a channel; its balance goes to the on-chain wallet. Says whether there was one.
    ///
    /// # Errors
    ///
    /// The library refuses, such as when the peer is not connected.
    pub(crate) fn close_channel(&self, request: &CloseRequest) -> Result<bool, LightningError> {
        let channels = self.node.list_channels();
        let wanted = |id: &str| id.eq_ignore_ascii_case(&request.channel_id);
        let Some(channel) = channels.iter().find(|one| wanted(&one.channel_id.to_string())) else {
            return Ok(false);
        };
        let (id, peer) = (&channel.user_channel_id, channel.counterparty_node_id);
        if request.is_forced {
            self.node.force_close_channel(id, peer, None)?;
        } else {
            self.node.close_channel(id, peer)?;
        }
        Ok(true)
    }
}
