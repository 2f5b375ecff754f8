//! Every hop is judged like a first request.

use crate::support::{NameServer, PUBLIC, Server, saying, usual_client};
use axum::Router;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::any;
use bytes::Bytes;
use farebox_net::{GuardedClient, Limits, RedirectScope};
use http::Request;
use std::net::SocketAddr;

const ANYWHERE: RedirectScope = RedirectScope::Anywhere;

fn limits(redirects_max: usize, redirect_scope: RedirectScope) -> Limits {
    Limits { redirects_max, redirect_scope, ..Limits::default() }
}

/// `/to?…` redirects to what follows; everything else says what it was sent.
fn redirecting() -> Router {
    let redirect = |uri: http::Uri| async move {
        let to = uri.query().unwrap_or_default().to_owned();
        (StatusCode::FOUND, [(LOCATION, to)])
    };
    let echo = |headers: HeaderMap| async move {
        let secret = headers.contains_key("authorization") || headers.contains_key("x-secret");
        if secret { "secret" } else { "end" }
    };
    Router::new().route("/to", any(redirect)).fallback(echo)
}

struct World {
    name_server: NameServer,
    client: GuardedClient,
    server: Server,
    private: Server,
}

async fn world() -> World {
    let server = Server::start(format!("{PUBLIC}:0").parse().unwrap(), redirecting()).await;
    let private = SocketAddr::from(([127, 0, 0, 1], server.address.port()));
    let private = Server::start(private, saying("private")).await;
    let name_server = NameServer::start().await;
    name_server.serve("chain.example.net", &[&[PUBLIC]]);
    name_server.serve("inside.example.net", &[&["127.0.0.1"]]);
    name_server.serve("turning.example.net", &[&[PUBLIC], &["127.0.0.1"]]);
    let client = usual_client(&name_server);
    World { name_server, client, server, private }
}

impl World {
    async fn follow(&self, host: &str, to: &str, limits: &Limits) -> Result<String, &'static str> {
        let to = to.replace("PORT", &self.server.address.port().to_string());
        let mut url = self.server.url(host);
        url.set_path("/to");
        url.set_query(Some(&to));
        let fetched = self.client.get(&url, limits).await.map_err(|error| error.code())?;
        Ok(String::from_utf8(fetched.body.to_vec()).unwrap())
    }
}

#[tokio::test]
async fn a_hop_to_a_private_place_is_not_made() {
    let world = world().await;
    for (to, code) in [
        ("http://127.0.0.1:PORT/", "address_refused"),
        ("//127.0.0.1:PORT/", "address_refused"),
        ("http://0x7f000001:PORT/", "address_refused"),
        ("http://[::ffff:127.0.0.1]:PORT/", "address_refused"),
        ("http://[64:ff9b::7f00:1]:PORT/", "address_refused"),
        ("http://inside.example.net:PORT/", "address_refused"),
        ("http://chain.example.net:PORT/to?http://inside.example.net:PORT/", "address_refused"),
        ("http://user:secret@chain.example.net:PORT/", "user_info_refused"),
        ("http://chain.example.net:25/", "port_refused"),
        ("http://abc.onion/", "host_refused"),
        ("file:///etc/passwd", "scheme_refused"),
        ("http://", "redirect_refused"),
    ] {
        let answer = world.follow("chain.example.net", to, &limits(3, ANYWHERE)).await;
        assert_eq!(answer, Err(code), "{to}");
    }
    // A name that was public for the first hop and is private for the second.
    let to = "http://turning.example.net:PORT/x";
    let answer = world.follow("turning.example.net", to, &limits(3, ANYWHERE)).await;
    assert_eq!(answer, Err("address_refused"));
    assert_eq!(world.name_server.asked("turning.example.net"), 2);
    assert_eq!(world.private.hits(), 0);
}

#[tokio::test]
async fn redirects_are_followed_only_as_far_as_the_caller_says() {
    let world = world().await;
    let follow = async |to, limits| world.follow("chain.example.net", to, &limits).await;
    let none = Limits::default();
    assert_eq!(follow("/end", none).await, Ok(String::new()), "the redirect itself");
    assert_eq!(follow("/end", limits(1, ANYWHERE)).await.as_deref(), Ok("end"));
    assert_eq!(follow("/to?/end", limits(2, ANYWHERE)).await.as_deref(), Ok("end"));
    assert_eq!(follow("/to?/end", limits(1, ANYWHERE)).await, Err("too_many_redirects"));
    let elsewhere = "http://127.0.0.2:PORT/end";
    assert_eq!(follow(elsewhere, limits(1, ANYWHERE)).await.as_deref(), Ok("end"));
    let same = limits(1, RedirectScope::SameOrigin);
    assert_eq!(follow(elsewhere, same).await, Err("redirect_refused"));
    assert_eq!(follow("/end", same).await.as_deref(), Ok("end"));
}

#[tokio::test]
async fn secrets_and_bodies_are_not_carried_along() {
    let world = world().await;
    let url = world.server.url("chain.example.net").join("/to?/end").unwrap();
    let request = || {
        let request = Request::get(url.as_str()).header("authorization", "Bearer x");
        request.header("x-secret", "y")
    };
    let followed = request().body(Bytes::new()).unwrap();
    let fetched = world.client.send(followed, &limits(1, ANYWHERE)).await.unwrap();
    assert_eq!(fetched.body.as_ref(), b"end");
    assert_eq!(fetched.url.path(), "/end");
    let posted = request().method("POST").body(Bytes::from_static(b"{}")).unwrap();
    let fetched = world.client.send(posted, &limits(1, ANYWHERE)).await.unwrap();
    assert_eq!(fetched.status, StatusCode::FOUND);
}
