//! A service that speaks the real wire and misbehaves on command.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use farebox_directory::embedding::{ApiKey, Embedder, EmbedderOptions, ProviderUrl};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Of the double's vectors.
pub const DIMENSIONS: usize = 12;

#[derive(Clone, Debug)]
pub enum Manner {
    Well,
    /// Vectors in the opposite order, each with its index.
    Backwards,
    /// It takes the request and says nothing.
    Hang,
    Slow(Duration),
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    Busy(u64),
    Body(String),
    /// Vectors of another length.
    Dimensions(usize),
    /// An answer without an end.
    Endless,
    /// 400 for requests with a text that has this in it.
    Refuse(&'static str),
}

#[derive(Clone)]
pub struct Double {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    manner: Mutex<Manner>,
    requests: Mutex<Vec<Request>>,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub body: Value,
    pub authorization: Option<String>,
}

impl Double {
    pub async fn start() -> Self {
        let shared = Shared { manner: Mutex::new(Manner::Well), requests: Mutex::default() };
        let shared = Arc::new(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/v1/embeddings", post(answer));
        let routes = routes.with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, shared }
    }

    pub fn is(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap() = manner;
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub fn asked(&self) -> usize {
        self.requests().len()
    }

    pub fn options(&self) -> EmbedderOptions {
        EmbedderOptions {
            url: ProviderUrl::parse(&self.url).unwrap(),
            model: "text-model".to_owned(),
            dimensions: None,
            api_key: ApiKey::read("sk-test"),
            timeout: Duration::from_secs(20),
        }
    }

    /// An embedder whose clock stands still until it is moved.
    pub fn embedder(&self) -> (Embedder, Arc<AtomicU64>) {
        let time_ms = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&time_ms);
        let now_ms = move || clock.load(Ordering::SeqCst);
        (Embedder::with_clock(&self.options(), now_ms).unwrap(), time_ms)
    }
}

/// The double's vector of a text: how often it has each of some characters.
pub fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let characters = "0123456789et".chars().cycle().take(dimensions);
    let count = |wanted| u8::try_from(text.chars().filter(|c| *c == wanted).count()).unwrap_or(255);
    characters.map(|wanted| f32::from(count(wanted)) + 0.25).collect()
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let authorization =
        headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let texts: Vec<String> = serde_json::from_value(body["input"].clone()).unwrap();
    shared.requests.lock().unwrap().push(Request { body, authorization });
    let manner = shared.manner.lock().unwrap().clone();
    match manner {
        Manner::Well => vectors(&texts, DIMENSIONS, false),
        Manner::Backwards => vectors(&texts, DIMENSIONS, true),
        Manner::Dimensions(dimensions) => vectors(&texts, dimensions, false),
        Manner::Hang => std::future::pending().await,
        Manner::Slow(time) => {
            tokio::time::sleep(time).await;
            vectors(&texts, DIMENSIONS, false)
        }
        Manner::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Manner::Busy(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Manner::Body(body) => body.into_response(),
        Manner::Endless => {
            let chunks =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("[0,".repeat(10_000)));
            axum::body::Body::from_stream(chunks).into_response()
        }
        Manner::Refuse(what) if texts.iter().any(|text| text.contains(what)) => {
            StatusCode::BAD_REQUEST.into_response()
        }
        Manner::Refuse(_) => vectors(&texts, DIMENSIONS, false),
    }
}

fn vectors(texts: &[String], dimensions: usize, backwards: bool) -> Response {
    let item = |(index, text): (usize, &String)| json!({"object": "embedding", "index": index, "embedding": vector(text, dimensions)});
    let mut data: Vec<Value> = texts.iter().enumerate().map(item).collect();
    if backwards {
        data.reverse();
    }
    let usage = json!({"prompt_tokens": 1, "total_tokens": 1});
    Json(json!({"object": "list", "data": data, "model": "text-model", "usage": usage}))
        .into_response()
}
