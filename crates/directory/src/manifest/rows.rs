//! The table `service`.

use crate::Change;
use crate::store::{timestamp, unreadable};
use farebox_store::{Row, StoreError, Transaction, params};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Services with a row of their own at most, so that what is kept of them in memory has a bound.
const SERVICES_MAX: usize = 1_000_000;

/// What is known of a service as a whole. What is `None` is told from its listings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ServiceRecord {
    /// `svc_` and twelve hexadecimal digits.
    pub(super) id: String,
    /// What it is called.
    pub(super) name: Option<String>,
    /// What it does.
    pub(super) description: Option<String>,
    /// What it is sorted into.
    pub(super) categories: Option<Vec<String>>,
    /// How people reach its provider: public.
    pub(super) contact: Option<String>,
    /// Where people read about it.
    pub(super) docs_url: Option<String>,
    /// Where it says that it is well.
    pub(super) health_url: Option<String>,
    /// How the price of each listing is meant, by its id.
    pub(super) pricing_models: BTreeMap<String, String>,
    /// The payment that it was submitted with.
    pub(super) payment_reference: Option<String>,
    /// The SHA-256 of its management key, in hexadecimal.
    pub(super) key_sha256: Option<String>,
    /// Since when.
    pub(super) created_at: Timestamp,
    /// When it last changed.
    pub(super) updated_at: Timestamp,
}

impl ServiceRecord {
    /// A service of which nothing is known but its listings.
    pub(super) const fn new(id: String, now: Timestamp) -> Self {
        Self {
            id,
            name: None,
            description: None,
            categories: None,
            contact: None,
            docs_url: None,
            health_url: None,
            pricing_models: BTreeMap::new(),
            payment_reference: None,
            key_sha256: None,
            created_at: now,
            updated_at: now,
        }
    }
}

const SAVE: &str = "
INSERT INTO service (
    id, name, description, categories, contact, docs_url, health_url, pricing_models,
    payment_reference, key_sha256, created_at, updated_at
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, description = excluded.description, categories = excluded.categories,
    contact = excluded.contact, docs_url = excluded.docs_url, health_url = excluded.health_url,
    pricing_models = excluded.pricing_models, key_sha256 = excluded.key_sha256,
    updated_at = excluded.updated_at";

/// Writes a service, new or changed, as part of a revision of the directory.
pub(super) fn save(change: &Change<'_>, record: &ServiceRecord) -> Result<(), StoreError> {
    change.revision()?;
    let categories = record.categories.as_ref().map(to_json).transpose()?;
    let pricing_models = to_json(&record.pricing_models)?;
    change.transaction().execute(
        SAVE,
        params![
            record.id,
            record.name,
            record.description,
            categories,
            record.contact,
            record.docs_url,
            record.health_url,
            pricing_models,
            record.payment_reference,
            record.key_sha256,
            record.created_at.as_second(),
            record.updated_at.as_second(),
        ],
    )?;
    Ok(())
}

/// Writes the digest of a new key; a service that has no row yet gets one.
pub(super) fn set_key(
    change: &Change<'_>,
    service_id: &str,
    key_sha256: &str,
) -> Result<(), StoreError> {
    let known = find(change.transaction(), service_id)?;
    let known = known.unwrap_or_else(|| ServiceRecord::new(service_id.to_owned(), change.now()));
    let key_sha256 = Some(key_sha256.to_owned());
    save(change, &ServiceRecord { key_sha256, updated_at: change.now(), ..known })
}

/// A service by its id.
pub(super) fn find(
    transaction: &Transaction<'_>,
    id: &str,
) -> Result<Option<ServiceRecord>, StoreError> {
    transaction.optional("SELECT * FROM service WHERE id = ?1", params![id], read_record)
}

/// The service that a payment listed.
pub(super) fn find_paid(
    transaction: &Transaction<'_>,
    payment_reference: &str,
) -> Result<Option<ServiceRecord>, StoreError> {
    let sql = "SELECT * FROM service WHERE payment_reference = ?1";
    transaction.optional(sql, params![payment_reference], read_record)
}

/// Every service with a row of its own.
pub(super) fn all(transaction: &Transaction<'_>) -> Result<Vec<ServiceRecord>, StoreError> {
    let sql = "SELECT * FROM service ORDER BY id LIMIT ?1";
    transaction.all(sql, params![SERVICES_MAX], read_record)
}

fn read_record(row: &Row<'_>) -> Result<ServiceRecord, StoreError> {
    let categories: Option<String> = row.get("categories")?;
    let pricing_models: String = row.get("pricing_models")?;
    Ok(ServiceRecord {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        categories: categories.as_deref().map(from_json).transpose()?,
        contact: row.get("contact")?,
        docs_url: row.get("docs_url")?,
        health_url: row.get("health_url")?,
        pricing_models: from_json(&pricing_models)?,
        payment_reference: row.get("payment_reference")?,
        key_sha256: row.get("key_sha256")?,
        created_at: timestamp(row.get("created_at")?)?,
        updated_at: timestamp(row.get("updated_at")?)?,
    })
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable("service", error))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| unreadable("service", text))
}
