//! Whether the demo's play wallet is at hand, for the hint that names it.

use serde_json::Value;
use std::time::Duration;
use url::{Host, Url};

/// Where the demo's play wallet listens.
const WALLET_URL: &str = "http://127.0.0.1:9740/getinfo";
const TIMEOUT: Duration = Duration::from_secs(1);

/// Whether `seller` sells samples for play money, or is on this machine as a wallet is.
pub(crate) async fn is_at_hand(client: &reqwest::Client, seller: &Url) -> bool {
    let (samples, wallet) = tokio::join!(sells_samples(client, seller), wallet_answers(client));
    samples || (wallet && is_this_machine(seller))
}

async fn sells_samples(client: &reqwest::Client, seller: &Url) -> bool {
    let Ok(url) = seller.join("/api/v1/health") else {
        return false;
    };
    let answer = client.get(url).timeout(TIMEOUT).send().await;
    let Ok(answer) = answer else { return false };
    let body = answer.bytes().await.unwrap_or_default();
    let health: Value = serde_json::from_slice(&body).unwrap_or_default();
    health.get("sample_data").and_then(Value::as_bool) == Some(true)
}

async fn wallet_answers(client: &reqwest::Client) -> bool {
    let answer = client.get(WALLET_URL).timeout(TIMEOUT).send().await;
    answer.is_ok_and(|answer| answer.status() == http::StatusCode::UNAUTHORIZED)
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
