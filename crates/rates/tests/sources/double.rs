//! A server with one source at each path, which does what the test says.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use farebox_rates::Source;
use reqwest::StatusCode;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// What a source does with a request.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Answers this body.
    Says(&'static str),
    /// Answers this body with an error status.
    Fails(u16, &'static str),
    /// Never answers.
    Hangs,
    /// Begins an answer and never ends it.
    Drips,
    /// Answers without end.
    Floods,
    /// Answers a good price in a body that is far too long.
    Pads,
    /// Answers this from a cache that has kept it for so many seconds, in these words.
    SaysOld(&'static str, &'static str),
    /// Points to the source `good`, which is not the one that was configured.
    Redirects,
    /// Breaks the answer off.
    Breaks,
}

type Acts = Arc<Mutex<HashMap<String, (Act, usize)>>>;

/// The server; it stops with the test's runtime.
pub struct Double {
    address: SocketAddr,
    acts: Acts,
}

impl Double {
    pub async fn start() -> Self {
        let acts = Acts::default();
        let router = Router::new().route("/{name}", get(answer)).with_state(Arc::clone(&acts));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, acts }
    }

    /// Says what a source does from now on.
    pub fn act(&self, name: &str, act: Act) {
        self.acts.lock().unwrap().entry(name.to_owned()).or_insert((act, 0)).0 = act;
    }

    /// How often a source was asked.
    pub fn asked(&self, name: &str) -> usize {
        self.acts.lock().unwrap().get(name).map_or(0, |(_, asked)| *asked)
    }

    pub fn sources(&self, names: &[&str]) -> Vec<Source> {
        let source = |name: &&str| {
            Source::new(name, &format!("http://{}/{name}", self.address), "/data/amount").unwrap()
        };
        names.iter().map(source).collect()
    }
}

async fn answer(State(acts): State<Acts>, Path(name): Path<String>) -> Response {
    let act = {
        let mut acts = acts.lock().unwrap();
        let (act, asked) = acts.get_mut(&name).expect("a source without an act");
        *asked += 1;
        *act
    };
    let pending = || std::future::pending::<Response>();
    match act {
        Act::Says(body) => body.into_response(),
        Act::Fails(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Act::Hangs => pending().await,
        Act::Drips => {
            body_of(futures_util::stream::once(async { Ok::<_, Infallible>("{\"data\":") }))
        }
        Act::Floods => {
            let chunks =
                futures_util::stream::repeat_with(|| Ok::<_, Infallible>("0".repeat(4_096)));
            Body::from_stream(chunks).into_response()
        }
        Act::Pads => {
            let padding = " ".repeat(200_000);
            format!("{padding}{{\"data\":{{\"amount\":\"95000.12\"}}}}").into_response()
        }
        Act::SaysOld(body, age) => ([("age", age)], body).into_response(),
        Act::Redirects => Redirect::temporary("/good").into_response(),
        Act::Breaks => {
            let pieces = [Ok("{\"data\":{\"amount\":\"9500"), Err(std::io::Error::other("cut"))];
            Body::from_stream(futures_util::stream::iter(pieces)).into_response()
        }
    }
}

/// A body that begins like this and never ends.
fn body_of<S>(begin: S) -> Response
where
    S: futures_util::Stream<Item = Result<&'static str, Infallible>> + Send + 'static,
{
    use futures_util::StreamExt;
    Body::from_stream(begin.chain(futures_util::stream::pending())).into_response()
}
