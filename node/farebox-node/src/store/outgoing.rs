//! Payments from this node: one record per attempt, at most one of a payment hash not failed.

use super::{Page, Store, StoreError, now_ms, values};
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};
use uuid::Uuid;

const COLUMNS: &str = "id, payment_hash, invoice, amount_msat, state, preimage, fee_msat, \
    reason, created_at_ms, completed_at_ms";

const PENDING: u8 = 0;
const PAID: u8 = 1;
const FAILED: u8 = 2;

/// An attempt that is about to be made.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) hash: PaymentHash,
    pub(crate) invoice: String,
    /// Without the fee.
    pub(crate) amount_msat: u64,
}

/// Whether an attempt may be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It is recorded under this id, and may be made.
    New(String),
    /// The invoice was paid before.
    AlreadyPaid,
    /// Another attempt may still succeed.
    UnderWay,
}

/// How an attempt stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Paid { preimage: PaymentPreimage, fee_msat: u64 },
    Failed { reason: String },
}

/// An attempt. Times in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) id: String,
    pub(crate) hash: PaymentHash,
    pub(crate) invoice: String,
    /// Without the fee.
    pub(crate) amount_msat: u64,
    pub(crate) state: State,
    pub(crate) created_at_ms: u64,
    pub(crate) completed_at_ms: Option<u64>,
}

impl Outgoing {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let hash: Vec<u8> = row.get("payment_hash")?;
        Ok(Self {
            id: row.get("id")?,
            hash: values::hash(&hash)?,
            invoice: row.get("invoice")?,
            amount_msat: row.get("amount_msat")?,
            state: State::read(row)?,
            created_at_ms: row.get("created_at_ms")?,
            completed_at_ms: row.get("completed_at_ms")?,
        })
    }
}

impl State {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let reason: Option<String> = row.get("reason")?;
        match row.get("state")? {
            PENDING => Ok(Self::Pending),
            PAID => Ok(Self::Paid {
                preimage: values::preimage(row.get("preimage")?)?
                    .ok_or(StoreError::Unreadable("a payment without its preimage"))?,
                fee_msat: row.get("fee_msat")?,
            }),
            FAILED => Ok(Self::Failed { reason: reason.unwrap_or_default() }),
            _ => Err(StoreError::Unreadable("the state of a payment")),
        }
    }
}

impl Store {
    /// Records an attempt before it is made, unless one at the same payment hash was paid or may
    /// still be.
    pub(crate) fn begin(&self, attempt: &Attempt) -> Result<Begun, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let other: Option<u8> = transaction
            .prepare_cached("SELECT state FROM outgoing WHERE payment_hash = ?1 AND state < 2")?
            .query_row([attempt.hash.0], |row| row.get(0))
            .optional()?;
        match other {
            Some(PAID) => return Ok(Begun::AlreadyPaid),
            Some(_) => return Ok(Begun::UnderWay),
            None => {}
        }
        let id = Uuid::new_v4().to_string();
        insert(&transaction, &id, attempt)?;
        transaction.commit()?;
        Ok(Begun::New(id))
    }

    /// Records that a payment was made. The preimage is the proof: it counts even if the attempt
    /// was taken for failed, or was never recorded (`attempt` is what is known of it then).
    pub(crate) fn paid(
        &self,
        attempt: &Attempt,
        preimage: PaymentPreimage,
        fee_msat: u64,
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let best: Option<String> = best(&transaction, attempt.hash)?.map(|payment| payment.id);
        let id = best.unwrap_or_else(|| Uuid::new_v4().to_string());
        insert(&transaction, &id, attempt)?;
        transaction
            .prepare_cached(
                "UPDATE outgoing SET state = ?2, preimage = ?3, fee_msat = ?4, reason = NULL, \
                 completed_at_ms = ?5 WHERE id = ?1 AND state <> ?2",
            )?
            .execute((id, PAID, preimage.0, fee_msat, now_ms()))?;
        transaction.commit()?;
        Ok(())
    }

    /// Records that the attempt under way at a payment hash failed.
    pub(crate) fn failed(&self, hash: PaymentHash, reason: &str) -> Result<(), StoreError> {
        self.lock()
            .prepare_cached(
                "UPDATE outgoing SET state = ?2, reason = ?3, completed_at_ms = ?4 \
                 WHERE payment_hash = ?1 AND state = ?5",
            )?
            .execute((hash.0, FAILED, reason, now_ms(), PENDING))?;
        Ok(())
    }

    /// The best attempt at a payment hash: paid before pending before the last that failed.
    pub(crate) fn outgoing(&self, hash: PaymentHash) -> Result<Option<Outgoing>, StoreError> {
        best(&self.lock(), hash)
    }

    /// One attempt by its id.
    pub(crate) fn outgoing_by_id(&self, id: &str) -> Result<Option<Outgoing>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outgoing WHERE id = :id");
        let found = read_all(&self.lock(), &sql, &[(":id", &id)])?;
        Ok(found.into_iter().next())
    }

    /// The attempts that may still succeed.
    pub(crate) fn pending(&self) -> Result<Vec<Outgoing>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outgoing WHERE state = {PENDING}");
        read_all(&self.lock(), &sql, &[])
    }

    /// A part of the list, newest first.
    pub(crate) fn list_outgoing(&self, page: &Page) -> Result<Vec<Outgoing>, StoreError> {
        let (time, states) = match page.all {
            true => ("created_at_ms", "0, 1, 2"),
            false => ("completed_at_ms", "1"),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM outgoing WHERE {time} BETWEEN :from AND :to \
             AND state IN ({states}) ORDER BY {time} DESC LIMIT :limit OFFSET :offset"
        );
        let (from, to) = (page.from_ms, page.to_ms.min(i64::MAX.cast_unsigned()));
        let parameters = named_params! {
            ":from": from.min(to),
            ":to": to,
            ":limit": page.limit,
            ":offset": page.offset,
        };
        read_all(&self.lock(), &sql, parameters)
    }
}

