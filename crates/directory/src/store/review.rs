//! The tables `review_item` and `audit_log`.

use super::timestamp;
use crate::words::find;
use farebox_store::{Row, StoreError, Transaction, params};
use jiff::Timestamp;
use serde_json::Value;

/// What an admin is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewKind {
    /// Whether a registration is shown.
    Registration,
    /// Whether a rail that a check found becomes a listing.
    ProtocolChange,
    /// What is odd about a listing.
    Flag,
    /// A provider's objection.
    Appeal,
}

impl ReviewKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Registration, Self::ProtocolChange, Self::Flag, Self::Appeal];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::ProtocolChange => "protocol_change",
            Self::Flag => "flag",
            Self::Appeal => "appeal",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }
}

/// How a question to an admin stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewStatus {
    /// It waits.
    Open,
    /// Yes.
    Approved,
    /// No.
    Rejected,
}

impl ReviewStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Approved, Self::Rejected];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }
}

/// A question to an admin.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewItem {
    /// Its number.
    pub id: i64,
    /// What is asked.
    pub kind: ReviewKind,
    /// About which listing.
    pub listing_id: String,
    /// Tells repeats of the same finding from a new one.
    pub subject: String,
    /// The particulars. Untrusted texts.
    pub body: Value,
    /// How it stands.
    pub status: ReviewStatus,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why, in the admin's words.
    pub reason: Option<String>,
}

/// Asks an admin, unless the very same is asked already; then its particulars are brought up to
/// date.
pub(crate) fn ask(
    transaction: &Transaction<'_>,
    kind: ReviewKind,
    listing_id: &str,
    subject: &str,
    body: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO review_item (kind, listing_id, subject, body, status, created_at) \
               VALUES (?1, ?2, ?3, ?4, 'open', ?5) \
               ON CONFLICT (kind, listing_id, subject) WHERE status = 'open' \
               DO UPDATE SET body = excluded.body";
    let (body, at) = (body.to_string(), now.as_second());
    transaction.execute(sql, params![kind.name(), listing_id, subject, body, at])?;
    Ok(())
}

const COLUMNS: &str = "id, kind, listing_id, subject, body, status, created_at, decided_at, \
                       decided_by, reason";

/// Up to `len_max` questions after the number `after`, oldest first.
pub(crate) fn questions(
    transaction: &Transaction<'_>,
    status: ReviewStatus,
    after: i64,
    len_max: usize,
) -> Result<Vec<ReviewItem>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM review_item WHERE status = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
    );
    transaction.all(&sql, params![status.name(), after, len_max], read_question)
}

/// One question.
pub(crate) fn question(
    transaction: &Transaction<'_>,
    id: i64,
) -> Result<Option<ReviewItem>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM review_item WHERE id = ?1");
    transaction.optional(&sql, params![id], read_question)
}

/// Whether an admin said no to this very finding before.
pub(crate) fn was_rejected(
    transaction: &Transaction<'_>,
    kind: ReviewKind,
    listing_id: &str,
    subject: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM review_item WHERE kind = ?1 AND listing_id = ?2 \
               AND subject = ?3 AND status = 'rejected')";
    transaction.one(sql, params![kind.name(), listing_id, subject], |row| row.get(0))
}

/// Writes a decision; `false` when the question is not open.
pub(crate) fn decide(
    transaction: &Transaction<'_>,
    id: i64,
    status: ReviewStatus,
    decided_by: &str,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE review_item SET status = ?2, decided_at = ?3, decided_by = ?4, reason = ?5 \
               WHERE id = ?1 AND status = 'open'";
    let (status, at) = (status.name(), now.as_second());
    let row = params![id, status, at, decided_by, reason];
    Ok(transaction.execute(sql, row)? == 1)
}

/// Withdraws every open question about a listing: it is gone.
pub(crate) fn withdraw(
    transaction: &Transaction<'_>,
    listing_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE review_item SET status = 'rejected', decided_at = ?2, \
               decided_by = 'farebox', reason = 'the listing is gone' \
               WHERE listing_id = ?1 AND status = 'open'";
    transaction.execute(sql, params![listing_id, now.as_second()])?;
    Ok(())
}

fn read_question(row: &Row<'_>) -> Result<ReviewItem, StoreError> {
    let (kind, status): (String, String) = (row.get("kind")?, row.get("status")?);
    let body: String = row.get("body")?;
    Ok(ReviewItem {
        id: row.get("id")?,
        kind: ReviewKind::parse(&kind).ok_or_else(|| super::unreadable("review", &kind))?,
        listing_id: row.get("listing_id")?,
        subject: row.get("subject")?,
        body: serde_json::from_str(&body).map_err(|_| super::unreadable("review", &body))?,
        status: ReviewStatus::parse(&status)
            .ok_or_else(|| super::unreadable("review status", &status))?,
        created_at: timestamp(row.get("created_at")?)?,
        decided_at: row.get::<Option<i64>>("decided_at")?.map(timestamp).transpose()?,
        decided_by: row.get("decided_by")?,
        reason: row.get("reason")?,
    })
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its place; grows.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who: `admin`, or `owner of DOMAIN`.
    pub actor: String,
    /// What, such as `listing.approve`.
    pub action: String,
    /// To what, such as a listing's id.
    pub subject: String,
    /// The particulars.
    pub detail: Value,
}

/// Writes down who did what with more than a stranger's rights. `detail` holds no secrets.
pub(crate) fn audit(
    transaction: &Transaction<'_>,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit_log (at, actor, action, subject, detail) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let detail = detail.to_string();
    transaction.execute(sql, params![now.as_second(), actor, action, subject, detail])?;
    Ok(())
}

/// The latest `len_max` lines before the place `before`, newest first.
pub(crate) fn audit_before(
    transaction: &Transaction<'_>,
    before: i64,
    len_max: usize,
) -> Result<Vec<AuditEntry>, StoreError> {
    let sql = "SELECT seq, at, actor, action, subject, detail FROM audit_log WHERE seq < ?1 \
               ORDER BY seq DESC LIMIT ?2";
    transaction.all(sql, params![before, len_max], |row| {
        let detail: String = row.get(5)?;
        Ok(AuditEntry {
            seq: row.get(0)?,
            at: timestamp(row.get(1)?)?,
            actor: row.get(2)?,
            action: row.get(3)?,
            subject: row.get(4)?,
            detail: serde_json::from_str(&detail)
                .map_err(|_| super::unreadable("audit entry", &detail))?,
        })
    })
}
