//! The tables `webhook` and `webhook_delivery`.

use super::rules::{Interest, Verdict, WebhookStatus};
use crate::store::{timestamp, unreadable};
use crate::{EventKind, ListingEvent, Protocol};
use farebox_store::{Row, StoreError, Transaction, params};
use jiff::{SignedDuration, Timestamp};

/// Deliveries of a webhook that are remembered once they are done.
pub(super) const REMEMBERED: usize = 50;
/// How long a webhook that is off is remembered.
const OFF_REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A webhook as it is kept.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// `wh_` and 24 hexadecimal digits.
    pub id: String,
    /// Where it is told.
    pub url: String,
    /// Its secret, sealed.
    pub(super) secret: Vec<u8>,
    /// What it wants to hear.
    pub interest: Interest,
    /// Where it stands.
    pub status: WebhookStatus,
    /// Why.
    pub status_reason: Option<String>,
    /// Who registered it.
    pub(super) client: String,
    /// The last event that was looked at for it.
    pub(super) cursor: i64,
    /// Failures in a row.
    pub consecutive_failures: u32,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// Something that is sent to a webhook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// `webhook-id`: the same each time it is sent.
    pub id: String,
    /// To which webhook.
    pub(super) webhook_id: String,
    /// What happened.
    pub kind: EventKind,
    /// To which listing.
    pub listing_id: String,
    /// What is sent.
    pub(super) body: String,
    /// Where it stands.
    pub status: String,
    /// How often it was sent.
    pub attempts: u32,
    /// When it is sent again, if it waits.
    pub next_attempt_at: Timestamp,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it was last sent.
    pub last_attempt_at: Option<Timestamp>,
    /// What the receiver answered then.
    pub http_status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
}

const WEBHOOK: &str = "id, url, secret, events, protocol, status, status_reason, client, cursor, \
                       consecutive_failures, created_at";

pub(super) fn insert(transaction: &Transaction<'_>, hook: &Webhook) -> Result<(), StoreError> {
    let events: Vec<&str> = hook.interest.events.iter().map(|kind| kind.name()).collect();
    let events = serde_json::to_string(&events).map_err(|error| unreadable("events", error))?;
    let protocol = hook.interest.protocol.map(Protocol::name);
    let (status, at) = (hook.status.name(), hook.created_at.as_second());
    let sql = "INSERT INTO webhook (id, url, secret, events, protocol, status, client, cursor, \
               consecutive_failures, paused_until, created_at, changed_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?9, ?9)";
    let (id, url, secret, client) = (&hook.id, &hook.url, &hook.secret, &hook.client);
    let row = params![id, url, secret, events, protocol, status, client, hook.cursor, at];
    transaction.execute(sql, row)?;
    Ok(())
}

pub(super) fn find(transaction: &Transaction<'_>, id: &str) -> Result<Option<Webhook>, StoreError> {
    let sql = format!("SELECT {WEBHOOK} FROM webhook WHERE id = ?1");
    transaction.optional(&sql, params![id], read_webhook)
}

/// How many a client has that are not off, and how many there are.
pub(super) fn counts(
    transaction: &Transaction<'_>,
    client: &str,
) -> Result<(usize, usize), StoreError> {
    let own = "SELECT count(*) FROM webhook WHERE client = ?1 AND status <> 'inactive'";
    let all = "SELECT count(*) FROM webhook WHERE status <> 'inactive'";
    let own = transaction.one(own, params![client], |row| row.get::<usize>(0))?;
    Ok((own, transaction.one(all, params![], |row| row.get::<usize>(0))?))
}

pub(super) fn delete(transaction: &Transaction<'_>, id: &str) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM webhook_delivery WHERE webhook_id = ?1", params![id])?;
    transaction.execute("DELETE FROM webhook WHERE id = ?1", params![id])?;
    Ok(())
}

