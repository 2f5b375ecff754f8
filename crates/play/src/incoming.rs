//! The invoices of a wallet, in the database.

use crate::invoice::Draft;
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, OptionalExtension, Row, named_params};
use farebox_wire::lightning::{PaymentHash, Preimage};

const COLUMNS: &str = "payment_hash, wallet_id, preimage, bolt11, amount_msat, description, \
     external_id, created_at_ms, expires_at_ms, settled_at_ms, received_msat";

/// An invoice and what became of it.
pub(crate) struct Incoming {
    pub(crate) hash: PaymentHash,
    pub(crate) wallet_id: i64,
    pub(crate) preimage: Preimage,
    pub(crate) bolt11: String,
    pub(crate) amount: Option<Msat>,
    pub(crate) description: String,
    pub(crate) external_id: Option<String>,
    pub(crate) created_at_ms: i64,
    pub(crate) expires_at_ms: i64,
    pub(crate) settled: Option<Settled>,
}

/// That an invoice was paid.
#[derive(Clone, Copy)]
pub(crate) struct Settled {
    pub(crate) at_ms: i64,
    pub(crate) received: Msat,
}

/// Which payments a list shows, newest first.
pub(crate) struct Page {
    /// Milliseconds since 1970, included.
    pub(crate) from_ms: i64,
    /// Milliseconds since 1970, included.
    pub(crate) to_ms: i64,
    pub(crate) limit: i64,
    pub(crate) offset: i64,
    /// Also those that were not paid; then the times are those of creation.
    pub(crate) all: bool,
    pub(crate) external_id: Option<String>,
}

/// Reads an amount that this crate wrote.
pub(crate) fn amount(msat: i64) -> Result<Msat, StoreError> {
    Msat::from_db(msat).ok_or_else(|| StoreError::Unreadable(format!("an amount of {msat} msat")))
}

/// Writes an amount.
pub(crate) fn to_db(amount: Msat) -> Result<i64, StoreError> {
    amount.to_db().ok_or_else(|| StoreError::Unreadable("an amount above all bitcoin".into()))
}

impl Incoming {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let requested: Option<i64> = row.get("amount_msat")?;
        let settled_at_ms: Option<i64> = row.get("settled_at_ms")?;
        let received: Option<i64> = row.get("received_msat")?;
        let settled = match settled_at_ms.zip(received) {
            Some((at_ms, received)) => Some(Settled { at_ms, received: amount(received)? }),
            None => None,
        };
        Ok(Self {
            hash: PaymentHash::new(row.get("payment_hash")?),
            wallet_id: row.get("wallet_id")?,
            preimage: Preimage::new(row.get("preimage")?),
            bolt11: row.get("bolt11")?,
            amount: requested.map(amount).transpose()?,
            description: row.get("description")?,
            external_id: row.get("external_id")?,
            created_at_ms: row.get("created_at_ms")?,
            expires_at_ms: row.get("expires_at_ms")?,
            settled,
        })
    }

    /// A new invoice, not paid yet.
    pub(crate) fn of(
        draft: Draft,
        wallet_id: i64,
        preimage: Preimage,
        bolt11: String,
        created_at_s: i64,
    ) -> Self {
        Self {
            hash: preimage.hash(),
            wallet_id,
            preimage,
            bolt11,
            amount: draft.amount,
            description: draft.description,
            external_id: draft.external_id,
            created_at_ms: created_at_s.saturating_mul(1_000),
            expires_at_ms: created_at_s.saturating_add(draft.expiry_s.into()).saturating_mul(1_000),
            settled: None,
        }
    }

    /// Keeps a new invoice.
    pub(crate) fn insert(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(
            "INSERT INTO incoming (payment_hash, wallet_id, preimage, bolt11, amount_msat, \
             description, external_id, created_at_ms, expires_at_ms) \
             VALUES (:hash, :wallet, :preimage, :bolt11, :amount, :description, :external, \
             :created, :expires)",
        )?;
        statement.execute(named_params! {
            ":hash": self.hash.as_bytes(),
            ":wallet": self.wallet_id,
            ":preimage": self.preimage.as_bytes(),
            ":bolt11": self.bolt11,
            ":amount": self.amount.map(to_db).transpose()?,
            ":description": self.description,
            ":external": self.external_id,
            ":created": self.created_at_ms,
            ":expires": self.expires_at_ms,
        })?;
        Ok(())
    }

    /// The invoice of any wallet that `hash` names.
    pub(crate) fn find(
        connection: &Connection,
        hash: PaymentHash,
    ) -> Result<Option<Self>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM incoming WHERE payment_hash = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        statement
            .query_row([hash.as_bytes()], |row| Ok(Self::from_row(row)))
            .optional()?
            .transpose()
    }

    /// Marks an invoice as paid, as the wallet's latest settlement.
    pub(crate) fn settle(
        &self,
        connection: &Connection,
        received: Msat,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(
            "UPDATE incoming SET settled_at_ms = :now, received_msat = :received, \
             settled_seq = 1 + (SELECT coalesce(max(settled_seq), 0) FROM incoming \
             WHERE wallet_id = :wallet AND settled_seq IS NOT NULL) \
             WHERE payment_hash = :hash AND settled_seq IS NULL",
        )?;
        statement.execute(named_params! {
            ":now": now_ms,
            ":received": to_db(received)?,
            ":wallet": self.wallet_id,
            ":hash": self.hash.as_bytes(),
        })?;
        Ok(())
    }

    /// The invoices of one wallet, newest first.
    pub(crate) fn list(
        connection: &Connection,
        wallet_id: i64,
        page: &Page,
    ) -> Result<Vec<Self>, StoreError> {
        let time = if page.all { "created_at_ms" } else { "settled_at_ms" };
        let sql = format!(
            "SELECT {COLUMNS} FROM incoming WHERE wallet_id = :wallet \
             AND {time} BETWEEN :from AND :to \
             AND (:external IS NULL OR external_id = :external) \
             ORDER BY {time} DESC LIMIT :limit OFFSET :offset"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let parameters = named_params! {
            ":wallet": wallet_id,
            ":from": page.from_ms,
            ":to": page.to_ms,
            ":external": page.external_id,
            ":limit": page.limit,
            ":offset": page.offset,
        };
        let rows = statement.query_map(parameters, |row| Ok(Self::from_row(row)))?;
        rows.map(|row| row?).collect()
    }
}

/// The settlements of one wallet after the first `after` ones: up to `limit` of them, oldest
/// first, each with its number.
pub(crate) fn settled_after(
    connection: &Connection,
    wallet_id: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, PaymentHash)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT settled_seq, payment_hash FROM incoming \
         WHERE wallet_id = ?1 AND settled_seq > ?2 ORDER BY settled_seq LIMIT ?3",
    )?;
    let rows = statement.query_map([wallet_id, after, limit], |row| {
        Ok((row.get(0)?, PaymentHash::new(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes up to `limit` invoices that were not paid in time; returns how many.
pub(crate) fn prune(connection: &Connection, now_ms: i64, limit: i64) -> Result<usize, StoreError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM incoming WHERE payment_hash IN (SELECT payment_hash FROM incoming \
         WHERE settled_seq IS NULL AND expires_at_ms <= ?1 LIMIT ?2)",
    )?;
    Ok(statement.execute([now_ms, limit])?)
}
