//! The table `listing`.

use super::{health_status, history, timestamp, unreadable};
use crate::health::RECENT_LEN_MAX;
use crate::{Health, L402Format, Listing, ListingFacts, ProbeStatus, Protocol};
use farebox_money::{MicroUsd, Sats};
use farebox_store::{Row, StoreError, Transaction, params};
use jiff::Timestamp;

/// Listings in the directory at most, so that the snapshot's memory has a bound.
const LISTINGS_MAX: i64 = 1_000_000;

/// The id under which an endpoint is listed on a rail, where it is.
pub(crate) fn find_id(
    transaction: &Transaction<'_>,
    canonical_url: &str,
    method: Option<&str>,
    protocol: Protocol,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT id FROM listing WHERE canonical_url = ?1 AND method = ?2 AND protocol = ?3";
    let (method, protocol) = (method.unwrap_or_default(), protocol.name());
    transaction.optional(sql, params![canonical_url, method, protocol], |row| row.get(0))
}

const STORE_FACTS: &str = "
INSERT INTO listing (
    id, canonical_url, method, protocol, url, name, description, category, provider, tags,
    price_sats, price_micro_usd, price_note, payment_asset, payment_network, probe_body,
    probe_status, source, source_ref, licence, featured, domain_verified, x402_payment_valid,
    l402_format, lnget_compatible, sample_data, is_demo, registered_at, updated_at
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
    ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29
) ON CONFLICT (canonical_url, method, protocol) DO UPDATE SET
    url = excluded.url, name = excluded.name, description = excluded.description,
    category = excluded.category, provider = excluded.provider, tags = excluded.tags,
    price_sats = excluded.price_sats, price_micro_usd = excluded.price_micro_usd,
    price_note = excluded.price_note, payment_asset = excluded.payment_asset,
    payment_network = excluded.payment_network, probe_body = excluded.probe_body,
    probe_status = excluded.probe_status, source = excluded.source,
    source_ref = excluded.source_ref, licence = excluded.licence, featured = excluded.featured,
    domain_verified = excluded.domain_verified,
    x402_payment_valid = excluded.x402_payment_valid, l402_format = excluded.l402_format,
    lnget_compatible = excluded.lnget_compatible, sample_data = excluded.sample_data,
    is_demo = excluded.is_demo, updated_at = excluded.updated_at";

/// Writes what is said about a listing; a listing that is there keeps its id, its date of
/// registration and its health.
pub(crate) fn store_facts(
    transaction: &Transaction<'_>,
    listing: &Listing,
) -> Result<(), StoreError> {
    let facts = &listing.facts;
    let tags = serde_json::to_string(&facts.tags).map_err(|error| unreadable("tags", error))?;
    let price_sats = facts.price_sats.and_then(|price| i64::try_from(price.get()).ok());
    let price_micro_usd = facts.price_usd.and_then(|price| i64::try_from(price.get()).ok());
    transaction.execute(
        STORE_FACTS,
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
        ],
    )?;
    Ok(())
}

/// Makes `own` the whole set of listings that this server answers itself. Says whether anything
/// changed.
pub(crate) fn replace_own(
    transaction: &Transaction<'_>,
    own: &[Listing],
) -> Result<bool, StoreError> {
    let sql = "SELECT * FROM listing WHERE is_demo = 1";
    let known = transaction.all(sql, params![], read_listing)?;
    let stays = |listing: &Listing| own.iter().any(|fresh| fresh.id == listing.id);
    let same = |fresh: &Listing| {
        known.iter().any(|known| known.id == fresh.id && known.facts == fresh.facts)
    };
    let mut changed = false;
    for gone in known.iter().filter(|listing| !stays(listing)) {
        transaction.execute("DELETE FROM listing WHERE id = ?1", params![gone.id])?;
        changed = true;
    }
    for fresh in own.iter().filter(|fresh| !same(fresh)) {
        store_facts(transaction, fresh)?;
        changed = true;
    }
    Ok(changed)
}

