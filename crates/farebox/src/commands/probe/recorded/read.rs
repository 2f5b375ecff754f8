//! The form of a line: a request, its answer, and what was known before.

use serde::Deserialize;
use serde_json::Value;

/// Requests of one look that are read.
pub(super) const STEPS_MAX: usize = 32;
/// Header lines of one answer that are read.
pub(super) const HEADERS_MAX: usize = 256;

/// One line.
#[derive(Deserialize)]
pub(super) struct Record {
    #[serde(default)]
    pub(super) id: Value,
    pub(super) request: Request,
    #[serde(default)]
    pub(super) response: Response,
    #[serde(default)]
    pub(super) steps: Vec<StepRecord>,
    #[serde(default)]
    pub(super) listed: Value,
    #[serde(default)]
    pub(super) prior: Value,
    #[serde(default)]
    pub(super) now: Value,
    pub(super) expected: Option<String>,
    pub(super) expected_after_3: Option<String>,
    pub(super) payable: Option<Vec<String>>,
    pub(super) reasons: Option<Vec<String>>,
}

/// What was asked.
#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) method: Option<String>,
    pub(super) url: String,
    pub(super) body: Option<String>,
}

/// What came.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Response {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: Value,
    #[serde(default)]
    pub(super) body: Value,
    pub(super) transport_error: Option<String>,
}

/// One of several requests.
#[derive(Deserialize)]
pub(super) struct StepRecord {
    pub(super) method: Option<String>,
    pub(super) url: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) headers: Option<Value>,
    /// What was sent, or what came where the step has headers as well.
    pub(super) body: Option<Value>,
    pub(super) response_body: Option<Value>,
    pub(super) transport_error: Option<String>,
}

impl StepRecord {
    /// What came, where the step says more than a status.
    pub(super) fn response(&self) -> Option<Response> {
        let body = self.response_body.clone();
        let body = body.or_else(|| self.headers.as_ref().and(self.body.clone()));
        let has_more = self.headers.is_some() || body.is_some() || self.transport_error.is_some();
        has_more.then(|| Response {
            status: self.status,
            headers: self.headers.clone().unwrap_or_default(),
            body: body.unwrap_or_default(),
            transport_error: self.transport_error.clone(),
        })
    }
}

/// Header lines as `[[name, value], …]` or `{name: value or values}`.
pub(super) fn headers(from: &Value) -> Result<Vec<(String, Vec<u8>)>, String> {
    let wrong = || "headers are not pairs of texts".to_owned();
    let text = |value: &Value| value.as_str().map(|text| text.as_bytes().to_vec());
    let mut lines = Vec::new();
    match from {
        Value::Null => {}
        Value::Array(pairs) => {
            for pair in pairs {
                let name = pair.get(0).and_then(Value::as_str).ok_or_else(wrong)?;
                let value = pair.get(1).and_then(text).ok_or_else(wrong)?;
                lines.push((name.to_owned(), value));
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let one = std::slice::from_ref(value);
                for value in value.as_array().map_or(one, Vec::as_slice) {
                    lines.push((name.clone(), text(value).ok_or_else(wrong)?));
                }
            }
        }
        _ => return Err(wrong()),
    }
    if lines.len() > HEADERS_MAX {
        return Err(format!("more than {HEADERS_MAX} header lines"));
    }
    Ok(lines)
}
