//! One probe of an endpoint, and what it says about each of its listings.

use super::due::Standing;
use super::endpoint::{self, Endpoint};
use super::outage::Sign;
use super::plan::Wish;
use super::shards::Fence;
use crate::check::{Facilitators, Taken, judge};
use crate::validate::{ValidateError, ValidateRequest, Validation, validate};
use crate::{Check, Directory, HealthStatus, Listing, Protocol, Snapshot};
use farebox_buyer::ProbeError;
use farebox_net::GuardedClient;
use farebox_wire::probe::RecordedAnswer;
use http::StatusCode;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

/// What a probe brought.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) endpoint: Endpoint,
    pub(super) fence: Fence,
    /// For each listing of the endpoint, by id.
    pub(super) checks: Vec<(String, Check)>,
    /// What is to be taken over, for those listings that say otherwise.
    pub(super) taken: Vec<(String, Taken)>,
    /// How the endpoint stands after it.
    pub(super) standing: Standing,
    pub(super) sign: Sign,
    pub(super) wish: Option<Wish>,
}

/// Probes an endpoint once for all of its listings. `None` when it is not listed any more, or
/// `deadline` has passed: then nothing of it counts.
pub(super) async fn look(
    directory: &Directory,
    (client, facilitators): (&GuardedClient, &Facilitators),
    (endpoint, listing_id): (Endpoint, &str),
    fence: Fence,
    deadline: Instant,
) -> Option<Found> {
    let request = request(&endpoint::listings_of(&directory.snapshot(), listing_id))?;
    let begun = directory.now();
    let asked = async {
        let mut seen = validate(client, request, begun).await;
        if let Ok(found) = &mut seen {
            found.facilitator_reachable = facilitators.of(client, found, begun).await;
        }
        seen
    };
    let seen = before(deadline, asked).await?;
    let now = directory.now();
    // It may have changed meanwhile.
    let snapshot = directory.snapshot();
    let listings = endpoint::listings_of(&snapshot, listing_id);
    let standing = listings.iter().map(|one| endpoint::standing(one)).reduce(endpoint::merged)?;
    let (mut checks, mut taken) = (Vec::new(), Vec::new());
    for listing in listings {
        let verdict = judge(listing, seen.as_ref());
        checks.push((listing.id.clone(), verdict.check(now)));
        if is_new(&snapshot, listing, &verdict.taken) {
            taken.push((listing.id.clone(), verdict.taken));
        }
    }
    let is_failed = checks.iter().all(|(_, check)| check.is_failure());
    let failures = if is_failed { standing.failures.saturating_add(1) } else { 0 };
    let checked_at_ms = Some(now.as_millisecond());
    let sign = Sign {
        host: endpoint.host,
        is_cut_off: is_cut_off(seen.as_ref()),
        was_reachable: standing.failures == 0,
    };
    Some(Found {
        endpoint,
        fence,
        checks,
        taken,
        standing: Standing { checked_at_ms, failures, ..standing },
        sign,
        wish: seen.as_ref().ok().and_then(wish),
    })
}

/// By the first listing; a body that another knows is as good.
fn request(listings: &[&Listing]) -> Option<ValidateRequest> {
    let mut requests = listings.iter().map(|listing| ValidateRequest::of_listing(listing));
    let first = requests.next()?;
    let probe_body = first.probe_body.clone().or_else(|| requests.find_map(|one| one.probe_body));
    Some(ValidateRequest { probe_body, ..first })
}

/// Whether there is something to be taken over: the listing says otherwise, or a rail can be paid
/// on which the endpoint is not listed.
fn is_new(snapshot: &Snapshot, listing: &Listing, taken: &Taken) -> bool {
    let mut after = listing.clone();
    taken.apply(&mut after);
    let is_listed = |protocol: Protocol| {
        let mut others = snapshot.related(listing);
        let method = &listing.facts.method;
        others.any(|other| other.facts.method == *method && other.facts.protocol == protocol)
    };
    after != *listing
        || taken.others(listing.facts.protocol).any(|(protocol, _)| !is_listed(*protocol))
}

/// Whether nothing came at all, as when our own network fails.
fn is_cut_off(seen: Result<&Validation, &ValidateError>) -> bool {
    let Ok(Validation { seen: Err(error), .. }) = seen else { return false };
    matches!(
        error,
        ProbeError::Dns { .. } | ProbeError::Connect { .. } | ProbeError::Timeout { .. }
    )
}

/// Whether the host asks for fewer requests (RFC 9110 10.2.3, RFC 6585 4).
fn wish(seen: &Validation) -> Option<Wish> {
    let answer = &seen.seen.as_ref().ok()?.answer;
    let retry_after_ms = retry_after_s(answer).map(|seconds| seconds.saturating_mul(1_000));
    let is_busy = answer.status == StatusCode::TOO_MANY_REQUESTS.as_u16()
        || (answer.status == StatusCode::SERVICE_UNAVAILABLE.as_u16() && retry_after_ms.is_some());
    is_busy.then_some(Wish { retry_after_ms })
}

/// In seconds; the form with a date says nothing to us but that it is there.
fn retry_after_s(answer: &RecordedAnswer) -> Option<i64> {
    let mut headers = answer.headers.iter();
    let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
    let text = std::str::from_utf8(value).ok()?.trim();
    Some(text.parse::<u32>().map_or(0, i64::from))
}

/// What a future comes to, unless the deadline passes first. After a process was stopped and goes
/// on too late, not one more step is made.
async fn before<T>(deadline: Instant, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut alarm = pin!(tokio::time::sleep_until(deadline.into()));
    poll_fn(|context| {
        if Instant::now() >= deadline || alarm.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Whether the verdict may be one of our own network's making.
pub(super) fn is_doubtful(found: &Found) -> bool {
    let is_bad = |check: &Check| check.healthy != HealthStatus::Healthy;
    found.sign.is_cut_off
        && found.sign.was_reachable
        && found.checks.iter().any(|(_, check)| is_bad(check))
}
