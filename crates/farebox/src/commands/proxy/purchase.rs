//! One request, from what a program sent to the end of its answer.

use super::answer::{self, Head};
use super::hops::remove_hop_by_hop;
use super::refused::Refused;
use super::stream::{AnswerBody, Presence, StreamSink, channel};
use super::target::{Form, Target};
use super::track::Track;
use super::wishes::{OWN_PREFIX, Wishes};
use crate::commands::money_rules::PolicyArgs;
use crate::commands::problem::Problem;
use crate::config::Settings;
use crate::output::harmless;
use bytes::Bytes;
use farebox_buyer::{BuyError, Buyer, Limits, Mode, Outcome, Request};
use http::header::{CONTENT_LENGTH, EXPECT, HOST};
use http::{HeaderMap, Method};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// What all requests share.
pub(super) struct Shop {
    pub(super) buyer: Buyer,
    pub(super) policy: PolicyArgs,
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    /// How long a program may take nothing of its answer.
    pub(super) patience: Duration,
}

/// A request that may be sent and paid for.
pub(super) struct Order {
    request: Request,
    method: Method,
    form: Form,
    mode: Mode,
    limits: Limits,
}

impl Order {
    /// Reads what a program sent.
    ///
    /// # Errors
    /// [`Refused`] for what cannot be sent.
    pub(super) fn read(
        method: Method,
        mut headers: HeaderMap,
        body: Bytes,
        target: &Target,
        shop: &Shop,
    ) -> Result<Self, Refused> {
        let wishes = Wishes::read(&headers)?;
        let limits = wishes.narrow(shop.limits);
        let limits = match target.form {
            // The program follows a redirect itself, through this proxy again.
            Form::Proxy => Limits { redirects_max: 0, ..limits },
            Form::Url => limits,
        };
        remove_hop_by_hop(&mut headers);
        for name in [HOST, CONTENT_LENGTH, EXPECT] {
            headers.remove(name);
        }
        let mut request = Request::new(method.clone(), &target.url).map_err(Refused::invalid)?;
        let onward = headers.iter().filter(|(name, _)| !name.as_str().starts_with(OWN_PREFIX));
        for (name, value) in onward {
            let text = std::str::from_utf8(value.as_bytes())
                .map_err(|_| Refused::invalid(format_args!("the header {name} is not UTF-8")))?;
            request = request.with_header(name.as_str(), text).map_err(Refused::invalid)?;
        }
        let request = request.with_body(body);
        // What these answer is no goods, and asking them must not use any up.
        let is_for_sale = ![Method::HEAD, Method::OPTIONS, Method::TRACE].contains(&method);
        let mode = if is_for_sale { wishes.mode() } else { Mode::NoPay };
        Ok(Self { request, method, form: target.form, mode, limits })
    }

    /// Where it goes, as a log may show it: a query can hold a secret.
    fn place(&self) -> String {
        let url = self.request.url();
        harmless(&format!("{}{}", url.origin().ascii_serialization(), url.path()))
    }
}

/// Begins in a task of its own, which ends by itself when the program goes away. `place` is given
/// back at its end.
pub(super) fn begin(
    shop: Arc<Shop>,
    order: Order,
    place: OwnedSemaphorePermit,
) -> (oneshot::Receiver<Head>, AnswerBody) {
    let track = Arc::new(Track::default());
    let (sink, presence, head, body) =
        channel(&track, (&order.method, order.form, order.mode), shop.patience);
    tokio::spawn(async move {
        fulfil(&shop, &order, &track, sink, &presence).await;
        drop(place);
    });
    (head, body)
}

async fn fulfil(
    shop: &Arc<Shop>,
    order: &Order,
    track: &Track,
    mut sink: StreamSink,
    presence: &Presence,
) {
    let buyer = match buyer(shop).await {
        Ok(buyer) => buyer,
        Err(problem) => {
            tracing::error!("{}", harmless(problem.message()));
            if let Some(sender) = sink.into_head() {
                let _ = sender.send(answer::failure(&problem));
            }
            return;
        }
    };
    let get = buyer.get(&order.request, &order.limits, order.mode, track, &mut sink);
    let ended = unless_gone(get, track, presence).await;
    log(order, track, ended.as_ref());
    if let (Some(Err(error)), Some(sender)) = (ended, sink.into_head()) {
        // Fails when the program has gone.
        let _ = sender.send(answer::error(error, &track.known()));
    }
}

/// The buyer with the policy as it is now.
async fn buyer(shop: &Arc<Shop>) -> Result<Buyer, Problem> {
    let shared = Arc::clone(shop);
    let policy = tokio::task::spawn_blocking(move || shared.policy.read(&shared.settings));
    let policy = policy.await.map_err(Problem::general)??.policy;
    Ok(shop.buyer.clone().with_policy(policy))
}

/// Runs a get to its end, or until its program has gone: what was paid by then is on the disk, and
/// the same request later gets its answer. A wallet that is paying is heard out.
async fn unless_gone(
    get: impl Future<Output = Result<Outcome, BuyError>>,
    track: &Track,
    presence: &Presence,
) -> Option<Result<Outcome, BuyError>> {
    let mut get = std::pin::pin!(get);
    tokio::select! {
        biased;
        ended = &mut get => return Some(ended),
        () = presence.gone() => {}
    }
    tokio::select! {
        biased;
        ended = &mut get => Some(ended),
        () = track.not_paying() => None,
    }
}

/// One line for each purchase, and for whatever went wrong.
fn log(order: &Order, track: &Track, ended: Option<&Result<Outcome, BuyError>>) {
    let (method, place, known) = (&order.method, order.place(), track.known());
    let bought = known.paid.as_ref().map(|paid| {
        let before = if paid.resumed { " before" } else { "" };
        format!("paid {}{before} ({})", paid.charge, paid.payment)
    });
    match (ended, bought) {
        (Some(Ok(Outcome::Answered(answer))), Some(bought)) => {
            let status = answer.status.as_u16();
            tracing::info!("{method} {place}: {bought}, answered {status}");
        }
        (Some(Err(error)), _) => {
            let code = error.code();
            tracing::warn!("{method} {place}: {code}: {}", harmless(&error.to_string()));
        }
        (None, Some(bought)) => tracing::warn!(
            "{method} {place}: {bought}, and its program went away; the same request gets the \
             answer without paying"
        ),
        _ => tracing::debug!("{method} {place}: nothing was paid"),
    }
}
