//! Payments to this node.

use super::{Page, Store, StoreError, now_ms, values};
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

const COLUMNS: &str = "payment_hash, preimage, invoice, description, external_id, requested_msat, \
    is_hold, held_msat, claim_deadline, cancelled_at_ms, received_msat, created_at_ms, \
    expires_at_ms, completed_at_ms";

/// An invoice that was made just now.
#[derive(Debug)]
pub(crate) struct NewInvoice {
    pub(crate) hash: PaymentHash,
    pub(crate) invoice: String,
    pub(crate) description: Option<String>,
    pub(crate) external_id: Option<String>,
    /// `None` when the payer chooses.
    pub(crate) requested_msat: Option<u64>,
    pub(crate) is_hold: bool,
    pub(crate) expires_at_ms: u64,
}

/// An invoice, or a payment that came without one. Times in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) hash: PaymentHash,
    /// Known once it is settled, or is to be.
    pub(crate) preimage: Option<PaymentPreimage>,
    pub(crate) invoice: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) requested_msat: Option<u64>,
    pub(crate) is_hold: bool,
    pub(crate) held_msat: Option<u64>,
    /// The height at which what is held goes back to the payer.
    pub(crate) claim_deadline: Option<u32>,
    pub(crate) is_cancelled: bool,
    pub(crate) received_msat: Option<u64>,
    pub(crate) created_at_ms: u64,
    pub(crate) expires_at_ms: Option<u64>,
    pub(crate) completed_at_ms: Option<u64>,
}

/// What became of a change to a hold invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldChange {
    /// It is so now, or was before.
    Done,
    /// It was settled, cancelled or never made.
    Refused,
}

impl Incoming {
    /// Whether a payment has arrived and waits for its preimage, at a height of the chain.
    pub(crate) fn is_held(&self, height: u32) -> bool {
        let waits = self.completed_at_ms.is_none() && !self.is_cancelled;
        let in_time = self.claim_deadline.is_none_or(|deadline| height < deadline);
        self.held_msat.is_some() && waits && in_time
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let hash: Vec<u8> = row.get("payment_hash")?;
        let cancelled_at: Option<u64> = row.get("cancelled_at_ms")?;
        Ok(Self {
            hash: values::hash(&hash)?,
            preimage: values::preimage(row.get("preimage")?)?,
            invoice: row.get("invoice")?,
            description: row.get("description")?,
            external_id: row.get("external_id")?,
            requested_msat: row.get("requested_msat")?,
            is_hold: row.get("is_hold")?,
            held_msat: row.get("held_msat")?,
            claim_deadline: row.get("claim_deadline")?,
            is_cancelled: cancelled_at.is_some(),
            received_msat: row.get("received_msat")?,
            created_at_ms: row.get("created_at_ms")?,
            expires_at_ms: row.get("expires_at_ms")?,
            completed_at_ms: row.get("completed_at_ms")?,
        })
    }
}

impl Store {
    /// Records an invoice; the first one of a payment hash stays.
    pub(crate) fn add_invoice(&self, new: &NewInvoice) -> Result<(), StoreError> {
        self.lock()
            .prepare_cached(
                "INSERT INTO incoming (payment_hash, invoice, description, external_id, \
             requested_msat, is_hold, created_at_ms, expires_at_ms) \
             VALUES (:hash, :invoice, :description, :external, :requested, :hold, :now, :expires) \
             ON CONFLICT (payment_hash) DO UPDATE SET invoice = excluded.invoice, \
             description = excluded.description, external_id = excluded.external_id, \
             requested_msat = excluded.requested_msat, expires_at_ms = excluded.expires_at_ms \
             WHERE incoming.invoice IS NULL",
            )?
            .execute(named_params! {
                ":hash": new.hash.0,
                ":invoice": new.invoice,
                ":description": new.description,
                ":external": new.external_id,
                ":requested": new.requested_msat,
                ":hold": new.is_hold,
                ":now": now_ms(),
                ":expires": new.expires_at_ms,
            })?;
        Ok(())
    }

    /// Records that a payment was received, once. Its time is never before that of one recorded
    /// earlier, so that a reader who goes on from the newest time misses none when the clock is
    /// set back. Says whether it is news.
    pub(crate) fn settle(
        &self,
        hash: PaymentHash,
        received_msat: u64,
        preimage: Option<PaymentPreimage>,
    ) -> Result<bool, StoreError> {
        let changed = self
            .lock()
            .prepare_cached(
                "INSERT INTO incoming (payment_hash, preimage, is_hold, received_msat, \
             created_at_ms, completed_at_ms) \
             VALUES (:hash, :preimage, 0, :received, :now, \
             max(:now, coalesce((SELECT max(completed_at_ms) FROM incoming), 0))) \
             ON CONFLICT (payment_hash) DO UPDATE SET \
             preimage = coalesce(excluded.preimage, incoming.preimage), \
             received_msat = excluded.received_msat, \
             completed_at_ms = excluded.completed_at_ms \
             WHERE incoming.completed_at_ms IS NULL",
            )?
            .execute(named_params! {
                ":hash": hash.0,
                ":preimage": preimage.map(|preimage| preimage.0),
                ":received": received_msat,
                ":now": now_ms(),
            })?;
        Ok(changed > 0)
    }

