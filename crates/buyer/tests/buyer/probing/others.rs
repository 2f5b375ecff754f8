use super::{Row, check, l402, probe_url, row, x402};
use crate::support::server::{Reply, Server};
use farebox_wire::probe::Verdict;

fn rows() -> Vec<Row> {
    let paid = || Reply::new(402, "pay").header("www-authenticate", l402::line());
    vec![
        row(
            "two rails",
            paid().header("PAYMENT-REQUIRED", x402::header(&x402::required(|_| {}))),
            &["L402", "x402"],
            &[],
        ),
        row(
            "one rail of two is broken",
            Reply::new(402, "pay")
                .header("www-authenticate", "L402 macaroon=\"AGI=\"")
                .header("PAYMENT-REQUIRED", x402::header(&x402::required(|_| {}))),
            &["x402"],
            &["invoice_missing"],
        ),
        row("nothing", Reply::new(402, "Payment Required"), &[], &["challenge_missing"]),
        row(
            "a login",
            Reply::new(402, "").header("www-authenticate", "Bearer"),
            &[],
            &["challenge_missing"],
        ),
        row(
            "pay per crawl",
            Reply::new(402, "").header("crawler-price", "USD 0.01"),
            &[],
            &["other_402_scheme"],
        ),
        row("from a cache", paid().header("age", "60"), &["L402"], &["challenge_cached"]),
        row(
            "a long body",
            Reply { body: vec![b'x'; 70_000], ..paid() },
            &["L402"],
            &["body_too_large"],
        ),
        row("another status", Reply { status: 401, ..paid() }, &[], &["challenge_without_402"]),
    ]
}

#[tokio::test]
async fn answers_are_judged_as_a_whole() {
    check(rows()).await;
    let bare = Reply::new(402, "pay").header("www-authenticate", l402::line());
    let server = Server::start(move |_| bare.clone()).await;
    let found = probe_url(&server.url("/")).await.unwrap();
    assert_eq!(found.report.faults[0].code, "cache_control_missing");
}

#[tokio::test]
async fn every_other_status_has_a_sentence() {
    for (status, verdict) in [
        (200, Verdict::Free),
        (204, Verdict::Free),
        (301, Verdict::RedirectBroken),
        (400, Verdict::NeedsInput),
        (401, Verdict::AuthRequired),
        (403, Verdict::Forbidden),
        (404, Verdict::NotFound),
        (405, Verdict::MethodNotAllowed),
        (406, Verdict::NotAcceptable),
        (410, Verdict::NotFound),
        (418, Verdict::Unexpected),
        (422, Verdict::NeedsInput),
        (429, Verdict::RateLimited),
        (500, Verdict::ServerError),
        (503, Verdict::ServerError),
    ] {
        let server = Server::start(move |_| Reply::new(status, "")).await;
        let report = probe_url(&server.url("/")).await.unwrap().report;
        assert_eq!((report.verdict, report.is_payable), (verdict, false), "{status}");
        assert!(report.message.ends_with('.'));
    }
}
