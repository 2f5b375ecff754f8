//! What a crash leaves behind, put right before the node starts.

use super::Lightning;
use super::events::kind_preimage;
use crate::problem::Problem;
use crate::store::{Attempt, Outgoing, Store, StoreError};
use ldk_node::Node;
use ldk_node::io::sqlite_store::KV_TABLE_NAME;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning_types::payment::PaymentHash;
use ldk_node::payment::{PaymentDetails, PaymentDirection, PaymentKind, PaymentStatus};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

const NEVER_SENT: &str = "the node stopped before the payment was sent";

/// The recorded attempts that the library cannot have sent.
///
/// The library writes a payment's hash into a channel's state before the other side hears of the
/// payment. So an attempt whose hash is nowhere in its database, but for its own list of
/// payments, was never sent. To be asked before the library is opened.
pub(super) fn never_sent(store: &Store, channels: &Path) -> Result<Vec<Outgoing>, StoreError> {
    let mut pending = store.pending()?;
    if pending.is_empty() || !channels.exists() {
        return Ok(pending);
    }
    // To write, because a crash may have left a half-written page to be rolled back first.
    let connection = Connection::open_with_flags(channels, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM {KV_TABLE_NAME} \
         WHERE primary_namespace <> 'payments' AND instr(value, ?1) > 0)"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut unsent = Vec::new();
    for payment in pending.drain(..) {
        let mentioned: bool = statement.query_row([payment.hash.0], |row| row.get(0))?;
        if !mentioned {
            unsent.push(payment);
        }
    }
    Ok(unsent)
}

/// Brings the record up to what the library knows. Events that it has not delivered yet follow
/// when it runs.
pub(super) fn put_right(node: &Node, store: &Store, unsent: &[Outgoing]) -> Result<(), Problem> {
    for details in node.list_payments_with_filter(is_made) {
        match details.direction {
            PaymentDirection::Inbound => received(store, &details)?,
            PaymentDirection::Outbound => sent(store, &details)?,
        }
    }
    for payment in unsent {
        forget_unsent(node, store, payment)?;
    }
    Ok(())
}

/// Lets an attempt that was never sent be made again.
fn forget_unsent(node: &Node, store: &Store, payment: &Outgoing) -> Result<(), Problem> {
    let id = PaymentId(payment.hash.0);
    let listed = node.payment(&id).filter(|made| made.direction == PaymentDirection::Outbound);
    if listed.as_ref().is_some_and(|made| made.status == PaymentStatus::Succeeded) {
        return Ok(());
    }
    if listed.is_some() {
        node.remove_payment(&id)?;
    }
    tracing::warn!(hash = %payment.hash, "{NEVER_SENT}");
    Ok(store.failed(payment.hash, NEVER_SENT)?)
}

impl Lightning {
    /// Claims again what hold invoices were to claim when the node stopped.
    ///
    /// # Errors
    ///
    /// The record cannot be read. A claim that the library refuses is only logged: its payment
    /// has gone back.
    pub(crate) fn finish_claims(&self) -> Result<(), StoreError> {
        for held in self.store.unfinished_claims()? {
            let Some((amount_msat, preimage)) = held.held_msat.zip(held.preimage) else { continue };
            let hash = held.hash;
            let claimed = self.node.bolt11_payment().claim_for_hash(hash, amount_msat, preimage);
            if let Err(error) = claimed {
                tracing::warn!(%hash, %error, "a held payment cannot be claimed any more");
            }
        }
        Ok(())
    }
}

fn is_made(details: &&PaymentDetails) -> bool {
    details.status == PaymentStatus::Succeeded
        && !matches!(details.kind, PaymentKind::Onchain { .. })
}

fn received(store: &Store, details: &PaymentDetails) -> Result<(), StoreError> {
    let hash = PaymentHash(details.id.0);
    let amount_msat = details.amount_msat.unwrap_or(0);
    if store.settle(hash, amount_msat, kind_preimage(&details.kind))? {
        tracing::warn!(%hash, amount_msat, "a payment was received just before the node stopped");
    }
    Ok(())
}

fn sent(store: &Store, details: &PaymentDetails) -> Result<(), StoreError> {
    let hash = PaymentHash(details.id.0);
    let Some(preimage) = kind_preimage(&details.kind) else { return Ok(()) };
    let amount_msat = details.amount_msat.unwrap_or(0);
    let attempt = Attempt { hash, invoice: String::new(), amount_msat };
    store.paid(&attempt, preimage, details.fee_paid_msat.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(byte: u8) -> Attempt {
        Attempt { hash: PaymentHash([byte; 32]), invoice: "lnbcrt1".into(), amount_msat: 1 }
    }

    #[test]
    fn only_what_the_library_never_wrote_down_was_never_sent() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("payments.sqlite")).unwrap();
        let channels = folder.path().join("channels.sqlite");
        for byte in [1, 2, 3] {
            store.begin(&attempt(byte)).unwrap();
        }
        assert_eq!(never_sent(&store, &channels).unwrap().len(), 3, "no channels at all");
        let connection = Connection::open(&channels).unwrap();
        let table = format!("CREATE TABLE {KV_TABLE_NAME} (primary_namespace, value BLOB)");
        connection.execute(&table, []).unwrap();
        let insert = format!("INSERT INTO {KV_TABLE_NAME} VALUES (?1, ?2)");
        let in_a_channel = [vec![0, 7], vec![1; 32], vec![9]].concat();
        connection.execute(&insert, ("monitors", in_a_channel)).unwrap();
        connection.execute(&insert, ("payments", vec![2_u8; 32])).unwrap();
        let unsent = never_sent(&store, &channels).unwrap();
        let mut hashes: Vec<u8> = unsent.iter().map(|payment| payment.hash.0[0]).collect();
        hashes.sort_unstable();
        assert_eq!(hashes, [2, 3]);
    }
}
