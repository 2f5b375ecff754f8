//! The payments that wallets make, in the database.

use crate::incoming::{Page, amount, to_db};
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, OptionalExtension, Params, Row, named_params, params};
use farebox_wire::lightning::{PaymentHash, Preimage};

const COLUMNS: &str = "payment_id, wallet_id, payment_hash, bolt11, amount_msat, state, preimage, \
     reason, created_at_ms, completed_at_ms";

/// A payment and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// A UUID.
    pub(crate) id: String,
    pub(crate) wallet_id: i64,
    pub(crate) hash: PaymentHash,
    pub(crate) bolt11: String,
    pub(crate) amount: Msat,
    pub(crate) state: State,
    pub(crate) created_at_ms: i64,
    /// `None` while it is pending.
    pub(crate) completed_at_ms: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) enum State {
    Pending,
    Paid(Preimage),
    Failed(String),
}

impl State {
    const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid(_) => "paid",
            Self::Failed(_) => "failed",
        }
    }

    const fn preimage(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Paid(preimage) => Some(preimage.as_bytes()),
            Self::Pending | Self::Failed(_) => None,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed(reason) => Some(reason),
            Self::Pending | Self::Paid(_) => None,
        }
    }

    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let name: String = row.get("state")?;
        match name.as_str() {
            "pending" => Ok(Self::Pending),
            "paid" => Ok(Self::Paid(Preimage::new(row.get("preimage")?))),
            "failed" => Ok(Self::Failed(row.get("reason")?)),
            _ => Err(StoreError::Unreadable(format!("a payment that is {name:?}"))),
        }
    }
}

impl Outgoing {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("payment_id")?,
            wallet_id: row.get("wallet_id")?,
            hash: PaymentHash::new(row.get("payment_hash")?),
            bolt11: row.get("bolt11")?,
            amount: amount(row.get("amount_msat")?)?,
            state: State::from_row(row)?,
            created_at_ms: row.get("created_at_ms")?,
            completed_at_ms: row.get("completed_at_ms")?,
        })
    }

    fn one(
        connection: &Connection,
        condition: &str,
        parameters: impl Params,
    ) -> Result<Option<Self>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outgoing WHERE {condition} LIMIT 1");
        let mut statement = connection.prepare_cached(&sql)?;
        statement.query_row(parameters, |row| Ok(Self::from_row(row))).optional()?.transpose()
    }

    /// The wallet's payment with an id.
    pub(crate) fn by_id(
        connection: &Connection,
        wallet_id: i64,
        id: &str,
    ) -> Result<Option<Self>, StoreError> {
        Self::one(connection, "wallet_id = ?1 AND payment_id = ?2", params![wallet_id, id])
    }

    /// The wallet's best attempt at a payment hash: paid before pending before failed.
    pub(crate) fn best(
        connection: &Connection,
        wallet_id: i64,
        hash: PaymentHash,
    ) -> Result<Option<Self>, StoreError> {
        Self::one(
            connection,
            "wallet_id = ?1 AND payment_hash = ?2 ORDER BY CASE state WHEN 'paid' THEN 0 \
             WHEN 'pending' THEN 1 ELSE 2 END, created_at_ms DESC",
            params![wallet_id, hash.as_bytes()],
        )
    }

    /// Keeps a new payment.
    pub(crate) fn insert(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(
            "INSERT INTO outgoing (payment_id, wallet_id, payment_hash, bolt11, amount_msat, \
             state, preimage, reason, created_at_ms, completed_at_ms) VALUES (:id, :wallet, \
             :hash, :bolt11, :amount, :state, :preimage, :reason, :created, :completed)",
        )?;
        statement.execute(named_params! {
            ":id": self.id,
            ":wallet": self.wallet_id,
            ":hash": self.hash.as_bytes(),
            ":bolt11": self.bolt11,
            ":amount": to_db(self.amount)?,
            ":state": self.state.name(),
            ":preimage": self.state.preimage(),
            ":reason": self.state.reason(),
            ":created": self.created_at_ms,
            ":completed": self.completed_at_ms,
        })?;
        Ok(())
    }

    /// Keeps what became of a payment that was pending.
    pub(crate) fn complete(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(
            "UPDATE outgoing SET state = :state, preimage = :preimage, reason = :reason, \
             completed_at_ms = :completed WHERE payment_id = :id AND state = 'pending'",
        )?;
        statement.execute(named_params! {
            ":id": self.id,
            ":state": self.state.name(),
            ":preimage": self.state.preimage(),
            ":reason": self.state.reason(),
            ":completed": self.completed_at_ms,
        })?;
        Ok(())
    }

    /// The payments of one wallet, newest first; failed ones only where the page asks for all.
    pub(crate) fn list(
        connection: &Connection,
        wallet_id: i64,
        page: &Page,
    ) -> Result<Vec<Self>, StoreError> {
        let (time, states) = if page.all {
            ("created_at_ms", "")
        } else {
            ("completed_at_ms", "AND state = 'paid'")
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM outgoing WHERE wallet_id = :wallet {states} \
             AND {time} BETWEEN :from AND :to ORDER BY {time} DESC LIMIT :limit OFFSET :offset"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let parameters = named_params! {
            ":wallet": wallet_id,
            ":from": page.from_ms,
            ":to": page.to_ms,
            ":limit": page.limit,
            ":offset": page.offset,
        };
        let rows = statement.query_map(parameters, |row| Ok(Self::from_row(row)))?;
        rows.map(|row| row?).collect()
    }
}

/// Fails the payments that were pending when the process ended: their money never moved.
pub(crate) fn fail_interrupted(connection: &Connection, now_ms: i64) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE outgoing SET state = 'failed', completed_at_ms = ?1, \
         reason = 'wallet restarted while a payment was ongoing' WHERE state = 'pending'",
        [now_ms],
    )?;
    Ok(())
}
