//! `POST /admin/api/import`: a list from an admin, while the server runs.

use super::formats::{Format, HEAD_LEN_MAX, detect};
use super::{Import, Report};
use crate::{Directory, Trust};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use http_body_util::BodyExt;
use serde::Deserialize;
use std::io::{Cursor, Read};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use url::Url;

/// Where a list is sent.
pub const IMPORT_PATH: &str = "/admin/api/import";

/// Bytes of a list.
const LIST_LEN_MAX: u64 = 2 * 1_024 * 1_024 * 1_024;
/// Parts of a list that wait to be read.
const PARTS_AHEAD: usize = 16;

/// What is said of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// The name of the source; made of the form when not given.
    source: Option<String>,
    /// How the list is written; told by how it begins when not given.
    format: Option<String>,
    /// The list's own address.
    address: Option<String>,
    /// How far it is believed.
    trust: Option<String>,
    /// Nothing is written; the report says what would be.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Clone)]
struct Importer {
    directory: Directory,
    one_at_a_time: Arc<Semaphore>,
}

/// The route, for whoever asks admins for their secret to put behind that question.
pub fn import_route(directory: Directory) -> MethodRouter {
    let importer = Importer { directory, one_at_a_time: Arc::new(Semaphore::new(1)) };
    post(import).with_state(importer)
}

/// Imports the body, which is read while it comes.
///
/// 200 with the report; 400 `invalid_parameter`; 409 `import_running` while another one runs; 422
/// `unknown_format` when the list does not show how it is written.
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
    match run(&importer.directory, query, body).await {
        Ok(report) => Json(report).into_response(),
        Err(response) => *response,
    }
}

async fn run(
    directory: &Directory,
    query: ImportQuery,
    body: Body,
) -> Result<Report, Box<Response>> {
    let format = read_parameter("format", query.format.as_deref(), Format::parse)?;
    let trust = read_parameter("trust", query.trust.as_deref(), Trust::parse)?;
    let parse_url = |text: &str| Url::parse(text).ok();
    let document = read_parameter("address", query.address.as_deref(), parse_url)?;
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
    directory.import(import, input, |_| {}).await.map_err(|error| {
        tracing::error!(%error, "an import did not get to its end");
        let text = "The database did not take the list; what was written before is there.";
        Box::new(refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal", text))
    })
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
