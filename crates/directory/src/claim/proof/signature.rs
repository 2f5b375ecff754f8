//! A signature by whoever the host's paid endpoints are paid to.

use crate::claim::ProofFailure;
use crate::{Listing, Protocol};
use bytes::Bytes;
use farebox_net::{GuardedClient, Limits};
use farebox_wire::evm::{Address, Signature, parse_address, recover_personal};
use farebox_wire::node_message::recover_node;
use farebox_wire::probe::{BODY_LEN_MAX, Offer, RecordedAnswer, Terms, classify};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use std::collections::BTreeSet;
use std::time::Duration;
use url::Url;

/// Endpoints of a domain that are asked at most.
const ENDPOINTS_MAX: usize = 16;
/// Listings that these can be at most, and one more.
pub(in crate::claim) const LISTINGS_MAX: usize = ENDPOINTS_MAX * Protocol::ALL.len() + 1;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Whose signature proves a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::claim) enum Signer {
    /// The account that x402 and MPP payments go to.
    Wallet,
    /// The node that made the Lightning invoices.
    Node,
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::claim) enum Signed {
    /// An account.
    Account(Address),
    /// A node's key, hexadecimal.
    Node(String),
}

/// Who signed a text.
pub(in crate::claim) fn recover(
    signer: Signer,
    message: &str,
    signature: &str,
) -> Result<Signed, ProofFailure> {
    let mismatch = |error: String| ProofFailure::SignatureMismatch(error);
    match signer {
        Signer::Wallet => {
            let signature = Signature::parse(signature.trim());
            let signature = signature.map_err(|error| mismatch(error.to_string()))?;
            let account = recover_personal(message, &signature);
            account.map(Signed::Account).map_err(|error| mismatch(error.to_string()))
        }
        Signer::Node => {
            let node = recover_node(message, signature);
            node.map(Signed::Node).map_err(|error| mismatch(error.to_string()))
        }
    }
}

/// Checks that every endpoint of `listings`, which are all that are active, asks to be paid to `signed`, as it says now:
/// what a claimer says, or what was listed once, counts for nothing. All of them must, because a
/// host can have many sellers, and one of them is not its owner.
pub(in crate::claim) async fn is_paid_everywhere(
    client: &GuardedClient,
    listings: &[Listing],
    signed: &Signed,
    now_s: u64,
) -> Result<(), ProofFailure> {
    let endpoints: BTreeSet<Endpoint> = listings.iter().map(Endpoint::of).collect();
    if endpoints.is_empty() {
        return Err(ProofFailure::NoListing);
    }
    if endpoints.len() > ENDPOINTS_MAX || listings.len() >= LISTINGS_MAX {
        return Err(ProofFailure::TooManyListings);
    }
    for endpoint in &endpoints {
        let answer = ask(client, endpoint).await?;
        let report = classify(&answer, Terms { now_s, accepts_test_money: true });
        let mut offers = report.rails.iter().flat_map(|rail| &rail.offers);
        if !offers.any(|offer| pays(offer, signed)) {
            let text = format!(
                "{} does not ask to be paid to the one who signed ({}): every active listing of \
                 the domain must; prove it with the file or the TXT record otherwise",
                endpoint.url,
                signed.name()
            );
            return Err(ProofFailure::SignatureMismatch(text));
        }
    }
    Ok(())
}

/// What is asked: several listings can be one endpoint on several rails.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Endpoint {
    url: String,
    method: String,
    body: String,
}

impl Endpoint {
    fn of(listing: &Listing) -> Self {
        let facts = &listing.facts;
        Self {
            url: listing.canonical_url.clone(),
            method: facts.method.clone().unwrap_or_else(|| Method::GET.to_string()),
            body: facts.probe_body.clone().unwrap_or_default(),
        }
    }
}

impl Signed {
    fn name(&self) -> String {
        match self {
            Self::Account(address) => address.to_checksum(None),
            Self::Node(key) => key.clone(),
        }
    }
}

fn pays(offer: &Offer, signed: &Signed) -> bool {
    let Some(recipient) = offer.recipient.as_deref() else { return false };
    match signed {
        Signed::Account(address) => {
            let is_evm = offer.network.as_deref().is_some_and(|name| name.starts_with("eip155:"));
            is_evm && parse_address(recipient) == Ok(*address)
        }
        Signed::Node(key) => {
            let is_invoice = matches!(offer.kind.as_str(), "bolt11" | "lightning/charge");
            is_invoice && recipient.eq_ignore_ascii_case(key)
        }
    }
}

async fn ask(client: &GuardedClient, endpoint: &Endpoint) -> Result<RecordedAnswer, ProofFailure> {
    let unusable = |what: &str| ProofFailure::Unreachable(format!("{} {what}", endpoint.url));
    let url = Url::parse(&endpoint.url).map_err(|_| unusable("cannot be asked"))?;
    let method = Method::try_from(endpoint.method.as_str());
    let method = method.map_err(|_| unusable("cannot be asked"))?;
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::from_iter([(ACCEPT, json.clone())]);
    if !endpoint.body.is_empty() {
        headers.insert(CONTENT_TYPE, json);
    }
    let body = Bytes::from(endpoint.body.clone());
    let limits = Limits { body_len_max: BODY_LEN_MAX, timeout: TIMEOUT, ..Limits::default() };
    let fetched = client.fetch(method, url, headers, body, &limits).await?;
    let lines = fetched.headers.iter();
    Ok(RecordedAnswer {
        method: endpoint.method.clone(),
        url: endpoint.url.clone(),
        request_body: endpoint.body.clone().into_bytes(),
        status: fetched.status.as_u16(),
        headers: lines.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body: fetched.body.to_vec(),
    })
}
