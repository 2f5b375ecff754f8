//! `GET /admin/api/audit`: who did what with more than a stranger's rights.

use super::guard::{Admin, IsAdmin};
use crate::api::answer::{failed, invalid_query};
use crate::query::{QueryError, read_parameters, values};
use crate::store::review::{AuditEntry, audit_before};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct AuditLog {
    entries: Vec<Line>,
}

#[derive(Serialize, ToSchema)]
struct Line {
    seq: i64,
    at: Timestamp,
    actor: String,
    action: String,
    subject: String,
    /// A JSON object.
    #[schema(value_type = Object)]
    detail: Value,
}

impl From<AuditEntry> for Line {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { seq, at, actor, action, subject, detail } = entry;
        Self { seq, at, actor, action, subject, detail }
    }
}

/// The audit log, newest first; `before` is the `seq` of the last line of the page before.
#[utoipa::path(
    get,
    path = "/admin/api/audit",
    tag = "admin",
    params(
        ("before" = Option<i64>, Query, minimum = 1, description = "Only lines before this one"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Lines at most, 50 unless said"),
    ),
    responses(
        (status = 200, description = "Lines of the log", body = AuditLog),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
        (status = 401, description = "The admin's secret is missing or wrong", body = ErrorBody),
    ),
    security(("admin" = [])),
)]
pub(super) async fn audit(
    _admin: IsAdmin,
    State(admin): State<Admin>,
    RawQuery(raw): RawQuery,
) -> Response {
    let (before, limit) = match read(raw.as_deref().unwrap_or_default()) {
        Ok(page) => page,
        Err(error) => return invalid_query(&error),
    };
    let lines =
        admin.directory.store().read(move |transaction| audit_before(transaction, before, limit));
    match lines.await {
        Ok(lines) => {
            let entries = lines.into_iter().map(Line::from).collect();
            Json(AuditLog { entries }).into_response()
        }
        Err(error) => failed(&error),
    }
}

fn read(raw: &str) -> Result<(i64, usize), QueryError> {
    let (mut before, mut limit) = (i64::MAX, 50);
    read_parameters(raw, &["before", "limit"], |name, value| {
        match name {
            "before" => before = values::position(value, 1)?,
            _ => limit = values::whole_number(value, 1, 200)?,
        }
        Ok(())
    })?;
    Ok((before, limit))
}
