//! The same probe through the client for addresses that outsiders name.

use super::{NOW, quick};
use crate::support::client;
use crate::support::server::{Reply, Server};
use async_trait::async_trait;
use farebox_buyer::{Probe, ProbeClient, ProbeError, ProbeOptions, Request, probe};
use farebox_net::{AddressPolicy, GuardError, GuardOptions, GuardedClient, Resolve, ResolveError};
use farebox_wire::probe::{BODY_LEN_MAX, Terms};
use http::Method;
use std::io::Write;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Every name leads to this machine.
struct Here;

#[async_trait]
impl Resolve for Here {
    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }

    async fn txt(&self, _: &str) -> Result<Vec<String>, ResolveError> {
        Ok(Vec::new())
    }
}

fn guarded(addresses: AddressPolicy) -> GuardedClient {
    let options = GuardOptions {
        user_agent: "farebox-test".to_owned(),
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(20),
        addresses,
        resolver: Arc::new(Here),
        certificate: None,
    };
    GuardedClient::new(options).unwrap()
}

fn open() -> GuardedClient {
    guarded(AddressPolicy::and_networks(["127.0.0.0/8".parse().unwrap()]))
}

async fn probe_with(client: ProbeClient<'_>, url: &str) -> Result<Probe, ProbeError> {
    probe_patiently(client, url, &quick()).await
}

async fn probe_patiently(
    client: ProbeClient<'_>,
    url: &str,
    options: &ProbeOptions,
) -> Result<Probe, ProbeError> {
    let request = Request::new(Method::GET, url).unwrap();
    probe(client, &request, options, Terms { now_s: NOW, accepts_test_money: false }).await
}

fn steps(found: &Probe) -> Vec<(String, String, Option<u16>)> {
    let attempts = found.attempts.iter();
    attempts.map(|own| (own.method.clone(), own.url.to_string(), own.status)).collect()
}

#[tokio::test]
async fn both_clients_come_to_the_same_findings() {
    let server = Server::start(|request| match request.path.as_str() {
        "/post" if request.method == "GET" => Reply::new(405, "").header("allow", "POST"),
        "/moved" => Reply::new(307, "").header("location", "/post?x"),
        "/away" => Reply::new(302, "").header("location", "http://127.0.0.2/"),
        "/long" => Reply::new(402, vec![b'x'; BODY_LEN_MAX * 2]),
        "/cut" => Reply::new(402, "0123456789").cut_at(4),
        "/free" => Reply::ok("{}"),
        _ => Reply::new(402, "{}").header("www-authenticate", "L402 macaroon=\"x\""),
    })
    .await;
    let (plain, guarded) = (client(), open());
    for path in ["/paid", "/post", "/moved", "/away", "/long", "/cut", "/free"] {
        let url = server.url(path);
        let expected = probe_with((&plain).into(), &url).await.unwrap();
        let found = probe_with((&guarded).into(), &url).await.unwrap();
        assert_eq!(found.report, expected.report, "{path}");
        assert_eq!(found.redirect, expected.redirect, "{path}");
        assert_eq!(found.answer.body, expected.answer.body, "{path}");
        assert_eq!(steps(&found), steps(&expected), "{path}");
        assert!(found.attempts.iter().all(|attempt| attempt.time_to_headers.is_some()));
    }
}

#[tokio::test]
async fn a_refusal_is_told_as_one_and_nothing_is_sent() {
    let server = Server::start(|_| Reply::new(402, "{}")).await;
    let client = guarded(AddressPolicy::public_only());
    for host in ["127.0.0.1", "shop.example.com", "localhost", "0x7f.1"] {
        let url = server.url("/paid").replace("127.0.0.1", host);
        let refused = probe_with((&client).into(), &url).await.unwrap_err();
        assert!(
            matches!(
                &refused,
                ProbeError::Refused(GuardError::Address { .. } | GuardError::Host { .. })
            ),
            "{host}: {refused:?}"
        );
        assert!(!refused.hint().is_empty());
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn failures_have_the_names_that_they_have_without_a_guard() {
    let mute = Server::start(|_| Reply::none()).await;
    let silent = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(300));
        Reply::ok("")
    })
    .await;
    let hasty = ProbeOptions {
        timeout: Duration::from_millis(50),
        retry_timeout: Duration::from_millis(50),
        ..quick()
    };
    let (plain, guarded) = (client(), open());
    let no_tls = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let tls = format!("https://{}/", no_tls.local_addr().unwrap());
    // Speaks HTTP where TLS is expected.
    std::thread::spawn(move || {
        for stream in no_tls.incoming() {
            let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for (url, options) in [
        (mute.url("/"), &quick()),
        (tls, &quick()),
        (silent.url("/"), &hasty),
        ("http://127.0.0.1:2/".to_owned(), &quick()),
    ] {
        let expected = probe_patiently((&plain).into(), &url, options).await.unwrap_err();
        let found = probe_patiently((&guarded).into(), &url, options).await.unwrap_err();
        assert_eq!(found.code(), expected.code(), "{url}: {found:?} {expected:?}");
    }
}
