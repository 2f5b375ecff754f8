//! The table `listing`.

use super::health::read_health;
use super::revision::{self, Revision};
use super::{append_bulk_event, append_event, timestamp, unreadable};
use crate::canonical::{host, service_id};
use crate::event::happenings;
use crate::{L402Format, Listing, ListingFacts, ListingStatus, ProbeStatus, Protocol};
use farebox_money::{MicroUsd, Sats};
use farebox_store::{Dialect, Row, StoreError, Transaction, Value, params};
use jiff::Timestamp;

/// Listings in the directory at most, so that the snapshot's memory has a bound.
const LISTINGS_MAX: i64 = 1_000_000;

const SAVE: &str = "
INSERT INTO listing (
    id, canonical_url, method, protocol, url, name, description, category, provider, tags,
    price_sats, price_micro_usd, price_note, payment_asset, payment_network, probe_body,
    probe_status, source, source_ref, licence, featured, domain_verified, x402_payment_valid,
    l402_format, lnget_compatible, sample_data, is_demo, registered_at, updated_at, status,
    status_reason, deleted_at, service_id, input_schema, output_schema, consumption, content_type,
    docs_url, source_id, x402_facilitator_reachable, x402_asset_known, l402_compliant,
    l402_degrade_reason, offers, content_flags, provenance, changed_seq, came_in_bulk
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
    ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39,
    ?40, ?41, ?42, ?43, ?44, ?45, ?46, ?47, ?48
) ON CONFLICT (canonical_url, method, protocol) DO UPDATE SET
    url = excluded.url, name = excluded.name, description = excluded.description,
    category = excluded.category, provider = excluded.provider, tags = excluded.tags,
    price_sats = excluded.price_sats, price_micro_usd = excluded.price_micro_usd,
    price_note = excluded.price_note, payment_asset = excluded.payment_asset,
    payment_network = excluded.payment_network, probe_body = excluded.probe_body,
    probe_status = excluded.probe_status, source = excluded.source,
    source_ref = excluded.source_ref, licence = excluded.licence, featured = excluded.featured,
    domain_verified = excluded.domain_verified, x402_payment_valid = excluded.x402_payment_valid,
    l402_format = excluded.l402_format, lnget_compatible = excluded.lnget_compatible,
    sample_data = excluded.sample_data, is_demo = excluded.is_demo,
    updated_at = excluded.updated_at, status = excluded.status,
    status_reason = excluded.status_reason, deleted_at = excluded.deleted_at,
    service_id = excluded.service_id, input_schema = excluded.input_schema,
    output_schema = excluded.output_schema, consumption = excluded.consumption,
    content_type = excluded.content_type, docs_url = excluded.docs_url,
    source_id = excluded.source_id,
    x402_facilitator_reachable = excluded.x402_facilitator_reachable,
    x402_asset_known = excluded.x402_asset_known, l402_compliant = excluded.l402_compliant,
    l402_degrade_reason = excluded.l402_degrade_reason, offers = excluded.offers,
    content_flags = excluded.content_flags, provenance = excluded.provenance,
    changed_seq = excluded.changed_seq";

/// A query of listings with their health; what follows `listing`, where columns that both tables have
/// name theirs.
macro_rules! select_listing {
    ($rest:literal) => {
        concat!(
            "SELECT listing.*, health.status AS health_status, health.state AS health_state, \
             health.recent AS health_recent FROM listing \
             LEFT JOIN listing_health AS health ON health.listing_id = listing.id ",
            $rest
        )
    };
}

