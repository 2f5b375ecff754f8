//! `GET /metrics` in the text form of Prometheus.

use crate::server::exchange_rate::ExchangeRate;
use crate::server::node::NodeStats;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use farebox_directory::Directory;
use farebox_paywall::{Paywall, system_clock};
use farebox_rates::RefreshStats;
use http::{StatusCode, header};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};
use std::sync::Arc;
use std::time::Instant;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SourceLabels {
    source: String,
    outcome: String,
}

/// The counts of this process.
#[derive(Clone)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    paywall: Option<Paywall>,
    directory: Directory,
    exchange: ExchangeRate,
    node: Option<Arc<NodeStats>>,
}

impl Metrics {
    /// Starts counting.
    pub fn new(
        paywall: Option<Paywall>,
        directory: Directory,
        exchange: ExchangeRate,
        node: Option<Arc<NodeStats>>,
    ) -> Arc<Self> {
        let histogram = || Histogram::new(exponential_buckets(0.000_25, 4.0, 9));
        Arc::new(Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            paywall,
            directory,
            exchange,
            node,
        })
    }

    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("farebox");
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register(
            "http_request_seconds",
            "Time to the head of the answer",
            self.seconds.clone(),
        );
        let listings = i64::try_from(self.directory.snapshot().len()).unwrap_or(i64::MAX);
        register(&mut registry, "listings", "Listings shown", ConstGauge::new(listings));
        register_sweep(&mut registry, &self.directory);
        if let Some(paywall) = &self.paywall {
            register_paywall(&mut registry, paywall);
        }
        if let Some(stats) = self.exchange.stats() {
            let age_s = self.exchange.rates.age_s(system_clock()());
            register_rate(&mut registry, &stats, age_s);
        }
        if let Some(node) = &self.node {
            register_node(&mut registry, node);
        }
        registry
    }
}

fn register_paywall(registry: &mut Registry, paywall: &Paywall) {
    let stats = paywall.stats();
    for (name, help, value) in [
        ("paywall_challenges", "402 answers", stats.challenges),
        ("paywall_invoices_created", "Invoices made at the node", stats.invoices_created),
        ("paywall_admitted", "Paid requests let through", stats.admitted),
        ("paywall_replayed", "Repeats answered from the record", stats.replayed),
        ("paywall_refused", "Credentials refused", stats.refused),
        ("paywall_released", "Payments given back", stats.released),
    ] {
        register(registry, name, help, ConstCounter::new(value));
    }
    let open = i64::try_from(stats.open_invoices).unwrap_or(i64::MAX);
    let help = "Unpaid invoices that can be handed out";
    register(registry, "paywall_open_invoices", help, ConstGauge::new(open));
}

fn register_sweep(registry: &mut Registry, directory: &Directory) {
    let report = directory.sweep_figures().report(directory.now());
    if !report.is_running {
        return;
    }
    for (name, help, value) in [
        ("probes", "Probes of listed endpoints that ended", report.probes),
        ("probes_recorded", "Probes whose result was recorded", report.recorded),
        ("probes_discarded", "Probes whose result was not recorded", report.discarded),
    ] {
        register(registry, name, help, ConstCounter::new(value));
    }
    let gauge = |count: usize| ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
    let help = "Endpoints of this server's share";
    register(registry, "probe_endpoints", help, gauge(report.endpoints));
    register(registry, "probes_under_way", "Probes under way", gauge(report.under_way));
    let help = "How long the endpoint that was probed last had been due";
    register(registry, "probe_lag_seconds", help, ConstGauge::new(report.lag_ms / 1_000));
    let help = "Whether this server's own network seems to fail";
    let is_cut_off = i64::from(report.is_cut_off);
    register(registry, "probe_network_down", help, ConstGauge::new(is_cut_off));
}

fn register_rate(registry: &mut Registry, stats: &RefreshStats, age_s: Option<u64>) {
    // Without a rate there is no age; an alarm on a missing one is as good as on an old one.
    if let Some(age_s) = age_s {
        let age_s = i64::try_from(age_s).unwrap_or(i64::MAX);
        register(registry, "rate_age_seconds", "Age of the exchange rate", ConstGauge::new(age_s));
    }
    let rounds = Family::<OutcomeLabels, Counter>::default();
    for (outcome, count) in [("found", stats.found), ("not_found", stats.not_found)] {
        rounds.get_or_create(&OutcomeLabels { outcome: outcome.to_owned() }).inc_by(count);
    }
    registry.register("rate_refreshes", "Times that the sources were asked", rounds);
    let answers = Family::<SourceLabels, Counter>::default();
    for source in &stats.sources {
        for (outcome, count) in [("answered", source.answered), ("failed", source.failed)] {
            let labels = SourceLabels { source: source.name.clone(), outcome: outcome.to_owned() };
            answers.get_or_create(&labels).inc_by(count);
        }
    }
    registry.register("rate_source_answers", "Answers of each source", answers);
}

fn register_node(registry: &mut Registry, node: &NodeStats) {
    let up = ConstGauge::new(i64::from(node.is_up()));
    register(registry, "node_up", "Whether the node's API answers", up);
    let restarts = ConstCounter::new(node.restarts());
    register(registry, "node_restarts", "Times that the node was started again", restarts);
}

fn register(registry: &mut Registry, name: &str, help: &str, metric: impl Metric) {
    registry.register(name, help, metric);
}

/// Counts a request by its route, never by its path, which strangers choose.
pub async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "other".to_owned());
    let method = known_method(request.method().as_str());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let elapsed = begun.elapsed();
    tracing::debug!(method, route, status, elapsed_us = elapsed.as_micros(), "request");
    let labels = RouteLabels { route: route.clone() };
    metrics.seconds.get_or_create(&labels).observe(elapsed.as_secs_f64());
    let labels = RequestLabels { method: method.to_owned(), route, status };
    metrics.requests.get_or_create(&labels).inc();
    response
}

fn known_method(method: &str) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Shows the counts of this process.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operation",
    responses((status = 200, description = "In the text form of OpenMetrics", body = String, content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"))
)]
pub async fn handler(State(metrics): State<Arc<Metrics>>) -> Response {
    let mut text = String::new();
    if encode(&mut text, &metrics.registry()).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}
