//! Payments that a human is asked about, and the answers.

use super::{Store, now_s, seconds_from_db, seconds_to_db, unreadable};
use crate::approval::{Approval, ApprovalState, Parked};
use crate::rules::AskReason;
use crate::spend::{Rail, Spend};
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, OptionalExtension, Row, params};
use std::time::Duration;

/// More questions than this at a time are nobody's to answer.
const WAITING_MAX: u64 = 100;
/// Answered and outdated ones are kept so long.
const KEPT_S: u64 = 30 * 24 * 3_600;

/// What a question came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A human has approved it; the approval is used up.
    Approved(String),
    /// It waits for an answer.
    Waiting(Parked),
    /// A human has said no.
    Denied(String),
    /// Too many questions wait already.
    TooMany,
}

/// Looks for an answer that is bound to `spend`, and parks the question where there is none.
/// `new_id` names a new question.
pub(super) fn ask(
    connection: &Connection,
    spend: &Spend,
    reason: &AskReason,
    new_id: &str,
    timeout: Duration,
    now: u64,
) -> Result<Asked, StoreError> {
    let asked = bound_to(connection, spend, now)?;
    // An answer is good for what was asked about, up to the amount that was shown.
    let covers = |approval: &&Approval| {
        spend.charge.units() <= approval.units_max && spend.fee_max <= approval.fee_max
    };
    let of = |state| asked.iter().filter(move |approval| approval.state == state);
    if let Some(approved) = of(ApprovalState::Approved).find(covers) {
        use_up(connection, &approved.id, &spend.payment_key, now)?;
        return Ok(Asked::Approved(approved.id.clone()));
    }
    let units = spend.charge.units();
    if let Some(denied) = of(ApprovalState::Denied).find(|denied| units >= denied.units_max) {
        return Ok(Asked::Denied(denied.id.clone()));
    }
    if let Some(waiting) = of(ApprovalState::Waiting).find(covers) {
        let Approval { id, expires_at, .. } = waiting.clone();
        return Ok(Asked::Waiting(Parked { id, expires_at, reason: reason.to_string() }));
    }
    park(connection, spend, reason, new_id, timeout, now)
}

fn bound_to(connection: &Connection, spend: &Spend, now: u64) -> Result<Vec<Approval>, StoreError> {
    let sql = "SELECT * FROM approval
               WHERE state IN ('waiting', 'approved', 'denied') AND expires_at > ?1
                 AND url = ?2 AND method = ?3 AND body_sha256 = ?4 AND rail = ?5 AND asset = ?6
                 AND payee IS ?7
               ORDER BY created_at, id";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![
        seconds_to_db(now),
        spend.url.as_str(),
        spend.method,
        spend.body_sha256,
        spend.rail.name(),
        spend.charge.asset(),
        spend.payee,
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn use_up(
    connection: &Connection,
    id: &str,
    payment_key: &str,
    now: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE approval SET state = 'used', payment_key = ?2
               WHERE id = ?1 AND state = 'approved' AND expires_at > ?3";
    let changed = connection.execute(sql, params![id, payment_key, seconds_to_db(now)])?;
    super::exactly_one(changed)
}

fn park(
    connection: &Connection,
    spend: &Spend,
    reason: &AskReason,
    id: &str,
    timeout: Duration,
    now: u64,
) -> Result<Asked, StoreError> {
    let old = seconds_to_db(now.saturating_sub(KEPT_S));
    connection.execute("DELETE FROM approval WHERE expires_at < ?1", [old])?;
    let sql = "SELECT count(*) FROM approval WHERE state = 'waiting' AND expires_at > ?1";
    let waiting: u64 = connection.query_row(sql, [seconds_to_db(now)], |row| row.get(0))?;
    if waiting >= WAITING_MAX {
        return Ok(Asked::TooMany);
    }
    let expires_at = now.saturating_add(timeout.as_secs());
    let fee = spend.fee_max.to_db().ok_or_else(|| unreadable("a fee limit"))?;
    connection.execute(
        "INSERT INTO approval (id, state, rail, method, url, host, body_sha256, payee, asset,
             units_max, fee_max_msat, amount, reason, created_at, expires_at)
         VALUES (?1, 'waiting', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            id,
            spend.rail.name(),
            spend.method,
            spend.url.as_str(),
            spend.host(),
            spend.body_sha256,
            spend.payee,
            spend.charge.asset(),
            spend.charge.units().to_string(),
            fee,
            spend.charge.to_string(),
            reason.to_string(),
            seconds_to_db(now),
            seconds_to_db(expires_at),
        ],
    )?;
    Ok(Asked::Waiting(Parked { id: id.to_owned(), expires_at, reason: reason.to_string() }))
}

fn read(row: &Row<'_>) -> Result<Approval, StoreError> {
    let text = |column: &str| row.get::<_, String>(column);
    let state = text("state")?;
    Ok(Approval {
        id: text("id")?,
        state: ApprovalState::from_name(&state).ok_or_else(|| unreadable("an approval"))?,
        rail: Rail::from_db(&text("rail")?)?,
        method: text("method")?,
        url: text("url")?,
        host: text("host")?,
        body_sha256: row.get("body_sha256")?,
        payee: row.get("payee")?,
        asset: text("asset")?,
        units_max: text("units_max")?.parse().map_err(|_| unreadable("an amount"))?,
        fee_max: Msat::from_db(row.get("fee_max_msat")?).ok_or_else(|| unreadable("a fee"))?,
        amount: text("amount")?,
        reason: text("reason")?,
        created_at: seconds_from_db(row.get("created_at")?)?,
        expires_at: seconds_from_db(row.get("expires_at")?)?,
    })
}

impl Store {
    /// One question.
    pub(crate) async fn approval(&self, id: &str) -> Result<Option<Approval>, StoreError> {
        let id = id.to_owned();
        self.database.read(move |connection| find(connection, &id)).await
    }

    /// The latest questions, the newest first; only those that wait where `waiting`.
    pub(crate) async fn approvals(&self, waiting: bool) -> Result<Vec<Approval>, StoreError> {
        let query = move |connection: &Connection| {
            let sql = "SELECT * FROM approval
                       WHERE NOT ?1 OR (state = 'waiting' AND expires_at > ?2)
                       ORDER BY created_at DESC, id LIMIT 500";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![waiting, seconds_to_db(now_s())])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(found)
        };
        self.database.read(query).await
    }

    /// Answers a question that waits, once; a yes is good for `timeout`. `None` when there is
    /// none of that id, else what it is now, which is what it was where it waits no more.
    pub(crate) async fn answer(
        &self,
        id: &str,
        to: ApprovalState,
        timeout: Duration,
    ) -> Result<Option<Approval>, StoreError> {
        let id = id.to_owned();
        let write = move |connection: &Connection| {
            let now = now_s();
            connection.execute(
                "UPDATE approval SET state = ?2, decided_at = ?3, expires_at = ?4
                 WHERE id = ?1 AND state = 'waiting' AND expires_at > ?3",
                params![
                    id,
                    to.name(),
                    seconds_to_db(now),
                    seconds_to_db(now.saturating_add(timeout.as_secs()))
                ],
            )?;
            find(connection, &id)
        };
        self.database.write(write).await
    }
}

fn find(connection: &Connection, id: &str) -> Result<Option<Approval>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM approval WHERE id = ?1")?;
    let found = statement.query_row([id], |row| Ok(read(row))).optional()?;
    found.transpose()
}