/// Changes a webhook's standing. What waits for one that is off is given up.
pub(super) fn set_status(
    transaction: &Transaction<'_>,
    id: &str,
    status: WebhookStatus,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE webhook SET status = ?2, status_reason = ?3, changed_at = ?4 WHERE id = ?1";
    transaction.execute(sql, params![id, status.name(), reason, now.as_second()])?;
    if status == WebhookStatus::Inactive {
        let sql = "UPDATE webhook_delivery SET status = 'given_up' \
                   WHERE webhook_id = ?1 AND status = 'waiting'";
        transaction.execute(sql, params![id])?;
    }
    Ok(())
}

/// A webhook's failures in a row, and until when nothing is sent to it.
pub(super) fn set_failures(
    transaction: &Transaction<'_>,
    id: &str,
    failures: u32,
    paused_until: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE webhook SET consecutive_failures = ?2, paused_until = ?3 WHERE id = ?1";
    transaction.execute(sql, params![id, failures, paused_until.as_second()])?;
    Ok(())
}

/// Up to `len_max` active webhooks with room for more that have not looked at the event `last`.
pub(super) fn behind(
    transaction: &Transaction<'_>,
    last: i64,
    waiting_max: usize,
    len_max: usize,
) -> Result<Vec<Webhook>, StoreError> {
    let sql = format!(
        "SELECT {WEBHOOK} FROM webhook WHERE status = 'active' AND cursor < ?1 AND \
         (SELECT count(*) FROM webhook_delivery WHERE webhook_id = webhook.id \
          AND webhook_delivery.status = 'waiting') < ?2 ORDER BY cursor, id LIMIT ?3"
    );
    transaction.all(&sql, params![last, waiting_max, len_max], read_webhook)
}

pub(super) fn set_cursor(
    transaction: &Transaction<'_>,
    id: &str,
    cursor: i64,
) -> Result<(), StoreError> {
    transaction.execute("UPDATE webhook SET cursor = ?2 WHERE id = ?1", params![id, cursor])?;
    Ok(())
}

