//! Puts the Lightning library together from the settings.

use super::{library_log, recovery};
use crate::data_dir::{DataDir, Seed};
use crate::problem::Problem;
use crate::settings::{ChainSource, Settings};
use crate::store::Store;
use ldk_node::bitcoin::Network;
use ldk_node::{Builder, Node};
use std::sync::Arc;

/// A node that is not running yet, with its record put right.
pub(crate) struct Assembled {
    pub(super) node: Node,
    pub(super) store: Store,
    pub(super) network: Network,
}

/// Opens what is in the data folder. Call it outside of the async runtime: the library then has
/// one of its own.
///
/// # Errors
///
/// Something in the folder cannot be used, or belongs to another network.
pub(crate) fn assemble(settings: &Settings, data: &DataDir) -> Result<Assembled, Problem> {
    let seed = Seed::open(data)?;
    let store = Store::open(&data.payments_database())?;
    let unsent = recovery::never_sent(&store, &data.channels_database())?;
    let node = build(settings, data, &seed)?;
    recovery::put_right(&node, &store, &unsent)?;
    Ok(Assembled { node, store, network: settings.network })
}

fn build(settings: &Settings, data: &DataDir, seed: &Seed) -> Result<Node, Problem> {
    let folder = data.path().to_str();
    let folder = folder.ok_or_else(|| Problem::Data("the data folder's name is no text".into()))?;
    let mut builder = Builder::new();
    builder
        .set_network(settings.network)
        .set_storage_dir_path(folder.to_owned())
        .set_entropy_bip39_mnemonic(seed.0.clone(), None)
        .set_custom_logger(Arc::new(library_log::ToTracing));
    set_chain(&mut builder, &settings.chain);
    if let Some(url) = &settings.rapid_gossip {
        builder.set_gossip_source_rgs(url.clone());
    }
    if !settings.listen.is_empty() {
        builder.set_listening_addresses(settings.listen.clone())?;
    }
    if !settings.announce.is_empty() {
        builder.set_announcement_addresses(settings.announce.clone())?;
    }
    if let Some(alias) = &settings.alias {
        builder.set_node_alias(alias.clone())?;
    }
    Ok(builder.build()?)
}

fn set_chain(builder: &mut Builder, chain: &ChainSource) {
    match chain {
        ChainSource::Esplora(url) => builder.set_chain_source_esplora(url.clone(), None),
        ChainSource::Electrum(url) => builder.set_chain_source_electrum(url.clone(), None),
        ChainSource::Bitcoind { host, port, user, password } => builder
            .set_chain_source_bitcoind_rpc(host.clone(), *port, user.clone(), password.clone()),
    };
}
