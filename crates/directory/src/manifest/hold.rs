//! URLs that are set aside for a payment while its money is collected: so nobody pays for a listing
//! that somebody else gets in the meantime.

use super::ownership::{Asker, conflicts};
use super::services::Services;
use super::submission::Endpoint;
use super::submit::{read, refused};
use super::write::WriteError;
use crate::canonical_url;
use axum::response::Response;
use farebox_store::{StoreError, Transaction, params};
use jiff::Timestamp;

/// How long a URL is set aside, in seconds: longer than any payment is on its way, and as long as a
/// payment whose fate nobody knew is taken up again.
const HOLD_S: i64 = 24 * 3_600;

impl Services {
    /// Sets the URLs of a submission aside for a payment that is about to be collected. The same
    /// payment may ask again.
    ///
    /// # Errors
    /// The answer to a submission that cannot be listed.
    pub async fn hold(&self, payment_reference: &str, body: &[u8]) -> Result<(), Box<Response>> {
        let submission = read(self, body)?;
        let (reference, now) = (payment_reference.to_owned(), self.directory().now());
        let hold = move |transaction: &Transaction<'_>| -> Result<(), WriteError> {
            let asker = Asker::Payment(&reference);
            let found = conflicts(transaction, &submission.endpoints, asker, now)?;
            if !found.is_empty() {
                return Err(WriteError::Conflicts(found));
            }
            Ok(put(transaction, &submission.endpoints, &reference, now)?)
        };
        let held = self.directory().store().write(hold).await;
        held.map_err(|error| Box::new(refused(&error)))
    }

    /// The payment will not come: its URLs are free again.
    pub async fn release_hold(&self, payment_reference: &str) {
        let reference = payment_reference.to_owned();
        let release = move |transaction: &Transaction<'_>| drop_all(transaction, &reference);
        if let Err(error) = self.directory().store().write(release).await {
            tracing::warn!(%error, "URLs stay set aside for a payment that did not come");
        }
    }
}

/// What is set aside: the same address with and without TLS is one.
fn place(url: &str) -> Option<String> {
    let canonical = canonical_url(url)?;
    canonical.split_once("://").map(|(_, place)| place.to_owned())
}

fn put(
    transaction: &Transaction<'_>,
    endpoints: &[Endpoint],
    payment_reference: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let now = now.as_second();
    transaction.execute("DELETE FROM submission_hold WHERE expires_at <= ?1", params![now])?;
    let sql = "INSERT INTO submission_hold (place, payment_reference, expires_at) \
               VALUES (?1, ?2, ?3) ON CONFLICT (place) DO UPDATE SET \
               payment_reference = excluded.payment_reference, expires_at = excluded.expires_at";
    for place in endpoints.iter().filter_map(|endpoint| place(&endpoint.url)) {
        let until = now.saturating_add(HOLD_S);
        transaction.execute(sql, params![place, payment_reference, until])?;
    }
    Ok(())
}

/// For which payment a URL is set aside.
pub(super) fn holder(
    transaction: &Transaction<'_>,
    url: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let Some(place) = place(url) else { return Ok(None) };
    let sql = "SELECT payment_reference FROM submission_hold WHERE place = ?1 AND expires_at > ?2";
    transaction.optional(sql, params![place, now.as_second()], |row| row.get(0))
}

/// A payment needs its URLs no more.
pub(super) fn drop_all(
    transaction: &Transaction<'_>,
    payment_reference: &str,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM submission_hold WHERE payment_reference = ?1";
    transaction.execute(sql, params![payment_reference])?;
    Ok(())
}
