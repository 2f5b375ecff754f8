//! A browser: it keeps cookies by name and path, and asks for pages.

use super::{Answer, Shop};
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use std::collections::BTreeMap;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Cookies as their paths and names have them.
#[derive(Clone, Default)]
pub struct Browser {
    pub cookies: BTreeMap<(String, String), String>,
}

impl Browser {
    /// Opens an address, or loads it again.
    pub async fn open(&mut self, shop: &Shop, uri: &str) -> Answer {
        let answer = shop.send(self.request("GET", uri)).await;
        self.keep(&answer.headers);
        answer
    }

    /// Asks as the page's script does.
    pub async fn poll(&mut self, shop: &Shop, uri: &str) -> Answer {
        let mut request = self.request("GET", uri);
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, "application/json".parse().unwrap());
        headers.insert("x-farebox-poll", "1".parse().unwrap());
        let answer = shop.send(request).await;
        self.keep(&answer.headers);
        answer
    }

    pub fn request(&self, method: &str, uri: &str) -> Request<Body> {
        let path = uri.split('?').next().unwrap();
        let sent = self.cookies.iter().filter(|((scope, _), _)| path.starts_with(scope.as_str()));
        let sent: Vec<_> = sent.map(|((_, name), value)| format!("{name}={value}")).collect();
        let builder = Request::builder().method(method).uri(uri).header(header::ACCEPT, ACCEPT);
        let builder = builder.header(header::USER_AGENT, AGENT).header(header::HOST, "shop.test");
        let builder =
            if sent.is_empty() { builder } else { builder.header(header::COOKIE, sent.join("; ")) };
        builder.body(Body::empty()).unwrap()
    }

    /// Keeps the cookies of an answer.
    pub fn keep(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE) {
            let mut parts = cookie.to_str().unwrap().split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let attributes: Vec<_> = parts.collect();
            let path = attributes.iter().find_map(|part| part.strip_prefix("Path=")).unwrap();
            let key = (path.to_owned(), name.to_owned());
            if attributes.contains(&"Max-Age=0") {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
    }

    /// The only token that it has.
    pub fn token(&self) -> String {
        assert_eq!(self.cookies.len(), 1, "{:?}", self.cookies.keys());
        self.cookies.values().next().unwrap().clone()
    }
}

/// The payment hash of a page that asks for money.
pub fn asked(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    answer.headers["x-payment-hash"].to_str().unwrap().to_owned()
}
