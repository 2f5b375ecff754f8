//! What goes over the wire.

use super::{l402, probe_request, probe_url, quick};
use crate::support::server::{Reply, Server};
use crate::support::{Desk, get_request};
use farebox_buyer::{Mode, ProbeError, ProbeOptions, Request};
use farebox_wire::probe::Verdict;
use http::Method;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn paid() -> Reply {
    Reply::new(402, "pay").header("www-authenticate", l402::line())
}

#[tokio::test]
async fn no_credential_is_sent_and_none_is_taken() {
    let server = Server::start(|_| paid()).await;
    let url = server.url("/");
    probe_url(&url).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    for (name, _) in &seen[0].headers {
        let name = name.to_ascii_lowercase();
        assert!(["accept", "host", "user-agent"].contains(&name.as_str()), "{name}");
    }
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    for name in [
        "Authorization",
        "Proxy-Authorization",
        "Payment-Authorization",
        "PAYMENT-SIGNATURE",
        "X-PAYMENT",
        "X-Token",
        "Cookie",
        "Macaroon",
    ] {
        let request = get_request(&url).with_header(name, "abc").unwrap();
        let refused = probe_request(&request, &quick()).await.unwrap_err();
        assert_eq!(refused.code(), "credential_in_probe", "{name}");
        assert_eq!(refused.exit_code(), 2);
    }
    let login = Request::new(Method::GET, &url.replace("//", "//me:secret@")).unwrap();
    let refused = probe_request(&login, &quick()).await;
    assert!(matches!(refused, Err(ProbeError::Credential(_))), "{refused:?}");
    assert_eq!(server.seen().len(), 1, "nothing was sent");
}

/// The token that a buyer holds for the place is not shown, and its wallet is not asked.
#[tokio::test]
async fn a_probe_beside_a_buyer_leaves_its_wallet_and_tokens_alone() {
    let desk = Desk::new();
    let wallet = desk.wallet.clone();
    let shop = crate::support::shop::Shop::opaque(&wallet, crate::support::wallet::Draft::sats(5));
    let server = Server::start(move |request| shop.sell(request, "sold")).await;
    let url = server.url("/paid");
    desk.run(&get_request(&url), Mode::Pay).await.unwrap();
    let (payments, proofs) = (desk.wallet.payments(), server.proofs());
    probe_url(&url).await.unwrap();
    assert_eq!((desk.wallet.payments(), server.proofs()), (payments, proofs));
}

#[tokio::test]
async fn another_method_is_tried_only_where_the_first_is_not_taken() {
    let answer = |allow: &'static str| {
        move |request: &crate::support::server::Seen| match request.method.as_str() {
            "POST" if request.body == b"{}" => paid(),
            _ => Reply::new(405, "").header("allow", allow),
        }
    };
    for allow in ["POST", "DELETE, POST", "", "PUT"] {
        let server = Server::start(answer(allow)).await;
        let found = probe_url(&server.url("/")).await.unwrap();
        assert!(found.report.is_payable, "{allow}");
        assert_eq!(found.answer.method, "POST");
        assert!(server.seen().iter().all(|seen| seen.method != "DELETE"), "{allow}");
        let declared = ProbeOptions { is_method_declared: true, ..quick() };
        let found = probe_request(&get_request(&server.url("/")), &declared).await.unwrap();
        assert_eq!(found.report.verdict, Verdict::MethodNotAllowed);
    }
}

#[tokio::test]
async fn a_host_that_was_asleep_is_asked_once_more() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::new(502, ""),
        _ => paid(),
    })
    .await;
    let found = probe_url(&server.url("/")).await.unwrap();
    assert!(found.report.is_payable);
    assert_eq!(found.attempts.iter().map(|a| a.status).collect::<Vec<_>>(), [Some(502), Some(402)]);
}

#[tokio::test]
async fn redirects_are_followed_on_the_host_and_reported_elsewhere() {
    let server = Server::start(|request| match request.path.as_str() {
        "/old" => Reply::new(301, "").header("location", "/new"),
        "/new" => paid(),
        "/loop" => Reply::new(302, "").header("location", "/loop"),
        _ => {
            // The same port of another name.
            let host = request.header("host").unwrap().replace("127.0.0.1", "localhost");
            Reply::new(302, "").header("location", format!("http://{host}/new"))
        }
    })
    .await;
    assert!(probe_url(&server.url("/old")).await.unwrap().report.is_payable);
    let away = probe_url(&server.url("/away")).await.unwrap();
    assert_eq!(away.report.verdict, Verdict::RedirectElsewhere);
    let elsewhere = server.url("/new").replace("127.0.0.1", "localhost");
    assert_eq!(away.redirect, Some(elsewhere));
    assert_eq!(away.attempts.len(), 1);
    let looping = probe_url(&server.url("/loop")).await.unwrap();
    assert_eq!(looping.report.verdict, Verdict::RedirectHere);
    assert!(looping.attempts.len() <= 5);
}

#[tokio::test]
async fn failures_to_reach_a_host_are_named() {
    let silent = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(300));
        paid()
    })
    .await;
    let hasty = ProbeOptions {
        timeout: Duration::from_millis(50),
        retry_timeout: Duration::from_millis(50),
        ..quick()
    };
    let mut codes = Vec::new();
    codes.push(probe_request(&get_request(&silent.url("/")), &hasty).await.unwrap_err());
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = plain.local_addr().unwrap().port();
    // Speaks HTTP where TLS is expected.
    std::thread::spawn(move || {
        for stream in plain.incoming() {
            let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let mute = Server::start(|_| Reply::none()).await;
    for url in [
        "http://127.0.0.1:1/".to_owned(),
        "http://no-such-host.invalid/".to_owned(),
        format!("https://127.0.0.1:{port}/"),
        mute.url("/"),
    ] {
        codes.push(probe_url(&url).await.unwrap_err());
    }
    let names: Vec<_> = codes.iter().map(ProbeError::code).collect();
    let expected = ["timeout", "connect_failed", "dns_failure", "tls_invalid", "answer_malformed"];
    assert_eq!(names, expected, "{codes:?}");
    assert!(codes.iter().all(|error| error.exit_code() == 4));
}
