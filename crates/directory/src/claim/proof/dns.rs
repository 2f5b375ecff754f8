//! The hash in a TXT record.

use crate::claim::{ClaimHash, Hostname, ProofFailure};
use farebox_net::GuardedClient;

/// Where the record stands: below the very domain that is claimed.
pub(in crate::claim) fn record_name(domain: &Hostname) -> String {
    format!("_farebox-verify.{domain}")
}

/// Every hash that the domain publishes in TXT records.
pub(in crate::claim) async fn look_up(
    client: &GuardedClient,
    domain: &Hostname,
) -> Result<Vec<ClaimHash>, ProofFailure> {
    let name = record_name(domain);
    let records = client.txt(&name).await?;
    if records.is_empty() {
        return Err(ProofFailure::NoRecord(name));
    }
    Ok(records.iter().filter_map(|record| ClaimHash::parse(record)).collect())
}
