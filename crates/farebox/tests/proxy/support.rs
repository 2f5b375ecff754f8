//! The proxy as a child process, and a seller that notes what it is asked.

use crate::common::seller::{Market, Seller, serve};
use crate::common::terminate;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::HeaderMap;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// A proxy that pays from the market's wallet; it is killed when this goes.
pub struct Proxy {
    child: Child,
    /// With a slash at its end.
    pub url: String,
}

impl Proxy {
    pub fn start(market: &Market, arguments: &[&str]) -> Self {
        let mut command = market.command(&["proxy", "--listen", "127.0.0.1:0"]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest = line.strip_prefix("farebox proxy on ").expect("the proxy did not start");
        let url = format!("{}/", rest.split_once(": ").unwrap().0);
        Self { child, url }
    }

    /// The URL form of an address.
    pub fn of(&self, url: &str) -> String {
        format!("{}{url}", self.url)
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    pub fn terminate(&self) {
        terminate(&self.child);
    }

    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that uses no proxy and follows nothing.
pub fn client() -> reqwest::Client {
    farebox_net::prepare_tls();
    let redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(redirects).build().unwrap()
}

pub fn header<'a>(answer: &'a reqwest::Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().unwrap())
}

/// The code of an error of the proxy, which its header and its body agree on.
pub async fn code(answer: reqwest::Response) -> String {
    let told = header(&answer, "x-farebox-error").map(str::to_owned);
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let code = body["error"]["code"].as_str().unwrap().to_owned();
    assert_eq!(told.as_deref(), Some(code.as_str()));
    code
}

/// What a seller was asked.
#[derive(Clone)]
pub struct Asked {
    pub uri: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A seller of several things, at the market's price:
/// `/echo` gives the body back; `/stream` says "first ", then "last" when it is let go on;
/// `/broken` breaks off in place of the last; `/free/moved` redirects to `/echo`; `/free` is free,
/// `/free/stream` as `/stream`; `/silent` says nothing at all; `/refuses`
/// takes no payment for one.
#[derive(Clone)]
pub struct Stand {
    /// Without a slash at its end.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    pub go_on: Arc<Semaphore>,
}

impl Stand {
    pub async fn open(market: &Market) -> Self {
        let stand =
            Self { url: String::new(), asked: Arc::default(), go_on: Arc::new(Semaphore::new(0)) };
        let app = Router::new().fallback(answer);
        let app = app.with_state((stand.clone(), market.seller.clone()));
        Self { url: format!("http://{}", serve(app).await), ..stand }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn stream(&self) -> Response {
        let headers = [("content-type", "text/event-stream"), ("x-farebox-paid-sats", "0")];
        (headers, self.parts(false)).into_response()
    }

    /// The first part, and the last or a failure once it is let go on.
    fn parts(&self, breaks: bool) -> Body {
        let go_on = Arc::clone(&self.go_on);
        let first = stream::once(async { Ok("first ") });
        let last = stream::once(async move {
            go_on.acquire().await.unwrap().forget();
            if breaks { Err(io::Error::other("broken")) } else { Ok("last") }
        });
        Body::from_stream(first.chain(last))
    }
}

async fn answer(State((stand, seller)): State<(Stand, Seller)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 32 << 20).await.unwrap();
    stand.asked.lock().unwrap().push(Asked {
        uri: parts.uri.to_string(),
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    let path = parts.uri.path().to_owned();
    if !path.starts_with("/free")
        && path != "/silent"
        && let Some(challenge) = seller.asks_for_payment(&parts).await
    {
        return challenge;
    }
    match path.as_str() {
        "/stream" | "/free/stream" => stand.stream(),
        "/broken" => stand.parts(true).into_response(),
        "/free/moved" => ([("set-cookie", "a=b")], Redirect::temporary("/echo")).into_response(),
        "/refuses" => http::StatusCode::PAYMENT_REQUIRED.into_response(),
        "/silent" => std::future::pending().await,
        "/free" => ([("set-cookie", "a=b")], "free").into_response(),
        _ => body.into_response(),
    }
}