fn insert(connection: &Connection, id: &str, attempt: &Attempt) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO outgoing (id, payment_hash, invoice, amount_msat, state, created_at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING",
        )?
        .execute((id, attempt.hash.0, &attempt.invoice, attempt.amount_msat, PENDING, now_ms()))?;
    Ok(())
}

fn best(connection: &Connection, hash: PaymentHash) -> Result<Option<Outgoing>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outgoing WHERE payment_hash = :hash \
         ORDER BY CASE state WHEN 1 THEN 0 WHEN 0 THEN 1 ELSE 2 END, created_at_ms DESC, \
         rowid DESC LIMIT 1"
    );
    let found = read_all(connection, &sql, &[(":hash", &hash.0)])?;
    Ok(found.into_iter().next())
}

fn read_all(
    connection: &Connection,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
) -> Result<Vec<Outgoing>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| Ok(Outgoing::read(row)))?;
    rows.map(|row| row?).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::page;
    use super::*;

    const PREIMAGE: PaymentPreimage = PaymentPreimage([2; 32]);

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("payments.sqlite")).unwrap();
        (folder, store)
    }

    fn attempt() -> Attempt {
        let (hash, invoice) = (PaymentHash([1; 32]), "lnbcrt1".to_owned());
        Attempt { hash, invoice, amount_msat: 21_000 }
    }

    #[test]
    fn an_invoice_is_paid_at_most_once() {
        let (_folder, store) = store();
        let attempt = attempt();
        assert!(matches!(store.begin(&attempt).unwrap(), Begun::New(_)));
        assert_eq!(store.begin(&attempt).unwrap(), Begun::UnderWay);
        store.failed(attempt.hash, "no route").unwrap();
        let Begun::New(second) = store.begin(&attempt).unwrap() else { panic!("not retried") };
        store.paid(&attempt, PREIMAGE, 1_001).unwrap();
        assert_eq!(store.begin(&attempt).unwrap(), Begun::AlreadyPaid);
        let paid = store.outgoing_by_id(&second).unwrap().unwrap();
        assert_eq!(paid.state, State::Paid { preimage: PREIMAGE, fee_msat: 1_001 });
        assert_eq!(store.outgoing(attempt.hash).unwrap(), Some(paid.clone()), "the best");
        assert_eq!(store.list_outgoing(&page(false)).unwrap(), vec![paid]);
        assert_eq!(store.list_outgoing(&page(true)).unwrap().len(), 2);
    }

    #[test]
    fn even_without_the_question_the_record_holds_one_attempt() {
        let (_folder, store) = store();
        let attempt = attempt();
        insert(&store.lock(), "a", &attempt).unwrap();
        assert!(insert(&store.lock(), "b", &attempt).is_err());
    }

    #[test]
    fn a_preimage_wins_over_a_failure() {
        let (_folder, store) = store();
        let attempt = attempt();
        store.begin(&attempt).unwrap();
        store.failed(attempt.hash, "no route").unwrap();
        store.paid(&attempt, PREIMAGE, 0).unwrap();
        store.failed(attempt.hash, "late").unwrap();
        let best = store.outgoing(attempt.hash).unwrap().unwrap();
        assert!(matches!(best.state, State::Paid { .. }));
        assert_eq!(store.list_outgoing(&page(true)).unwrap().len(), 1);
    }

    #[test]
    fn a_payment_that_was_never_recorded_is_recorded_when_it_is_made() {
        let (_folder, store) = store();
        store.paid(&attempt(), PREIMAGE, 0).unwrap();
        assert_eq!(store.begin(&attempt()).unwrap(), Begun::AlreadyPaid);
        assert!(store.pending().unwrap().is_empty());
    }
}