/// Writes a listing as a change of this revision. One that is there keeps its id, its date of
/// registration and its health.
/// Writes a listing as a change of this revision. One that is there keeps its id, how and when it came,
/// and its health.
pub(crate) fn save(
    transaction: &Transaction<'_>,
    listing: &Listing,
    revision: Revision,
) -> Result<(), StoreError> {
    let facts = &listing.facts;
    let tags = to_json("tags", &facts.tags)?;
    let offers = to_json("offers", &listing.offers)?;
    let flags = to_json("content flags", &listing.content_flags)?;
    let price_sats = facts.price_sats.and_then(|price| i64::try_from(price.get()).ok());
    let price_micro_usd = facts.price_usd.and_then(|price| i64::try_from(price.get()).ok());
    transaction.execute(
        SAVE,
        params![
            listing.id,
            listing.canonical_url,
            facts.method.as_deref().unwrap_or_default(),
            facts.protocol.name(),
            facts.url,
            facts.name,
            facts.description,
            facts.category,
            facts.provider,
            tags,
            price_sats,
            price_micro_usd,
            facts.price_note,
            facts.payment_asset,
            facts.payment_network,
            facts.probe_body,
            facts.probe_status.name(),
            facts.source,
            facts.source_ref,
            facts.licence,
            facts.featured,
            facts.domain_verified,
            facts.x402_payment_valid,
            facts.l402_format.map(L402Format::name),
            facts.lnget_compatible,
            facts.sample_data,
            facts.is_demo,
            listing.registered_at.as_second(),
            listing.updated_at.as_second(),
            listing.status.name(),
            listing.status_reason,
            listing.deleted_at.map(Timestamp::as_second),
            listing.service_id,
            facts.input_schema,
            facts.output_schema,
            facts.consumption,
            facts.content_type,
            facts.docs_url,
            facts.source_id,
            facts.x402_facilitator_reachable,
            facts.x402_asset_known,
            facts.l402_compliant,
            facts.l402_degrade_reason,
            offers,
            flags,
            *listing.provenance,
            revision.0,
            listing.came_in_bulk,
        ],
    )?;
    Ok(())
}

fn to_json<T: serde::Serialize>(what: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable(what, error))
}

/// Writes a changed listing, and what happened to it for those who are to be told. `before` is the
/// listing as this transaction found it.
pub(crate) fn change(
    transaction: &Transaction<'_>,
    before: Option<&Listing>,
    after: &Listing,
    revision: Revision,
    now: Timestamp,
) -> Result<(), StoreError> {
    save(transaction, after, revision)?;
    for happening in happenings(before, after) {
        append_event(transaction, after, &happening, now)?;
    }
    Ok(())
}

/// A listing by its id, whatever its standing.
/// The same for one of the many listings of a first import, of which nobody is told.
pub(crate) fn change_in_bulk(
    transaction: &Transaction<'_>,
    before: Option<&Listing>,
    after: &Listing,
    revision: Revision,
    now: Timestamp,
) -> Result<(), StoreError> {
    let came_in_bulk = before.is_none_or(|before| before.came_in_bulk);
    let after = Listing { came_in_bulk, ..after.clone() };
    save(transaction, &after, revision)?;
    for happening in happenings(before, &after) {
        append_bulk_event(transaction, &after, &happening, now)?;
    }
    Ok(())
}

/// A listing by its id, whatever its standing; without its recent observations.
pub(crate) fn find(transaction: &Transaction<'_>, id: &str) -> Result<Option<Listing>, StoreError> {
    let sql = select_listing!("WHERE id = ?1");
    transaction.optional(sql, params![id], read_listing)
}

/// The listings of these ids, whatever their standing.
pub(crate) fn find_all(
    transaction: &Transaction<'_>,
    ids: &[String],
) -> Result<Vec<Listing>, StoreError> {
    match transaction.dialect() {
        Dialect::Postgres => {
            let sql = select_listing!("WHERE id = ANY(?1::text[])");
            transaction.all(sql, &[Value::Texts(ids)], read_listing)
        }
        Dialect::Sqlite => {
            let sql = select_listing!("WHERE id = ?1");
            let rows = ids.iter().map(|id| [Value::Text(id.into())]);
            let found = transaction.optional_each(sql, rows, read_listing)?;
            Ok(found.into_iter().map(|(_, listing)| listing).collect())
        }
    }
}

/// The listing of an endpoint on a rail, whatever its standing.
pub(crate) fn find_endpoint(
    transaction: &Transaction<'_>,
    canonical_url: &str,
    method: Option<&str>,
    protocol: Protocol,
) -> Result<Option<Listing>, StoreError> {
    let sql = select_listing!("WHERE canonical_url = ?1 AND method = ?2 AND protocol = ?3");
    let (method, protocol) = (method.unwrap_or_default(), protocol.name());
    transaction.optional(sql, params![canonical_url, method, protocol], read_listing)
}

/// Listings of one address on one rail at most: there are only so many methods.
const METHODS_MAX: i64 = 16;