    /// Records that a payment of a hold invoice has arrived.
    pub(crate) fn hold(
        &self,
        hash: PaymentHash,
        held_msat: u64,
        claim_deadline: Option<u32>,
    ) -> Result<(), StoreError> {
        self.lock()
            .prepare_cached(
                "UPDATE incoming SET held_msat = ?2, claim_deadline = ?3 \
             WHERE payment_hash = ?1 AND is_hold AND completed_at_ms IS NULL",
            )?
            .execute((hash.0, held_msat, claim_deadline))?;
        Ok(())
    }

    /// Records that what a hold invoice holds is to be claimed; from then on it cannot be
    /// cancelled.
    pub(crate) fn intend_to_claim(
        &self,
        hash: PaymentHash,
        preimage: PaymentPreimage,
    ) -> Result<HoldChange, StoreError> {
        let connection = self.lock();
        let changed = connection
            .prepare_cached(
                "UPDATE incoming SET preimage = ?2 WHERE payment_hash = ?1 AND is_hold \
             AND cancelled_at_ms IS NULL",
            )?
            .execute((hash.0, preimage.0))?;
        Ok(if changed > 0 { HoldChange::Done } else { HoldChange::Refused })
    }

    /// Records that a hold invoice is cancelled; from then on it cannot be claimed.
    pub(crate) fn cancel(&self, hash: PaymentHash) -> Result<HoldChange, StoreError> {
        let connection = self.lock();
        let changed = connection
            .prepare_cached(
                "UPDATE incoming SET cancelled_at_ms = coalesce(cancelled_at_ms, ?2) \
             WHERE payment_hash = ?1 AND is_hold AND preimage IS NULL \
             AND completed_at_ms IS NULL",
            )?
            .execute((hash.0, now_ms()))?;
        Ok(if changed > 0 { HoldChange::Done } else { HoldChange::Refused })
    }

    /// One payment by its hash.
    pub(crate) fn incoming(&self, hash: PaymentHash) -> Result<Option<Incoming>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM incoming WHERE payment_hash = ?1");
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&sql)?;
        statement.query_row([hash.0], |row| Ok(Incoming::read(row))).optional()?.transpose()
    }

    /// Hold invoices that are to be claimed and are not settled.
    pub(crate) fn unfinished_claims(&self) -> Result<Vec<Incoming>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM incoming WHERE is_hold AND preimage IS NOT NULL \
             AND completed_at_ms IS NULL AND held_msat IS NOT NULL"
        );
        read_all(&self.lock(), &sql, &[])
    }

    /// The hashes of some invoices that expired before a time, were not paid and hold nothing.
    pub(crate) fn lapsed(&self, before_ms: u64, max: u32) -> Result<Vec<PaymentHash>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT payment_hash FROM incoming WHERE expires_at_ms < ?1 \
             AND completed_at_ms IS NULL AND (held_msat IS NULL OR cancelled_at_ms IS NOT NULL) \
             ORDER BY expires_at_ms LIMIT ?2",
        )?;
        let rows = statement.query_map((before_ms, max), |row| row.get::<_, Vec<u8>>(0))?;
        rows.map(|row| values::hash(&row?)).collect()
    }

    /// Forgets an invoice that was not paid.
    pub(crate) fn forget(&self, hash: PaymentHash) -> Result<(), StoreError> {
        self.lock()
            .prepare_cached(
                "DELETE FROM incoming WHERE payment_hash = ?1 AND completed_at_ms IS NULL",
            )?
            .execute([hash.0])?;
        Ok(())
    }

    /// A part of the list, newest first.
    pub(crate) fn list_incoming(&self, page: &Page) -> Result<Vec<Incoming>, StoreError> {
        let time = if page.all { "created_at_ms" } else { "completed_at_ms" };
        let sql = format!(
            "SELECT {COLUMNS} FROM incoming WHERE {time} BETWEEN :from AND :to \
             AND (:external IS NULL OR external_id = :external) \
             ORDER BY {time} DESC LIMIT :limit OFFSET :offset"
        );
        let (from, to) = (page.from_ms, page.to_ms.min(i64::MAX.cast_unsigned()));
        let parameters = named_params! {
            ":from": from.min(to),
            ":to": to,
            ":external": page.external_id,
            ":limit": page.limit,
            ":offset": page.offset,
        };
        read_all(&self.lock(), &sql, parameters)
    }
}