/// Puts an event into a webhook's queue, once.
pub(super) fn enqueue(
    transaction: &Transaction<'_>,
    id: &str,
    webhook_id: &str,
    event: &ListingEvent,
    body: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO webhook_delivery (id, webhook_id, seq, kind, listing_id, body, status, \
               attempts, next_attempt_at, created_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', 0, ?7, ?7) \
               ON CONFLICT (webhook_id, seq) DO NOTHING";
    let (kind, at) = (event.kind.name(), event.at.as_second());
    let row = params![id, webhook_id, event.seq, kind, event.listing_id, body, at];
    transaction.execute(sql, row)?;
    Ok(())
}

/// Up to `len_max` webhooks to which something can be sent now.
pub(super) fn due(
    transaction: &Transaction<'_>,
    now: Timestamp,
    len_max: usize,
) -> Result<Vec<Webhook>, StoreError> {
    let sql = format!(
        "SELECT {WEBHOOK} FROM webhook WHERE paused_until <= ?1 AND \
         (status = 'pending_verification' OR (status = 'active' AND EXISTS \
          (SELECT 1 FROM webhook_delivery WHERE webhook_id = webhook.id \
           AND webhook_delivery.status = 'waiting' AND next_attempt_at <= ?1))) \
         ORDER BY paused_until, id LIMIT ?2"
    );
    transaction.all(&sql, params![now.as_second(), len_max], read_webhook)
}

const DELIVERY: &str = "id, webhook_id, kind, listing_id, body, status, attempts, \
                        next_attempt_at, created_at, last_attempt_at, http_status, error";

/// What is to be sent to a webhook next.
pub(super) fn next(
    transaction: &Transaction<'_>,
    webhook_id: &str,
    now: Timestamp,
) -> Result<Option<Delivery>, StoreError> {
    let sql = format!(
        "SELECT {DELIVERY} FROM webhook_delivery WHERE webhook_id = ?1 AND status = 'waiting' \
         AND next_attempt_at <= ?2 ORDER BY next_attempt_at, seq LIMIT 1"
    );
    transaction.optional(&sql, params![webhook_id, now.as_second()], read_delivery)
}

/// The latest deliveries of a webhook, newest first.
pub(super) fn latest(
    transaction: &Transaction<'_>,
    webhook_id: &str,
) -> Result<Vec<Delivery>, StoreError> {
    let sql = format!(
        "SELECT {DELIVERY} FROM webhook_delivery WHERE webhook_id = ?1 ORDER BY seq DESC LIMIT ?2"
    );
    transaction.all(&sql, params![webhook_id, REMEMBERED], read_delivery)
}

/// What an attempt brought; `false` when the delivery does not wait any more.
pub(super) fn record(
    transaction: &Transaction<'_>,
    delivery: &Delivery,
    verdict: &Verdict,
    (http_status, error): (Option<u16>, Option<&str>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE webhook_delivery SET status = ?2, attempts = attempts + 1, \
               next_attempt_at = ?3, last_attempt_at = ?4, http_status = ?5, error = ?6 \
               WHERE id = ?1 AND status = 'waiting'";
    let (status, next) = (verdict.delivery.name(), verdict.next_attempt_at.as_second());
    let at = now.as_second();
    let row = params![delivery.id, status, next, at, http_status, error];
    if transaction.execute(sql, row)? == 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM webhook_delivery WHERE webhook_id = ?1 AND status <> 'waiting' AND \
               seq <= (SELECT seq FROM webhook_delivery WHERE webhook_id = ?1 \
               AND status <> 'waiting' ORDER BY seq DESC LIMIT 1 OFFSET ?2)";
    transaction.execute(sql, params![delivery.webhook_id, REMEMBERED])?;
    Ok(true)
}

/// Drops webhooks that have been off for long.
pub(super) fn purge(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    let old = now.saturating_sub(OFF_REMEMBERED).map_or(i64::MIN, Timestamp::as_second);
    let sql = "DELETE FROM webhook_delivery WHERE webhook_id IN \
               (SELECT id FROM webhook WHERE status = 'inactive' AND changed_at < ?1)";
    transaction.execute(sql, params![old])?;
    let sql = "DELETE FROM webhook WHERE status = 'inactive' AND changed_at < ?1";
    transaction.execute(sql, params![old])?;
    Ok(())
}

fn read_webhook(row: &Row<'_>) -> Result<Webhook, StoreError> {
    let (events, status): (String, String) = (row.get("events")?, row.get("status")?);
    let protocol: Option<String> = row.get("protocol")?;
    let words: Vec<String> =
        serde_json::from_str(&events).map_err(|_| unreadable("events", &events))?;
    let protocol =
        protocol.map(|name| Protocol::parse(&name).ok_or_else(|| unreadable("protocol", &name)));
    let interest = Interest::parse(&words.join(","), protocol.transpose()?);
    let known = WebhookStatus::ALL.into_iter().find(|known| known.name() == status);
    Ok(Webhook {
        id: row.get("id")?,
        url: row.get("url")?,
        secret: row.get("secret")?,
        interest: interest.map_err(|word| unreadable("event", word))?,
        status: known.ok_or_else(|| unreadable("webhook status", &status))?,
        status_reason: row.get("status_reason")?,
        client: row.get("client")?,
        cursor: row.get("cursor")?,
        consecutive_failures: row.get("consecutive_failures")?,
        created_at: timestamp(row.get("created_at")?)?,
    })
}

fn read_delivery(row: &Row<'_>) -> Result<Delivery, StoreError> {
    let kind: String = row.get("kind")?;
    Ok(Delivery {
        id: row.get("id")?,
        webhook_id: row.get("webhook_id")?,
        kind: EventKind::parse(&kind).ok_or_else(|| unreadable("event", &kind))?,
        listing_id: row.get("listing_id")?,
        body: row.get("body")?,
        status: row.get("status")?,
        attempts: row.get("attempts")?,
        next_attempt_at: timestamp(row.get("next_attempt_at")?)?,
        created_at: timestamp(row.get("created_at")?)?,
        last_attempt_at: row.get::<Option<i64>>("last_attempt_at")?.map(timestamp).transpose()?,
        http_status: row.get("http_status")?,
        error: row.get("error")?,
    })
}
