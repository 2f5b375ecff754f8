//! `GET /api/v1/export.csv`: the directory as a table.

use super::answer::invalid_query;
use super::document::ExportQuery;
use crate::query::Dialect;
use crate::{Directory, Entry};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_money::BtcUsd;
use farebox_wire::api_error::ErrorBody;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use std::borrow::Cow;
use std::sync::Arc;

const COLUMNS: [&str; 19] = [
    "id",
    "name",
    "description",
    "url",
    "protocol",
    "price_sats",
    "price_usd",
    "payment_asset",
    "payment_network",
    "category",
    "provider",
    "source",
    "health_status",
    "probe_status",
    "uptime_30d",
    "latency_p50_ms",
    "last_checked",
    "http_method",
    "reliability_score",
];

/// Exports the listings that the filters of `/api/v1/services` leave, in the order asked for;
/// all of them unless `limit` and `offset` are given. Prices in satoshis alone are converted to
/// dollars. The paywall stands in front of this handler: who gets here has paid.
///
/// 200 with the table; 400 `invalid_parameter` as in `/api/v1/services`.
#[utoipa::path(
    get,
    path = "/api/v1/export.csv",
    tag = "directory",
    params(ExportQuery),
    responses(
        (status = 200, description = "The table", body = String, content_type = "text/csv; charset=utf-8"),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
        (status = 503, description = "The server takes no payments now", body = ErrorBody),
    )
)]
pub(super) async fn export(
    State(directory): State<Directory>,
    RawQuery(raw): RawQuery,
) -> Response {
    let snapshot = directory.snapshot();
    let query = match snapshot.parse(raw.as_deref().unwrap_or_default(), Dialect::Export) {
        Ok(query) => query,
        Err(error) => return invalid_query(&error),
    };
    match table(&snapshot.list(&query).rows, snapshot.rate()) {
        Ok(table) => download(table),
        Err(error) => {
            tracing::error!(%error, "the export could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn download(table: Vec<u8>) -> Response {
    let csv = HeaderValue::from_static("text/csv; charset=utf-8");
    let attachment = HeaderValue::from_static(r#"attachment; filename="farebox-directory.csv""#);
    ([(CONTENT_TYPE, csv), (CONTENT_DISPOSITION, attachment)], table).into_response()
}

fn table(rows: &[Arc<Entry>], rate: Option<BtcUsd>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for entry in rows {
        writer.write_record(record(entry, rate).iter().map(|cell| cell.as_bytes()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn record(entry: &Entry, rate: Option<BtcUsd>) -> [Cow<'_, str>; COLUMNS.len()] {
    let listing = entry.listing();
    let (facts, health) = (&listing.facts, &listing.health);
    [
        text(&listing.id),
        text(&facts.name),
        text(&facts.description),
        text(&facts.url),
        facts.protocol.name().into(),
        figure(facts.price_sats.map(farebox_money::Sats::get)),
        figure(listing.price_in_usd(rate)),
        text(facts.payment_asset.as_deref().unwrap_or_default()),
        text(facts.payment_network.as_deref().unwrap_or_default()),
        text(&facts.category),
        text(&facts.provider),
        text(&facts.source),
        health.status.name().into(),
        facts.probe_status.name().into(),
        figure(health.uptime_30d),
        figure(health.latency_p50_ms),
        figure(health.last_checked),
        facts.method.as_deref().unwrap_or_default().into(),
        figure(health.reliability_score),
    ]
}

fn figure<T: ToString>(value: Option<T>) -> Cow<'static, str> {
    value.map_or(Cow::Borrowed(""), |value| Cow::Owned(value.to_string()))
}

/// A text that a spreadsheet would run as a formula gets an apostrophe in front.
fn text(value: &str) -> Cow<'_, str> {
    if value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_taken_the_sting() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(text(formula), format!("'{formula}"));
        }
        assert_eq!(text("a=1"), "a=1");
    }
}