/// The listings of an address on a rail, whatever their method and standing, ordered by method.
pub(crate) fn find_on_rail(
    transaction: &Transaction<'_>,
    canonical_url: &str,
    protocol: Protocol,
) -> Result<Vec<Listing>, StoreError> {
    let sql = select_listing!(
        "WHERE canonical_url = ?1 AND protocol = ?2 \
               ORDER BY method LIMIT ?3"
    );
    transaction.all(sql, params![canonical_url, protocol.name(), METHODS_MAX], read_listing)
}

/// Names the method of a listing whose method nobody named before. No other listing has it.
pub(crate) fn set_method(
    transaction: &Transaction<'_>,
    id: &str,
    method: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE listing SET method = ?2 WHERE id = ?1";
    transaction.execute(sql, params![id, method.unwrap_or_default()])?;
    Ok(())
}

/// Keeps a provider's address, which is never shown.
pub(crate) fn set_contact_email(
    transaction: &Transaction<'_>,
    id: &str,
    email: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE listing SET contact_email = ?2 WHERE id = ?1";
    transaction.execute(sql, params![id, email])?;
    Ok(())
}

/// Drops listings that were deleted before `before`, at most `len_max`. Returns how many.
pub(crate) fn purge(
    transaction: &Transaction<'_>,
    before: Timestamp,
    len_max: usize,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM listing WHERE id IN (SELECT id FROM listing \
               WHERE status = 'deleted' AND deleted_at <= ?1 ORDER BY id LIMIT ?2)";
    transaction.execute(sql, params![before.as_second(), len_max])
}

/// Up to `len_max` listings of a URL, whatever their method, rail and standing.
pub(crate) fn of_url(
    transaction: &Transaction<'_>,
    canonical_url: &str,
    len_max: usize,
) -> Result<Vec<Listing>, StoreError> {
    let sql = select_listing!("WHERE canonical_url = ?1 ORDER BY id LIMIT ?2");
    transaction.all(sql, params![canonical_url, len_max], read_listing)
}

/// Up to `len_max` listings of a service, whatever their standing, ordered by id.
pub(crate) fn of_service(
    transaction: &Transaction<'_>,
    service_id: &str,
    len_max: usize,
) -> Result<Vec<Listing>, StoreError> {
    let sql = select_listing!("WHERE service_id = ?1 ORDER BY id LIMIT ?2");
    transaction.all(sql, params![service_id, len_max], read_listing)
}

/// Up to `len_max` listings of this standing, ordered by id, after the id `after`.
pub(crate) fn with_status(
    transaction: &Transaction<'_>,
    status: ListingStatus,
    after: &str,
    len_max: usize,
) -> Result<Vec<Listing>, StoreError> {
    let sql = select_listing!("WHERE listing.status = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
    transaction.all(sql, params![status.name(), after, len_max], read_listing)
}

/// Makes `own` the whole set of listings that this server answers itself. Says whether anything
/// changed.
pub(crate) fn replace_own(
    transaction: &Transaction<'_>,
    own: &[Listing],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = select_listing!("WHERE is_demo = 1");
    let known = transaction.all(sql, params![], read_listing)?;
    let stays = |listing: &Listing| own.iter().any(|fresh| fresh.id == listing.id);
    let same = |fresh: &Listing| {
        known.iter().any(|known| known.id == fresh.id && known.facts == fresh.facts)
    };
    let gone: Vec<&Listing> = known.iter().filter(|listing| !stays(listing)).collect();
    let fresh: Vec<&Listing> = own.iter().filter(|fresh| !same(fresh)).collect();
    if gone.is_empty() && fresh.is_empty() {
        return Ok(false);
    }
    let revision = revision::next_whole(transaction)?;
    for gone in gone {
        let deleted = Listing { status: ListingStatus::Deleted, ..gone.clone() };
        change(transaction, Some(gone), &deleted, revision, now)?;
        transaction.execute("DELETE FROM listing WHERE id = ?1", params![gone.id])?;
    }
    for fresh in fresh {
        let before = known.iter().find(|known| known.id == fresh.id);
        change(transaction, before, fresh, revision, now)?;
    }
    Ok(true)
}

/// Every active listing with its health, ordered by id.
pub(crate) fn load_listings(transaction: &Transaction<'_>) -> Result<Vec<Listing>, StoreError> {
    let sql = select_listing!("WHERE listing.status = 'active' ORDER BY id LIMIT ?1");
    transaction.all(sql, params![LISTINGS_MAX], read_listing)
}

/// What changed after a revision, whatever its standing, with its health.
pub(crate) fn changed_after(
    transaction: &Transaction<'_>,
    revision: Revision,
) -> Result<Vec<Listing>, StoreError> {
    let sql = select_listing!("WHERE listing.changed_seq > ?1 ORDER BY id LIMIT ?2");
    transaction.all(sql, params![revision.0, LISTINGS_MAX], read_listing)
}

fn read_listing(row: &Row<'_>) -> Result<Listing, StoreError> {
    Ok(Listing {
        id: row.get("id")?,
        canonical_url: row.get("canonical_url")?,
        service_id: read_service_id(row)?,
        status: read_status(row)?,
        status_reason: row.get("status_reason")?,
        deleted_at: row.get::<Option<i64>>("deleted_at")?.map(timestamp).transpose()?,
        facts: read_facts(row)?,
        offers: read_json(row, "offers")?,
        content_flags: read_json(row, "content_flags")?,
        provenance: row.get::<String>("provenance")?.into(),
        registered_at: timestamp(row.get("registered_at")?)?,
        came_in_bulk: row.get("came_in_bulk")?,
        updated_at: timestamp(row.get("updated_at")?)?,
        health: read_health(row)?,
    })
}

/// Rows from before there were services belong to that of their host.
fn read_service_id(row: &Row<'_>) -> Result<String, StoreError> {
    let id: String = row.get("service_id")?;
    if !id.is_empty() {
        return Ok(id);
    }
    let canonical_url: String = row.get("canonical_url")?;
    Ok(service_id(&host(&canonical_url)))
}

fn read_status(row: &Row<'_>) -> Result<ListingStatus, StoreError> {
    let text: String = row.get("status")?;
    ListingStatus::parse(&text).ok_or_else(|| unreadable("status", &text))
}

fn read_json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| unreadable(column, &text))
}

