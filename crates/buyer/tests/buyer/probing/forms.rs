//! In which forms a probe asks, where the first is not answered with a 402.

use super::{l402, probe_request, probe_url, quick};
use crate::support::get_request;
use crate::support::server::{Reply, Server};
use farebox_buyer::ProbeOptions;

fn paid() -> Reply {
    Reply::new(402, "pay").header("www-authenticate", l402::line())
}

fn statuses(found: &farebox_buyer::Probe) -> Vec<Option<u16>> {
    found.attempts.iter().map(|attempt| attempt.status).collect()
}

/// A router that knows only POST answers GET with 404.
#[tokio::test]
async fn post_is_tried_where_get_finds_nothing() {
    for status in [404, 405, 501] {
        let server = Server::start(move |request| match request.method.as_str() {
            "POST" => paid(),
            _ => Reply::new(status, ""),
        });
        let server = server.await;
        let found = probe_url(&server.url("/")).await.unwrap();
        assert!(found.report.is_payable, "{status}");
        assert_eq!(statuses(&found), [Some(status), Some(402)]);
        let declared = ProbeOptions { is_method_declared: true, ..quick() };
        let found = probe_request(&get_request(&server.url("/")), &declared).await.unwrap();
        assert_eq!(statuses(&found), [Some(status)], "only what was declared");
    }
}

#[tokio::test]
async fn what_is_nowhere_is_asked_for_twice_and_never_by_head() {
    let server = Server::start(|_| Reply::new(404, "")).await;
    let found = probe_url(&server.url("/")).await.unwrap();
    assert_eq!((found.answer.status, found.answer.method.as_str()), (404, "GET"));
    let methods: Vec<_> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["GET", "POST"]);
}

#[tokio::test]
async fn an_mcp_server_gets_the_accept_that_it_wants() {
    let wants = |accept: &'static str| {
        Server::start(move |request| match request.header("accept") == Some(accept) {
            true => paid(),
            false => Reply::new(406, ""),
        })
    };
    let server = wants("application/json, text/event-stream").await;
    let found = probe_url(&server.url("/mcp")).await.unwrap();
    assert_eq!(statuses(&found), [Some(406), Some(402)]);
    // One that takes neither is not asked for ever, and an Accept of the user's own stays.
    let server = wants("image/png").await;
    let found = probe_url(&server.url("/mcp")).await.unwrap();
    assert_eq!((found.answer.status, statuses(&found).len()), (406, 2));
    let own = get_request(&server.url("/")).with_header("accept", "text/plain").unwrap();
    let found = probe_request(&own, &quick()).await.unwrap();
    assert_eq!(statuses(&found), [Some(406)]);
}

#[tokio::test]
async fn a_tunnels_page_is_asked_to_step_aside() {
    let server = Server::start(|request| match request.header("ngrok-skip-browser-warning") {
        Some(_) => paid(),
        None => Reply::ok("<html>").header("ngrok-error-code", "ERR_NGROK_6024"),
    });
    let found = probe_url(&server.await.url("/")).await.unwrap();
    assert_eq!(statuses(&found), [Some(200), Some(402)]);
}
