//! `POST /demo/summary` with `{"text": "…", "sentences": 3}`: priced by the length of the text.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use farebox_money::Sats;
use farebox_paywall::{NotForSale, PricedRequest};
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// The price of a text of up to 1,000 characters.
pub(super) const BASE_PRICE: Sats = Sats::new(2);
/// Larger bodies are refused.
pub(super) const BODY_LEN_MAX: usize = 256 * 1024;
const CHARACTERS_PER_SAT: usize = 1_000;
const TEXT_LEN_MAX: usize = 100_000;
const SENTENCES_DEFAULT: usize = 3;
const SENTENCES_MAX: usize = 20;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "A short text. It has two sentences."}))]
struct SummaryRequest {
    #[schema(min_length = 1, max_length = 100_000)]
    text: String,
    /// How many the summary has: 3 where it is not given.
    #[schema(minimum = 1, maximum = 20)]
    #[serde(default)]
    sentences: Option<usize>,
}

#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct Summary {
    summary: String,
    sentences: usize,
    characters_read: usize,
}

/// 2 sats, and 1 more for each further 1,000 characters begun. What cannot be summed up is
/// refused here, before anybody pays.
pub(super) fn price(request: PricedRequest<'_>) -> Result<Sats, NotForSale> {
    let parsed = parse(request.body)?;
    let thousands = parsed.text.chars().count().div_ceil(CHARACTERS_PER_SAT);
    let further = u64::try_from(thousands.saturating_sub(1)).unwrap_or(u64::MAX);
    Ok(Sats::new(BASE_PRICE.get().saturating_add(further)))
}

/// Answers with the sentences that hold the most frequent words, in their order.
#[utoipa::path(
    post,
    path = "/demo/summary",
    operation_id = "demo_summary",
    tag = "demo",
    request_body = SummaryRequest,
    responses(
        (status = 200, description = "The summary", body = Summary),
        (status = 400, description = "The body cannot be summed up", body = ErrorBody),
    )
)]
pub(super) async fn handler(body: Bytes) -> Response {
    match parse(&body) {
        Ok(request) => Json(summarise(&request)).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(error.0)).into_response(),
    }
}

fn parse(body: &[u8]) -> Result<SummaryRequest, NotForSale> {
    let invalid = |message: String| NotForSale::new("invalid_body", message);
    let request: SummaryRequest = serde_json::from_slice(body).map_err(|error| {
        invalid(format!("The body must be JSON such as {{\"text\": \"…\"}}: {error}."))
    })?;
    let len = request.text.chars().count();
    if request.text.trim().is_empty() || len > TEXT_LEN_MAX {
        return Err(invalid(format!("text must have 1 to {TEXT_LEN_MAX} characters.")));
    }
    if request.sentences.is_some_and(|count| count == 0 || count > SENTENCES_MAX) {
        return Err(invalid(format!("sentences must be 1 to {SENTENCES_MAX}.")));
    }
    Ok(request)
}

fn summarise(request: &SummaryRequest) -> Summary {
    let sentences = sentences(&request.text);
    let mut counts: HashMap<String, usize> = HashMap::new();
    for word in sentences.iter().flat_map(|sentence| words(sentence)) {
        *counts.entry(word).or_default() += 1;
    }
    // The mean weight of its words, so that a long sentence does not win by its length.
    let weight = |sentence: &str| {
        let words: Vec<_> = words(sentence).collect();
        let total: usize = words.iter().filter_map(|word| counts.get(word)).sum();
        total * 1_000 / words.len().max(1)
    };
    let mut ranked: Vec<_> = sentences.iter().enumerate().collect();
    ranked.sort_by_key(|(index, sentence)| (std::cmp::Reverse(weight(sentence)), *index));
    ranked.truncate(request.sentences.unwrap_or(SENTENCES_DEFAULT));
    ranked.sort_by_key(|(index, _)| *index);
    let chosen: Vec<_> = ranked.into_iter().map(|(_, sentence)| *sentence).collect();
    Summary {
        summary: chosen.join(" "),
        sentences: chosen.len(),
        characters_read: request.text.chars().count(),
    }
}

fn sentences(text: &str) -> Vec<&str> {
    let pieces = text.split_inclusive(['.', '!', '?', '\n']);
    pieces.map(str::trim).filter(|piece| piece.chars().any(char::is_alphanumeric)).collect()
}

/// Words of more than three letters, which leaves most of the little words out.
fn words(sentence: &str) -> impl Iterator<Item = String> + '_ {
    let words = sentence.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.chars().count() > 3).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priced(body: &str) -> Result<u64, String> {
        let request = PricedRequest { path: "/", query: None, body: body.as_bytes() };
        price(request).map(Sats::get).map_err(|error| error.0.error.code)
    }

    #[test]
    fn the_price_grows_with_the_text() {
        assert_eq!(priced(r#"{"text":"hello"}"#), Ok(2));
        assert_eq!(priced(&format!(r#"{{"text":"{}"}}"#, "a".repeat(1_000))), Ok(2));
        assert_eq!(priced(&format!(r#"{{"text":"{}"}}"#, "a".repeat(1_001))), Ok(3));
        assert_eq!(priced(&format!(r#"{{"text":"{}"}}"#, "é".repeat(3_500))), Ok(5));
    }

    #[test]
    fn what_cannot_be_summed_up_is_refused_before_anybody_pays() {
        for body in ["", "{}", r#"{"text":"  "}"#, r#"{"text":"a","sentences":0}"#, "[1]"] {
            assert_eq!(priced(body), Err("invalid_body".to_owned()), "{body}");
        }
    }

    #[test]
    fn the_sentences_that_say_most_are_picked_in_their_order() {
        let text = "Lightning payments are fast. My cat sleeps. Fast payments make Lightning \
                    useful. Nobody knows why.";
        let request = SummaryRequest { text: text.into(), sentences: Some(2) };
        let summary = summarise(&request);
        assert_eq!(
            summary.summary,
            "Lightning payments are fast. Fast payments make Lightning useful."
        );
    }
}