fn read_facts(row: &Row<'_>) -> Result<ListingFacts, StoreError> {
    let protocol: String = row.get("protocol")?;
    let probe_status: String = row.get("probe_status")?;
    let l402_format: Option<String> = row.get("l402_format")?;
    let price_sats: Option<i64> = row.get("price_sats")?;
    let price_micro_usd: Option<i64> = row.get("price_micro_usd")?;
    Ok(ListingFacts {
        url: row.get("url")?,
        method: Some(row.get::<String>("method")?).filter(|method| !method.is_empty()),
        protocol: Protocol::parse(&protocol).ok_or_else(|| unreadable("protocol", &protocol))?,
        name: row.get("name")?,
        description: row.get("description")?,
        category: row.get("category")?,
        provider: row.get("provider")?,
        tags: read_json(row, "tags")?,
        price_sats: price_sats.and_then(|sats| u64::try_from(sats).ok()).map(Sats::new),
        price_usd: price_micro_usd.and_then(|micro| u64::try_from(micro).ok()).map(MicroUsd::new),
        price_note: row.get("price_note")?,
        payment_asset: row.get("payment_asset")?,
        payment_network: row.get("payment_network")?,
        probe_body: row.get("probe_body")?,
        input_schema: row.get("input_schema")?,
        output_schema: row.get("output_schema")?,
        consumption: row.get("consumption")?,
        content_type: row.get("content_type")?,
        docs_url: row.get("docs_url")?,
        probe_status: ProbeStatus::parse(&probe_status)
            .ok_or_else(|| unreadable("probe status", &probe_status))?,
        source: row.get("source")?,
        source_ref: row.get("source_ref")?,
        source_id: row.get("source_id")?,
        licence: row.get("licence")?,
        featured: row.get("featured")?,
        domain_verified: row.get("domain_verified")?,
        x402_payment_valid: row.get("x402_payment_valid")?,
        x402_facilitator_reachable: row.get("x402_facilitator_reachable")?,
        x402_asset_known: row.get("x402_asset_known")?,
        l402_compliant: row.get("l402_compliant")?,
        l402_degrade_reason: row.get("l402_degrade_reason")?,
        l402_format: l402_format.as_deref().and_then(L402Format::parse),
        lnget_compatible: row.get("lnget_compatible")?,
        sample_data: row.get("sample_data")?,
        is_demo: row.get("is_demo")?,
    })
}
