//! `POST /demo/v1/chat/completions`: a stand-in for a model, in OpenAI's wire format, so that
//! the curl quick start and stock clients have something to talk to. $0.009 an answer: 10 sats at the
//! demo's exchange rate.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use farebox_money::MicroUsd;
use farebox_paywall::{Amount, NotForSale, PricedRequest};
use farebox_rates::Rates;
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The price of an answer.
pub(super) const PRICE: MicroUsd = MicroUsd::new(9_000);
/// Larger bodies are refused, as at the real providers' small endpoints.
pub(super) const BODY_LEN_MAX: usize = 32 * 1024;
const GREETING: &str = "Hello! How can I assist you in the Bitcoin world today?";

#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"model": "demo", "messages": [{"role": "user", "content": "hello"}]}))]
struct ChatRequest {
    model: String,
    messages: Vec<Message>,
    #[serde(default)]
    stream: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChatMessage)]
struct Message {
    role: String,
    content: String,
}

/// A fixed price in dollars; what cannot be answered is refused before anybody pays.
pub(super) fn price(request: PricedRequest<'_>, rates: &Rates) -> Result<Amount, NotForSale> {
    parse(request.body).map(|_| Amount::usd(PRICE, rates))
}

/// Answers the last message of the user.
#[utoipa::path(
    post,
    path = "/demo/v1/chat/completions",
    operation_id = "demo_chat",
    tag = "demo",
    request_body = ChatRequest,
    responses(
        (status = 200, description = "A completion in OpenAI's wire format", body = Object),
        (status = 400, description = "The body is no request that can be answered", body = ErrorBody),
    )
)]
pub(super) async fn handler(body: Bytes) -> Response {
    match parse(&body) {
        Ok(request) => Json(completion(&request)).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(error.0)).into_response(),
    }
}

fn parse(body: &[u8]) -> Result<ChatRequest, NotForSale> {
    let invalid = |message: String| NotForSale::new("invalid_body", message);
    let request: ChatRequest = serde_json::from_slice(body).map_err(|error| {
        invalid(format!("The body must be a chat completion request: {error}."))
    })?;
    if request.stream {
        return Err(invalid("The demo model does not stream; leave stream out.".into()));
    }
    if request.model.is_empty() || !request.messages.iter().any(|said| said.role == "user") {
        return Err(invalid("A model and at least one message of the user are needed.".into()));
    }
    Ok(request)
}

fn completion(request: &ChatRequest) -> Value {
    let said = request.messages.iter().rev().find(|message| message.role == "user");
    let said = said.map(|message| message.content.as_str()).unwrap_or_default();
    let content = answer(said);
    let (prompt_tokens, completion_tokens) = (words(said), words(&content));
    json!({
        "id": "chatcmpl-farebox-demo",
        "object": "chat.completion",
        "created": Timestamp::now().as_second(),
        "model": request.model,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": content},
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    })
}

fn answer(said: &str) -> String {
    if said.to_lowercase().contains("hello") {
        return GREETING.to_owned();
    }
    format!("I am a stand-in without a model behind me. You said: {said}")
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_money::BtcUsd;

    fn priced(body: &str) -> Result<u64, String> {
        let rates = Rates::fixed(BtcUsd::new(MicroUsd::new(90_000_000_000)).unwrap());
        let request = PricedRequest { path: "/", query: None, body: body.as_bytes() };
        match price(request, &rates) {
            Ok(Amount::Usd { price, rates }) => {
                Ok(rates.current(0).unwrap().to_sats_ceil(price).unwrap().get())
            }
            Ok(Amount::Sats(sats)) => Ok(sats.get()),
            Err(error) => Err(error.0.error.code),
        }
    }

    #[test]
    fn the_request_of_the_developer_guide_is_answered() {
        let body = br#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello bitcoin world"}]}"#;
        let answer = completion(&parse(body).unwrap());
        assert_eq!(answer.pointer("/choices/0/message/content"), Some(&json!(GREETING)));
        assert_eq!(answer["model"], "gpt-4o-mini");
    }

    #[test]
    fn what_cannot_be_answered_is_refused_before_anybody_pays() {
        let messages = r#"[{"role":"user","content":"a"}]"#;
        assert_eq!(priced(&format!(r#"{{"model":"m","messages":{messages}}}"#)), Ok(10));
        for body in [
            "hello".to_owned(),
            r#"{"model":"m","messages":[]}"#.to_owned(),
            format!(r#"{{"model":"","messages":{messages}}}"#),
            format!(r#"{{"model":"m","stream":true,"messages":{messages}}}"#),
        ] {
            assert_eq!(priced(&body), Err("invalid_body".to_owned()), "{body}");
        }
    }
}
