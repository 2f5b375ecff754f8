//! The table `listing_event`.

use super::timestamp;
use crate::event::{EventKind, Happening};
use crate::{Listing, Protocol};
use farebox_store::{Dialect, Row, StoreError, Transaction, Value, params};
use jiff::Timestamp;
use serde_json::json;

/// Something that happened to a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct ListingEvent {
    /// Its place; grows, with gaps.
    pub seq: i64,
    /// Of which listing.
    pub listing_id: String,
    /// What happened.
    pub kind: EventKind,
    /// The listing's rail.
    pub protocol: Protocol,
    /// Whether it is one of the many of a first import, which nobody is told of.
    pub is_bulk: bool,
    /// `id`, `name`, `url`, `protocol` of the listing, and what differs: `before`, `after`. JSON.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

const INTO: &str = "INSERT INTO listing_event (listing_id, kind, is_public, protocol, body, at, \
                    is_bulk)";

/// Writes down what happened to a listing.
pub(crate) fn append_event(
    transaction: &Transaction<'_>,
    listing: &Listing,
    happening: &Happening,
    now: Timestamp,
) -> Result<(), StoreError> {
    append(transaction, listing, happening, now, false)
}

/// The same for one of the many events of a first import.
pub(crate) fn append_bulk_event(
    transaction: &Transaction<'_>,
    listing: &Listing,
    happening: &Happening,
    now: Timestamp,
) -> Result<(), StoreError> {
    append(transaction, listing, happening, now, true)
}

fn append(
    transaction: &Transaction<'_>,
    listing: &Listing,
    happening: &Happening,
    now: Timestamp,
    is_bulk: bool,
) -> Result<(), StoreError> {
    let sql = format!("{INTO} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    let (kind, is_public) = (happening.kind.name(), happening.kind.is_public());
    let (protocol, body) = (listing.facts.protocol.name(), body(listing, happening));
    let at = now.as_second();
    let row = params![listing.id, kind, is_public, protocol, body, at, is_bulk];
    transaction.execute(&sql, row)?;
    Ok(())
}

/// Writes down what happened to several listings, in this order, each at its time.
pub(crate) fn append_events(
    transaction: &Transaction<'_>,
    events: &[(&Listing, Happening, Timestamp)],
) -> Result<(), StoreError> {
    if transaction.dialect() == Dialect::Sqlite || events.is_empty() {
        return events.iter().try_for_each(|(listing, happening, at)| {
            append_event(transaction, listing, happening, *at)
        });
    }
    let sql = format!(
        "{INTO} SELECT listing_id, kind, is_public, protocol, body, at, 0 FROM unnest(?1::text[], \
         ?2::text[], ?3::bigint[], ?4::text[], ?5::text[], ?6::bigint[]) WITH ORDINALITY \
         AS event (listing_id, kind, is_public, protocol, body, at, place) ORDER BY place"
    );
    let text = |of: fn(&Listing, &Happening) -> String| -> Vec<String> {
        events.iter().map(|(listing, happening, _)| of(listing, happening)).collect()
    };
    let public: Vec<i64> =
        events.iter().map(|(_, happening, _)| happening.kind.is_public().into()).collect();
    let at: Vec<i64> = events.iter().map(|(.., at)| at.as_second()).collect();
    let columns = [
        Value::Texts(&text(|listing, _| listing.id.clone())),
        Value::Texts(&text(|_, happening| happening.kind.name().to_owned())),
        Value::Integers(&public),
        Value::Texts(&text(|listing, _| listing.facts.protocol.name().to_owned())),
        Value::Texts(&text(body)),
        Value::Integers(&at),
    ];
    transaction.execute(&sql, &columns)?;
    Ok(())
}

fn body(listing: &Listing, happening: &Happening) -> String {
    let body = json!({
        "id": listing.id,
        "name": listing.facts.name,
        "url": listing.facts.url,
        "protocol": listing.facts.protocol.name(),
        "before": happening.before,
        "after": happening.after,
    });
    body.to_string()
}

/// Up to `len_max` public events after the place `seq`, oldest first. One writer at a time makes
/// them visible in their order, so that whoever reads on from the last place misses none.
///
/// # Errors
/// [`StoreError`].
pub fn events_after(
    transaction: &Transaction<'_>,
    seq: i64,
    len_max: usize,
) -> Result<Vec<ListingEvent>, StoreError> {
    let sql = "SELECT seq, listing_id, kind, protocol, body, at, is_bulk FROM listing_event \
               WHERE seq > ?1 AND is_public = 1 ORDER BY seq LIMIT ?2";
    transaction.all(sql, params![seq, len_max], read_event)
}

/// The latest `len_max` events of a listing, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn events_of_listing(
    transaction: &Transaction<'_>,
    listing_id: &str,
    len_max: usize,
) -> Result<Vec<ListingEvent>, StoreError> {
    let sql = "SELECT seq, listing_id, kind, protocol, body, at, is_bulk FROM listing_event \
               WHERE listing_id = ?1 AND is_public = 1 ORDER BY seq DESC LIMIT ?2";
    transaction.all(sql, params![listing_id, len_max], read_event)
}

/// How often the price of a listing changed from `since` on, and how often who is paid.
pub(crate) fn changes_of_terms(
    transaction: &Transaction<'_>,
    listing_id: &str,
    since: Timestamp,
) -> Result<(u32, u32), StoreError> {
    let sql = "SELECT COUNT(*) FROM listing_event \
               WHERE listing_id = ?1 AND kind = ?2 AND at >= ?3";
    let count = |kind: EventKind| {
        let since = since.as_second();
        transaction.one(sql, params![listing_id, kind.name(), since], |row| row.get(0))
    };
    Ok((count(EventKind::PriceChanged)?, count(EventKind::PayToChanged)?))
}

/// The place of the latest event; 0 before the first.
///
/// # Errors
/// [`StoreError`].
pub fn last_event(transaction: &Transaction<'_>) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(max(seq), 0) FROM listing_event";
    transaction.one(sql, params![], |row| row.get(0))
}

fn read_event(row: &Row<'_>) -> Result<ListingEvent, StoreError> {
    let unreadable = |what, text: &str| super::unreadable(what, text);
    let (kind, protocol): (String, String) = (row.get(2)?, row.get(3)?);
    Ok(ListingEvent {
        seq: row.get(0)?,
        listing_id: row.get(1)?,
        kind: EventKind::parse(&kind).ok_or_else(|| unreadable("event", &kind))?,
        protocol: Protocol::parse(&protocol).ok_or_else(|| unreadable("protocol", &protocol))?,
        body: row.get(4)?,
        at: timestamp(row.get(5)?)?,
        is_bulk: row.get(6)?,
    })
}
