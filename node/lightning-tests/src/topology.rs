//! Funding nodes and joining them with channels.

use crate::chain::ChainServer;
use crate::{Node, until};

/// Blocks until a reward can be spent.
const MATURITY: usize = 101;
/// Blocks until a channel is ready, and announced to others.
const CHANNEL_DEPTH: usize = 6;
const CAPACITY_SAT: &str = "10000000";

/// Who has what of a new channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of it is with the side that opens it.
    Opener,
    /// Both sides have some.
    Both,
}

/// Gives each node a block's reward that it can spend. Each needs some: for the channels that it
/// opens, and as a reserve for those that others open to it.
pub async fn fund(chain: &ChainServer, nodes: &[&Node]) {
    for node in nodes {
        let address = node.http.post("/getaddress", &[]).await.json();
        chain.mine_to(address["address"].as_str().unwrap());
    }
    chain.mine(MATURITY);
    for node in nodes {
        until("coins", async || {
            let balance = node.http.get("/getonchainbalance").await.json();
            (balance["spendableSat"].as_u64()? > 0).then_some(())
        })
        .await;
        node.follows_chain().await;
    }
}

/// Opens an announced channel and waits until both sides can use it.
pub async fn open_channel(chain: &ChainServer, from: &Node, to: &Node, share: Share) {
    let before = fundings(from, false).await;
    let peer = to.peer_address().await;
    let mut form = vec![("peer", peer.as_str()), ("amountSat", CAPACITY_SAT), ("announce", "true")];
    if share == Share::Both {
        form.push(("pushSat", "4000000"));
    }
    let opened = from.http.post("/openchannel", &form).await;
    assert_eq!((opened.status, opened.text.as_str()), (200, "ok"));
    let funding = until("a new channel", async || {
        fundings(from, false).await.into_iter().find(|funding| !before.contains(funding))
    })
    .await;
    for node in [from, to] {
        until("a channel that can be used", async || {
            // Whatever waits: the funding may come after something else.
            if chain.waiting() > 0 {
                chain.mine(CHANNEL_DEPTH);
            }
            fundings(node, true).await.contains(&funding).then_some(())
        })
        .await;
    }
}

/// The funding transactions of a node's channels, or of those that can be used.
async fn fundings(node: &Node, usable_only: bool) -> Vec<String> {
    let channels = node.http.get("/listchannels").await.json();
    let wanted = channels.as_array().unwrap().iter();
    let wanted = wanted.filter(|channel| !usable_only || channel["state"] == "Normal");
    wanted.filter_map(|channel| Some(channel["fundingTxId"].as_str()?.to_owned())).collect()
}

/// Waits until the first of a row of nodes has heard of the channels on the way to the last, by
/// paying a satoshi. Announcements go out with new blocks, so that these are mined until it works.
pub async fn announced_route_is_known(chain: &ChainServer, row: &[Node]) {
    let [payer, .., payee] = row else { panic!("a row has two ends") };
    let total = total_msat(row).await;
    until("a route", async || {
        let invoice = payee.invoice(1, "is there a way?").await;
        let answer = payer.pay(&invoice, None).await.json();
        if answer["type"] == "payment_sent" {
            return Some(());
        }
        chain.mine(1);
        payer.follows_chain().await;
        payee.follows_chain().await;
        None
    })
    .await;
    until("the end of that payment", async || (total_msat(row).await == total).then_some(())).await;
}

/// What all can send together; while a payment is under way it is less.
async fn total_msat(nodes: &[Node]) -> u64 {
    let mut total = 0;
    for node in nodes {
        total += node.balance_msat().await;
    }
    total
}
