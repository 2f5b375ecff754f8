//! A receiver of webhooks on this machine, which checks their signatures by itself.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};

/// As Standard Webhooks writes it: the key in base64.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BLOCK_LEN: usize = 64;

pub struct Hook {
    pub url: String,
    heard: Heard,
}

type Heard = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

impl Hook {
    pub async fn open() -> Self {
        let heard = Heard::default();
        let app = Router::new().route("/hook", post(hear)).with_state(Arc::clone(&heard));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/hook", listener.local_addr().unwrap().port());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, heard }
    }

    /// What was told of one kind, each message with right signatures.
    pub fn told(&self, kind: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        let read = heard.iter().map(|(headers, body)| {
            check_signatures(headers, body);
            serde_json::from_slice::<Value>(body).unwrap()
        });
        read.filter(|message| message["type"] == kind).collect()
    }
}

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) -> String {
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    heard.lock().unwrap().push((headers, body));
    message["data"]["challenge"].as_str().unwrap_or_default().to_owned()
}

fn check_signatures(headers: &HeaderMap, body: &[u8]) {
    let header = |name: &str| headers[name].to_str().unwrap();
    let of_body = hex::encode(hmac_sha256(SECRET.as_bytes(), body));
    assert_eq!(header("x-402index-signature"), format!("sha256={of_body}"));
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let head = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
    let signed = hmac_sha256(&key, &[head.as_bytes(), body].concat());
    assert_eq!(header("webhook-signature"), format!("v1,{}", STANDARD.encode(signed)));
}

/// RFC 2104, apart from the code that signs.
fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    assert!(key.len() <= BLOCK_LEN);
    let padded = |with: u8| -> Vec<u8> {
        let key = key.iter().copied().chain(std::iter::repeat(0)).take(BLOCK_LEN);
        key.map(|byte| byte ^ with).collect()
    };
    let inner = Sha256::digest([&padded(0x36)[..], text].concat());
    Sha256::digest([&padded(0x5c)[..], &inner[..]].concat()).to_vec()
}
