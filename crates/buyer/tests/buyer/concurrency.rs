//! Several gets at the same time, in one process as in several.

use crate::support::server::{Reply, Seen, Server};
use crate::support::shop::Shop;
use crate::support::wallet::Draft;
use crate::support::{Desk, Recorder, get_request, open};
use farebox_buyer::{BuyError, MemorySink, Mode};
use farebox_wire::l402::TokenKind;
use futures_util::future::join_all;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Gets an address with a buyer of its own on the desk's folder, as another process would.
async fn get_apart(desk: &Desk, url: String) -> (Result<String, BuyError>, Recorder) {
    let buyer = open(desk.folder.path(), Some(("test", Arc::new(desk.wallet.clone()))));
    let (recorder, mut sink) = (Recorder::default(), MemorySink::default());
    let limits = farebox_buyer::Limits {
        payment_timeout: Duration::from_secs(20),
        ..crate::support::quick_limits()
    };
    let get = buyer.get(&get_request(&url), &limits, Mode::Pay, &recorder, &mut sink).await;
    (get.map(|_| String::from_utf8(sink.body().to_vec()).unwrap()), recorder)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_at_the_same_time_is_paid_for_once_where_one_token_serves() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::TimeBounded, Draft::sats(5));
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    let gets = (0..6).map(|_| get_apart(&desk, server.url("/x")));
    for (body, _) in join_all(gets).await {
        assert_eq!(body.unwrap(), "sold");
    }
    assert_eq!(desk.wallet.payments().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_at_the_same_time_goes_one_after_the_other() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(move |seen| {
        std::thread::sleep(Duration::from_millis(30));
        shop.sell(seen, "sold")
    });
    let server = server.await;
    let gets = join_all((0..4).map(|_| get_apart(&desk, server.url("/x")))).await;
    assert!(gets.iter().all(|(body, _)| body.as_ref().unwrap() == "sold"));
    let waited = gets.iter().filter(|(_, recorder)| recorder.count("LockWaiting") == 1).count();
    assert_eq!(waited, 3);
    let proven: Vec<_> =
        server.seen().iter().map(|seen| seen.header("authorization").is_some()).collect();
    assert_eq!(proven, [false, true].repeat(4), "challenge and proof of each in turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_invoice_is_never_paid_for_two_requests() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let open_invoice = Mutex::new(None);
    // As a seller does it that hands an invoice to the same client until it is paid.
    let serve = move |seen: &Seen| {
        if shop.proof(seen).is_some() {
            std::thread::sleep(Duration::from_millis(100));
            return Reply::ok(seen.path.clone());
        }
        let mut pooled = open_invoice.lock().unwrap();
        let (invoice, hash) = pooled
            .take_if(|(_, hash)| shop.till.is_settled(*hash))
            .map_or_else(|| pooled.clone(), |_| None)
            .unwrap_or_else(|| shop.till.invoice(shop.price));
        *pooled = Some((invoice.clone(), hash));
        let challenge = farebox_wire::l402::challenge_header(&shop.token(seen, hash), &invoice);
        Reply::new(402, "").header("www-authenticate", challenge)
    };
    let server = Server::start(serve).await;
    let gets = join_all((0..4).map(|n| get_apart(&desk, server.url(&format!("/{n}"))))).await;
    for (n, (body, _)) in gets.iter().enumerate() {
        assert_eq!(body.as_ref().unwrap(), &format!("/{n}"));
    }
    let hashes: HashSet<_> = desk.wallet.payments().into_iter().map(|(hash, _)| hash).collect();
    assert_eq!((desk.wallet.payments().len(), hashes.len()), (4, 4));
    assert_eq!(desk.wallet.pay_calls(), 4, "each invoice was handed to the wallet once");
}

#[tokio::test]
async fn an_invoice_that_was_paid_before_is_not_taken_again() {
    let mut desk = Desk::new();
    desk.limits.payment_timeout = Duration::from_millis(1_200);
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let (invoice, hash) = desk.wallet.invoice(Draft::sats(5));
    let serve = move |seen: &Seen| match shop.proof(seen) {
        Some(_) => Reply::ok("sold"),
        None => {
            let token = shop.token(seen, hash);
            let challenge = farebox_wire::l402::challenge_header(&token, &invoice);
            Reply::new(402, "").header("www-authenticate", challenge)
        }
    };
    let server = Server::start(serve).await;
    desk.get(&server.url("/x")).await.unwrap();
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::InvoiceInUse(_)), "{error}");
    assert_eq!(error.exit_code(), 3);
    assert_eq!(desk.recorder.count("InvoiceTaken"), 2);
    assert_eq!((desk.wallet.payments().len(), desk.wallet.pay_calls()), (1, 1));
}