/// Writes what the checks of a listing add up to.
pub(crate) fn store_health(
    transaction: &Transaction<'_>,
    listing_id: &str,
    health: &Health,
) -> Result<(), StoreError> {
    let sql = "UPDATE listing SET health_status = ?2, last_checked = ?3, last_seen_healthy = ?4, \
               uptime_30d = ?5, latency_p50_ms = ?6, consecutive_failures = ?7, \
               reliability_score = ?8 WHERE id = ?1";
    transaction.execute(
        sql,
        params![
            listing_id,
            health.status.name(),
            health.last_checked.map(Timestamp::as_second),
            health.last_seen_healthy.map(Timestamp::as_second),
            health.uptime_30d,
            health.latency_p50_ms,
            health.consecutive_failures,
            health.reliability_score,
        ],
    )?;
    Ok(())
}

/// Every listing with its recent observations, ordered by id.
pub(crate) fn load_listings(transaction: &Transaction<'_>) -> Result<Vec<Listing>, StoreError> {
    let sql = "SELECT * FROM listing ORDER BY id LIMIT ?1";
    transaction.all(sql, params![LISTINGS_MAX], |row| {
        let mut listing = read_listing(row)?;
        if listing.health.last_checked.is_some() {
            listing.health.recent = history(transaction, &listing.id, RECENT_LEN_MAX)?;
        }
        Ok(listing)
    })
}

fn read_listing(row: &Row<'_>) -> Result<Listing, StoreError> {
    Ok(Listing {
        id: row.get("id")?,
        canonical_url: row.get("canonical_url")?,
        facts: read_facts(row)?,
        registered_at: timestamp(row.get("registered_at")?)?,
        updated_at: timestamp(row.get("updated_at")?)?,
        health: read_health(row)?,
    })
}

fn read_facts(row: &Row<'_>) -> Result<ListingFacts, StoreError> {
    let protocol: String = row.get("protocol")?;
    let tags: String = row.get("tags")?;
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
        tags: serde_json::from_str(&tags).map_err(|_| unreadable("tags", &tags))?,
        price_sats: price_sats.and_then(|sats| u64::try_from(sats).ok()).map(Sats::new),
        price_usd: price_micro_usd.and_then(|micro| u64::try_from(micro).ok()).map(MicroUsd::new),
        price_note: row.get("price_note")?,
        payment_asset: row.get("payment_asset")?,
        payment_network: row.get("payment_network")?,
        probe_body: row.get("probe_body")?,
        probe_status: ProbeStatus::parse(&probe_status)
            .ok_or_else(|| unreadable("probe status", &probe_status))?,
        source: row.get("source")?,
        source_ref: row.get("source_ref")?,
        licence: row.get("licence")?,
        featured: row.get("featured")?,
        domain_verified: row.get("domain_verified")?,
        x402_payment_valid: row.get("x402_payment_valid")?,
        l402_format: l402_format.as_deref().and_then(L402Format::parse),
        lnget_compatible: row.get("lnget_compatible")?,
        sample_data: row.get("sample_data")?,
        is_demo: row.get("is_demo")?,
    })
}

fn read_health(row: &Row<'_>) -> Result<Health, StoreError> {
    let time = |column: &str| -> Result<Option<Timestamp>, StoreError> {
        row.get::<Option<i64>>(column)?.map(timestamp).transpose()
    };
    Ok(Health {
        status: health_status(&row.get::<String>("health_status")?)?,
        last_checked: time("last_checked")?,
        last_seen_healthy: time("last_seen_healthy")?,
        uptime_30d: row.get("uptime_30d")?,
        latency_p50_ms: row.get("latency_p50_ms")?,
        consecutive_failures: row.get("consecutive_failures")?,
        reliability_score: row.get("reliability_score")?,
        recent: Vec::new(),
    })
}
