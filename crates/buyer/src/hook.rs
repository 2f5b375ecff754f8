//! The hook of a policy: somebody who is asked before each payment. Only a clear yes is a yes.

use crate::printable::printable;
use crate::rules::Hook;
use crate::spend::{Charge, Spend};
use farebox_net::{ClientOptions, http_client};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Longer answers are not read.
const ANSWER_LEN_MAX: usize = 64 * 1_024;

/// Asks whether `spend` may be paid; `now` is in seconds since 1970.
///
/// # Errors
/// Why it may not: what the hook said, or why it said nothing that can be understood.
pub(crate) async fn ask(hook: &Hook, spend: &Spend, now: u64) -> Result<(), String> {
    // A client of its own: whoever starts the program can choose the other's proxy, and have it
    // take any certificate.
    let client = http_client(&ClientOptions {
        user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
        connect_timeout: hook.timeout,
        read_timeout: hook.timeout,
        insecure_tls: false,
        certificate: None,
        system_proxy: false,
    });
    let client = client.map_err(|error| error.to_string())?;
    let asked = tokio::time::timeout(hook.timeout, exchange(&client, hook, spend, now)).await;
    let answer = asked.map_err(|_| "it did not answer in time".to_owned())??;
    let decision = answer.get("decision").and_then(Value::as_str);
    if decision == Some("allow") {
        return Ok(());
    }
    let said = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    let message = match (said("/reason/code"), said("/reason/message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (code, message) => code.or(message).unwrap_or("it gave no reason").to_owned(),
    };
    match decision {
        Some("deny") => Err(printable(&message, 300)),
        _ => Err("its answer is neither allow nor deny".to_owned()),
    }
}

async fn exchange(
    client: &reqwest::Client,
    hook: &Hook,
    spend: &Spend,
    now: u64,
) -> Result<Value, String> {
    let body = question(spend, now).to_string();
    let mut request = client
        .post(hook.url.clone())
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body);
    if let Some(secret) = &hook.secret {
        request = request.bearer_auth(secret);
    }
    // The address may have a secret in it.
    let failed = |error: reqwest::Error| format!("it cannot be asked: {}", error.without_url());
    let mut answer = request.send().await.map_err(failed)?;
    if !answer.status().is_success() {
        return Err(format!("it answered {}", answer.status()));
    }
    let mut read = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        read.extend_from_slice(&chunk);
        if read.len() > ANSWER_LEN_MAX {
            return Err("its answer is too long".to_owned());
        }
    }
    serde_json::from_slice(&read).map_err(|_| "its answer is not JSON".to_owned())
}

/// What it is told: the fields that such hooks know, and the payment in full. The amount is that
/// of the decoded invoice, which is what will be paid.
fn question(spend: &Spend, now: u64) -> Value {
    let sats = match &spend.charge {
        Charge::Lightning(amount) => Some(amount.to_sats_ceil().get()),
        Charge::Token { .. } => None,
    };
    let usd = match &spend.charge {
        Charge::Token { worth, .. } => worth.map(|worth| worth.to_string()),
        Charge::Lightning(_) => None,
    };
    let time = i64::try_from(now).ok().and_then(|now| Timestamp::from_second(now).ok());
    json!({
        "proposal_id": spend.payment_key,
        "agent_id": null,
        "protocol": spend.rail.name(),
        "destination_or_url": spend.url.as_str(),
        "amount_sats": sats,
        "max_payment_sats": sats.map(|sats| sats.saturating_add(spend.fee_max.to_sats_ceil().get())),
        "method": spend.method,
        "ts": time.map(|time| time.to_string()),
        "asset": spend.charge.asset(),
        "amount": spend.charge.units().to_string(),
        "amount_usd": usd,
        "fee_max_msat": spend.fee_max,
        "payee": spend.payee,
        "body_sha256": hex::encode(spend.body_sha256),
    })
}
