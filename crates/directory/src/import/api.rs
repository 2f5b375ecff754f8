//! `POST /admin/api/import`: a list from an admin, while the server runs.

use super::formats::{Format, HEAD_LEN_MAX, detect};
use super::query::ImportQuery;
use super::{FetchError, FetchOptions, Import, Report};
use crate::{Admin, Directory, Trust, only_admin};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use farebox_net::GuardedClient;
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use http_body_util::BodyExt;
use std::io::{Cursor, Read};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where a list is sent.
pub const IMPORT_PATH: &str = "/admin/api/import";

/// Bytes of a list.
const LIST_LEN_MAX: u64 = 2 * 1_024 * 1_024 * 1_024;
/// Parts of a list that wait to be read.
const PARTS_AHEAD: usize = 16;

#[derive(Clone)]
struct Importer {
    directory: Directory,
    client: GuardedClient,
    one_at_a_time: Arc<Semaphore>,
}

/// The route, for whoever brings the admin's secret.
pub fn admin_routes(admin: Admin, client: GuardedClient) -> OpenApiRouter {
    let directory = admin.directory.clone();
    let importer = Importer { directory, client, one_at_a_time: Arc::new(Semaphore::new(1)) };
    let routes = OpenApiRouter::default().routes(routes!(import)).with_state(importer);
    only_admin(routes, &admin)
}

/// Imports the body, which is read while it comes, or what is fetched.
///
/// 200 with the report; 400 `invalid_parameter`; 409 `import_running` while another one runs; 422
/// `unknown_format` when the list does not show how it is written; 502 `not_fetched`.
#[utoipa::path(
    post,
    path = "/admin/api/import",
    tag = "admin",
    params(ImportQuery),
    security(("admin" = [])),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What was added, changed and refused", body = Report),
        (status = 400, description = "Parameters that cannot be used", body = ErrorBody),
        (status = 401, description = "Not the admin", body = ErrorBody),
        (status = 409, description = "Another import runs", body = ErrorBody),
        (status = 422, description = "The list does not show how it is written", body = ErrorBody),
        (status = 502, description = "The list cannot be fetched", body = ErrorBody),
    )
)]
async fn import(
    State(importer): State<Importer>,
    query: Result<Query<ImportQuery>, axum::extract::rejection::QueryRejection>,
    body: Body,
) -> Response {
    let query = match query {
        Ok(Query(query)) => query,
        Err(error) => {
            return refuse(StatusCode::BAD_REQUEST, "invalid_parameter", &error.body_text());
        }
    };
    let Ok(_turn) = importer.one_at_a_time.try_acquire() else {
        return refuse(StatusCode::CONFLICT, "import_running", "Another import runs; try later.");
    };
    match run(&importer, query, body).await {
        Ok(report) => Json(report).into_response(),
        Err(response) => *response,
    }
}

async fn run(importer: &Importer, query: ImportQuery, body: Body) -> Result<Report, Box<Response>> {
    let format = read_parameter("format", query.format.as_deref(), Format::parse)?;
    let trust = read_parameter("trust", query.trust.as_deref(), Trust::parse)?;
    let parse_url = |text: &str| Url::parse(text).ok();
    let document = read_parameter("address", query.address.as_deref(), parse_url)?;
    let from = read_parameter("from", query.from.as_deref(), parse_url)?;
    let directory = &importer.directory;
    if let Some(url) = from {
        let options = FetchOptions { source: query.source, trust, dry_run: query.dry_run };
        let done = directory.import_from(&importer.client, &url, format, &options, |_| {}).await;
        return done.map_err(|error| Box::new(not_fetched(&error)));
    }
    let mut parts = receive(body);
    let mut head = Vec::new();
    while head.len() < HEAD_LEN_MAX {
        let Some(part) = parts.recv().await else { break };
        head.extend_from_slice(&part.map_err(|error| Box::new(broken(&error)))?);
    }
    let look = head.get(..HEAD_LEN_MAX.min(head.len())).unwrap_or_default();
    let format = format.or_else(|| detect(look, document.as_ref())).ok_or_else(|| {
        let text = "The list does not show how it is written; name its format.";
        Box::new(refuse(StatusCode::UNPROCESSABLE_ENTITY, "unknown_format", text))
    })?;
    let source = query.source.unwrap_or_else(|| match &document {
        Some(address) => super::source_name(format, address),
        None => format.name().to_owned(),
    });
    let import = Import { source, format, document, trust, dry_run: query.dry_run };
    let input = Cursor::new(head).chain(Parts { parts, part: Cursor::new(Bytes::new()) });
    let done = directory.import(import, input, |_| {}).await;
    done.map_err(|error| Box::new(not_fetched(&error.into())))
}

fn not_fetched(error: &FetchError) -> Response {
    match error {
        FetchError::Directory(error) => {
            tracing::error!(%error, "an import did not get to its end");
            let text = "The database did not take the list; what was written before is there.";
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal", text)
        }
        error => refuse(StatusCode::BAD_GATEWAY, "not_fetched", &format!("{error}.")),
    }
}

fn read_parameter<T>(
    name: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Box<Response>> {
    let Some(text) = text else { return Ok(None) };
    let value = parse(text).ok_or_else(|| {
        let text = format!("The parameter {name} has a value that there is not.");
        Box::new(refuse(StatusCode::BAD_REQUEST, "invalid_parameter", &text))
    })?;
    Ok(Some(value))
}

/// Takes the body in as fast as it is read.
fn receive(mut body: Body) -> mpsc::Receiver<Result<Bytes, String>> {
    let (sender, parts) = mpsc::channel(PARTS_AHEAD);
    tokio::spawn(async move {
        let mut len = 0_u64;
        while let Some(frame) = body.frame().await {
            let part = match frame {
                Ok(frame) => frame.into_data().map_err(|_| String::new()),
                Err(error) => Err(error.to_string()),
            };
            // What is no data is a trailer.
            let part = match part {
                Err(error) if error.is_empty() => continue,
                part => part,
            };
            len += part.as_ref().map_or(0, |part| part.len() as u64);
            let part =
                if len > LIST_LEN_MAX { Err("the list is too long".to_owned()) } else { part };
            let is_last = part.is_err();
            if sender.send(part).await.is_err() || is_last {
                return;
            }
        }
    });
    parts
}

/// The rest of a body, for a reader that waits.
struct Parts {
    parts: mpsc::Receiver<Result<Bytes, String>>,
    part: Cursor<Bytes>,
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let len = self.part.read(buffer)?;
            if len > 0 || buffer.is_empty() {
                return Ok(len);
            }
            match self.parts.blocking_recv() {
                None => return Ok(0),
                Some(Ok(part)) => self.part = Cursor::new(part),
                Some(Err(error)) => return Err(std::io::Error::other(error)),
            }
        }
    }
}

fn broken(error: &str) -> Response {
    let text = format!("The list broke off: {error}.");
    refuse(StatusCode::BAD_REQUEST, "broken_body", &text)
}

fn refuse(status: StatusCode, code: &'static str, text: &str) -> Response {
    (status, Json(ErrorBody::new(code, text))).into_response()
}
