//! The 402 of MCP: a JSON-RPC answer that asks for payment, as the answer over HTTP that says the
//! same.

use super::super::{BODY_LEN_MAX, RecordedAnswer};
use crate::x402::parse_json_object;
use serde_json::{Map, Value};

/// The error codes by which MCP servers ask for payment: that of the draft, and that of x402.
const CODES: [i64; 2] = [-32_042, 402];
/// Challenges of one answer that are looked at.
const CHALLENGES_MAX: usize = 16;

/// What an answer says when it is read as MCP; `None` where it asks for no payment in that way.
pub(super) fn as_402(answer: &RecordedAnswer) -> Option<RecordedAnswer> {
    if !(200..300).contains(&answer.status) {
        return None;
    }
    let body = parse_json_object(event_data(&answer.body), BODY_LEN_MAX).ok()?;
    let data = of_error(&body).or_else(|| of_result(&body))?;
    let challenges = data.get("challenges").and_then(Value::as_array);
    let challenges = challenges.map(Vec::as_slice).unwrap_or_default();
    let lines = challenges.iter().take(CHALLENGES_MAX).filter_map(header_line);
    let mut headers: Vec<_> =
        lines.map(|line| ("www-authenticate".to_owned(), line.into_bytes())).collect();
    headers.push(("cache-control".to_owned(), b"no-store".to_vec()));
    let terms = if data.contains_key("accepts") { serde_json::to_vec(data).ok()? } else { vec![] };
    Some(RecordedAnswer { status: 402, headers, body: terms, ..answer.clone() })
}

/// The JSON of an answer that came as an event stream; the body itself otherwise.
fn event_data(body: &[u8]) -> &[u8] {
    let mut lines = body.split(|byte| *byte == b'\n');
    lines.find_map(|line| line.strip_prefix(b"data:")).unwrap_or(body)
}

fn of_error(body: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let error = body.get("error")?;
    let code = error.get("code")?.as_i64()?;
    CODES.contains(&code).then(|| error.get("data")?.as_object())?
}

/// x402 also has it in the result of a tool.
fn of_result(body: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let result = body.get("result")?;
    let is_error = result.get("isError").and_then(Value::as_bool) == Some(true);
    let content = result.get("structuredContent")?.as_object()?;
    (is_error && content.contains_key("accepts")).then_some(content)
}

/// A challenge as the header would have it.
fn header_line(challenge: &Value) -> Option<String> {
    let fields = challenge.as_object()?;
    let mut line = "Payment".to_owned();
    for (place, (name, value)) in fields.iter().enumerate() {
        let text = value.as_str()?;
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        line.push_str(if place == 0 { " " } else { ", " });
        line.push_str(name);
        line.push_str("=\"");
        line.push_str(&escaped);
        line.push('"');
    }
    Some(line)
}