fn read_all(
    connection: &Connection,
    sql: &str,
    parameters: &[(&str, &dyn rusqlite::ToSql)],
) -> Result<Vec<Incoming>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| Ok(Incoming::read(row)))?;
    rows.map(|row| row?).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::page;
    use super::*;

    const HASH: PaymentHash = PaymentHash([1; 32]);
    const PREIMAGE: PaymentPreimage = PaymentPreimage([2; 32]);

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("payments.sqlite")).unwrap();
        (folder, store)
    }

    fn invoice(hash: PaymentHash, is_hold: bool) -> NewInvoice {
        NewInvoice {
            hash,
            invoice: "lnbcrt1".into(),
            description: Some("a".into()),
            external_id: Some("x".into()),
            requested_msat: Some(21_000),
            is_hold,
            expires_at_ms: 5,
        }
    }

    #[test]
    fn a_payment_is_received_once() {
        let (_folder, store) = store();
        store.add_invoice(&invoice(HASH, false)).unwrap();
        assert!(store.list_incoming(&page(false)).unwrap().is_empty());
        assert_eq!(store.list_incoming(&page(true)).unwrap().len(), 1);
        assert!(store.settle(HASH, 21_000, Some(PREIMAGE)).unwrap());
        assert!(!store.settle(HASH, 99_000, None).unwrap(), "an event that comes twice");
        let paid = store.incoming(HASH).unwrap().unwrap();
        assert_eq!((paid.received_msat, paid.preimage), (Some(21_000), Some(PREIMAGE)));
        assert_eq!(store.list_incoming(&page(false)).unwrap(), vec![paid]);
    }

    #[test]
    fn a_payment_that_overtakes_its_invoice_is_kept() {
        let (_folder, store) = store();
        assert!(store.settle(HASH, 21_000, Some(PREIMAGE)).unwrap());
        store.add_invoice(&invoice(HASH, false)).unwrap();
        let paid = store.incoming(HASH).unwrap().unwrap();
        assert_eq!((paid.received_msat, paid.external_id.as_deref()), (Some(21_000), Some("x")));
    }

    #[test]
    fn times_of_receipt_never_go_back() {
        let (_folder, store) = store();
        let ahead = now_ms() + 3_600_000;
        store.settle(HASH, 1, None).unwrap();
        store.lock().execute("UPDATE incoming SET completed_at_ms = ?1", [ahead]).unwrap();
        let later = PaymentHash([9; 32]);
        store.settle(later, 1, None).unwrap();
        let completed = store.incoming(later).unwrap().unwrap().completed_at_ms;
        assert!(completed >= Some(ahead), "{completed:?}");
    }

    #[test]
    fn a_hold_invoice_is_claimed_or_cancelled_and_never_both() {
        let (_folder, store) = store();
        let other = PaymentHash([3; 32]);
        for hash in [HASH, other] {
            store.add_invoice(&invoice(hash, true)).unwrap();
            store.hold(hash, 21_000, Some(100)).unwrap();
        }
        let held = store.incoming(HASH).unwrap().unwrap();
        assert!(held.is_held(99) && !held.is_held(100), "until the deadline");
        assert_eq!(store.intend_to_claim(HASH, PREIMAGE).unwrap(), HoldChange::Done);
        assert_eq!(store.cancel(HASH).unwrap(), HoldChange::Refused);
        assert_eq!(store.cancel(other).unwrap(), HoldChange::Done);
        assert_eq!(store.cancel(other).unwrap(), HoldChange::Done, "asked again");
        assert_eq!(store.intend_to_claim(other, PREIMAGE).unwrap(), HoldChange::Refused);
        assert_eq!(store.unfinished_claims().unwrap().len(), 1);
        store.settle(HASH, 21_000, Some(PREIMAGE)).unwrap();
        assert!(store.unfinished_claims().unwrap().is_empty());
    }

    #[test]
    fn only_what_was_never_paid_lapses() {
        let (_folder, store) = store();
        let [paid, held, cancelled] = [2, 3, 4].map(|byte| PaymentHash([byte; 32]));
        for (hash, is_hold) in [(HASH, false), (paid, false), (held, true), (cancelled, true)] {
            store.add_invoice(&invoice(hash, is_hold)).unwrap();
        }
        store.settle(paid, 21_000, None).unwrap();
        store.hold(held, 21_000, None).unwrap();
        store.hold(cancelled, 21_000, None).unwrap();
        store.cancel(cancelled).unwrap();
        assert!(store.lapsed(5, 10).unwrap().is_empty(), "they expire at 5");
        let mut lapsed = store.lapsed(6, 10).unwrap();
        lapsed.sort_unstable_by_key(|hash| hash.0);
        assert_eq!(lapsed, [HASH, cancelled]);
        store.forget(HASH).unwrap();
        store.forget(paid).unwrap();
        assert!(store.incoming(HASH).unwrap().is_none());
        assert!(store.incoming(paid).unwrap().is_some(), "what was paid stays");
    }

    #[test]
    fn ordinary_invoices_are_not_held() {
        let (_folder, store) = store();
        store.add_invoice(&invoice(HASH, false)).unwrap();
        store.hold(HASH, 21_000, None).unwrap();
        assert!(!store.incoming(HASH).unwrap().unwrap().is_held(0));
        assert_eq!(store.cancel(HASH).unwrap(), HoldChange::Refused);
        assert_eq!(store.intend_to_claim(HASH, PREIMAGE).unwrap(), HoldChange::Refused);
    }
}
