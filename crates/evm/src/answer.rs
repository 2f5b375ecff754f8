//! Answers of JSON-RPC, read with distrust.

use crate::error::RpcError;
use alloy_primitives::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

/// Characters of an error text that are passed on.
const REASON_LEN_MAX: usize = 200;

/// What one call brought.
pub(crate) type Outcome = Result<Box<RawValue>, RpcError>;

/// What several calls brought.
pub struct Answers(Vec<Option<Outcome>>);

impl Answers {
    pub(crate) fn new(outcomes: Vec<Outcome>) -> Self {
        Self(outcomes.into_iter().map(Some).collect())
    }

    pub(crate) fn read<T: DeserializeOwned>(&mut self, place: usize) -> Result<T, RpcError> {
        let outcome = self.0.get_mut(place).and_then(Option::take);
        let result = outcome.unwrap_or_else(|| Err(unreadable("no such call")))?;
        serde_json::from_str(result.get()).map_err(|error| unreadable(&error.to_string()))
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    id: Value,
    #[serde(default, borrow)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

/// Reads the answer to `count` calls whose ids are their places.
pub(crate) fn read(status: u16, body: &[u8], count: usize) -> Vec<Outcome> {
    let all = |error: RpcError| vec![Err(error); count];
    let is_list = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_list {
        return match serde_json::from_slice::<Vec<Answer<'_>>>(body) {
            Ok(answers) => sort(answers, count),
            Err(error) => all(not_json(status, body, &error)),
        };
    }
    match serde_json::from_slice::<Answer<'_>>(body) {
        Ok(answer) if count == 1 => vec![outcome(answer, status)],
        // A node that refuses the whole batch answers one error.
        Ok(answer) => match outcome(answer, status) {
            Ok(_) => all(unreadable("one result for several calls")),
            Err(error) => all(error),
        },
        Err(error) => all(not_json(status, body, &error)),
    }
}

fn sort(answers: Vec<Answer<'_>>, count: usize) -> Vec<Outcome> {
    let missing = || Err(unreadable("a call is not answered"));
    let mut outcomes: Vec<Outcome> = (0..count).map(|_| missing()).collect();
    for answer in answers {
        let place = answer.id.as_u64().and_then(|id| usize::try_from(id).ok());
        if let Some(slot) = place.and_then(|place| outcomes.get_mut(place)) {
            *slot = outcome(answer, 200);
        }
    }
    outcomes
}

fn outcome(answer: Answer<'_>, status: u16) -> Outcome {
    if let Some(complaint) = answer.error {
        return Err(RpcError::Refused {
            code: complaint.code,
            message: harmless(&complaint.message),
            data: revert_data(&complaint.data),
        });
    }
    match answer.result {
        Some(result) => Ok(result.to_owned()),
        // `"result": null` is read as none as well.
        None if (200..300).contains(&status) => Ok(RawValue::NULL.to_owned()),
        None => Err(unreadable(&format!("HTTP {status}"))),
    }
}

/// What a contract reverted with: nodes send it bare or inside an object.
fn revert_data(data: &Value) -> Option<Bytes> {
    let text = data.as_str().or_else(|| data.get("data")?.as_str())?;
    text.parse().ok()
}

/// A status that says that the call was not let in is a refusal; behind any other one the node
/// may have acted.
fn not_json(status: u16, body: &[u8], error: &serde_json::Error) -> RpcError {
    match status {
        400..=499 if status != 408 => RpcError::Refused {
            code: i64::from(status),
            message: harmless(&String::from_utf8_lossy(body)),
            data: None,
        },
        200..=299 => unreadable(&error.to_string()),
        _ => unreadable(&format!("HTTP {status}")),
    }
}

fn unreadable(reason: &str) -> RpcError {
    RpcError::Unreadable(harmless(reason))
}

/// A text of the node's that may be shown: no control characters, and not endless.
fn harmless(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(REASON_LEN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(status: u16, body: &str, count: usize) -> Vec<String> {
        let mut answers = Answers::new(read(status, body.as_bytes(), count));
        let show = |place| match answers.read::<Value>(place) {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        (0..count).map(show).collect()
    }

    #[test]
    fn results_find_their_calls_in_any_order() {
        let body = r#"[{"id":1,"result":"b"},{"id":7,"result":"x"},{"id":0,"result":"a"}]"#;
        let missing = "the node's answer is unreadable: a call is not answered";
        assert_eq!(texts(200, body, 3), [r#""a""#, r#""b""#, missing]);
        assert_eq!(texts(200, r#"{"id":0,"result":null}"#, 1), ["null"]);
    }

    #[test]
    fn one_error_for_the_batch_is_every_call_s() {
        let body = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"too many"}}"#;
        assert_eq!(texts(429, body, 2), ["the node refused: too many (-32005)"; 2]);
    }

    #[test]
    fn only_a_clear_refusal_is_one() {
        let certain = |status, body: &str| read(status, body.as_bytes(), 1)[0].clone().unwrap_err();
        assert!(certain(403, "<html>").is_certain());
        assert!(certain(200, r#"{"error":{"code":1,"message":"no"}}"#).is_certain());
        for status in [200, 408, 500, 502, 504] {
            assert!(!certain(status, "<html>").is_certain(), "{status}");
        }
    }

    #[test]
    fn a_revert_is_known_with_its_data() {
        let body = r#"{"id":0,"error":{"code":3,"message":"execution reverted","data":"0x08c3"}}"#;
        let error = read(200, body.as_bytes(), 1)[0].clone().unwrap_err();
        assert!(error.is_revert());
        let data = Some(Bytes::from_static(&[0x08, 0xc3]));
        assert!(matches!(error, RpcError::Refused { data: found, .. } if found == data));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_outcome_for_each_call(
            status: u16, body: Vec<u8>, count in 1_usize..5,
        ) {
            prop_assert_eq!(read(status, &body, count).len(), count);
        }
    }
}
