//! From proof to answer: whatever the seller does, nothing is paid twice.

use crate::support::server::{Reply, Seen, Server};
use crate::support::shop::Shop;
use crate::support::wallet::{Draft, TestWallet};
use crate::support::{Desk, Recorder, get_request};
use farebox_buyer::{BuyError, FileSink, Mode, WriterSink};
use farebox_money::Msat;
use farebox_wire::l402::TokenKind;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A shop that answers its `n`th proof of payment with `answer(n)`, counted from zero.
async fn shop_with(
    desk: &Desk,
    answer: impl Fn(usize, &Seen) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let shown = AtomicUsize::new(0);
    let serve = move |seen: &Seen| {
        if shop.proof(seen).is_none() {
            return shop.challenge(seen);
        }
        answer(shown.fetch_add(1, Ordering::SeqCst), seen).unwrap_or_else(|| Reply::ok("sold"))
    };
    Server::start(serve).await
}

#[tokio::test]
async fn a_seller_that_wants_to_be_paid_again_is_not() {
    let desk = Desk::new();
    let refuse = |_, _: &Seen| {
        let said = r#"{"error":{"code":"token_used","message":"one payment, one use"}}"#;
        Some(Reply::new(402, said).header("www-authenticate", "L402"))
    };
    let server = shop_with(&desk, refuse).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    let BuyError::PaidButRefused { paid, .. } = &error else { panic!("{error}") };
    assert_eq!((error.exit_code(), error.code()), (3, "paid_but_refused"));
    let text = error.to_string();
    assert!(text.contains("paid 5 sats (payment hash "), "{text}");
    assert!(text.contains(&paid.payment_hash.to_string()), "{text}");
    assert!(text.ends_with("it answered 402 (token_used: one payment, one use)"), "{text}");
    assert!(error.hint().unwrap().contains("--buy-again"));
    assert_eq!(desk.states(), ["paid"]);

    let again = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(again, BuyError::PaidButRefused { .. }), "{again}");
    assert_eq!((desk.wallet.payments().len(), desk.wallet.pay_calls()), (1, 1));

    let request = get_request(&server.url("/x"));
    desk.answer(&request, Mode::BuyAgain).await.unwrap_err();
    assert_eq!(desk.wallet.payments().len(), 2, "paid anew on its user's word");
    assert_eq!(desk.states(), ["abandoned", "paid"]);
}

#[tokio::test]
async fn a_seller_that_hears_of_the_payment_late_is_given_a_moment() {
    for status in [402, 401] {
        let desk = Desk::new();
        let late = move |shown, _: &Seen| (shown < 2).then(|| Reply::new(status, "not yet"));
        let server = shop_with(&desk, late).await;
        assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
        assert_eq!((server.proofs(), desk.wallet.payments().len()), (3, 1));
    }
}

#[tokio::test]
async fn an_error_after_payment_is_kept_as_paid_and_sent_again_by_the_next_run() {
    for status in [500, 502, 404, 503, 429] {
        let desk = Desk::new();
        let broken = move |shown, _: &Seen| (shown == 0).then(|| Reply::new(status, "oops"));
        let server = shop_with(&desk, broken).await;
        let error = desk.get(&server.url("/x")).await.unwrap_err();
        assert!(matches!(error, BuyError::PaidNotDelivered { .. }), "{status}: {error}");
        assert_eq!((error.exit_code(), error.code()), (5, "paid_not_delivered"));
        assert!(error.to_string().contains("oops"), "{error}");
        assert_eq!(desk.states(), ["paid"]);
        assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
        assert_eq!((desk.wallet.payments().len(), desk.states()), (1, vec!["delivered".into()]));
    }
}

#[tokio::test]
async fn a_seller_that_is_not_ready_is_asked_again_when_it_says() {
    for status in [409, 503, 429, 425] {
        let desk = Desk::new();
        let busy = move |shown, _: &Seen| {
            (shown == 0).then(|| Reply::new(status, "busy").header("retry-after", "1"))
        };
        let server = shop_with(&desk, busy).await;
        let begun = std::time::Instant::now();
        assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold", "{status}");
        assert!(begun.elapsed().as_millis() >= 1_000);
        assert_eq!((server.proofs(), desk.wallet.payments().len()), (2, 1));
    }
}

#[tokio::test]
async fn waiting_for_a_seller_has_an_end() {
    let desk = Desk::new();
    let busy =
        |_, _: &Seen| Some(Reply::new(409, "busy").header("retry-after", "18446744073709551615"));
    let server = shop_with(&desk, busy).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::PaidNotDelivered { status: 409, .. }), "{error}");
    assert_eq!(desk.states(), ["paid"]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again_with_the_same_proof() {
    let desk = Desk::new();
    let breaks = |shown, _: &Seen| match shown {
        0 => Some(Reply::ok("so").cut_at(1)),
        1 => Some(Reply::none()),
        _ => None,
    };
    let server = shop_with(&desk, breaks).await;
    assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
    assert_eq!((server.proofs(), desk.wallet.payments().len()), (3, 1));
    let proofs: Vec<_> = server
        .seen()
        .iter()
        .skip(1)
        .map(|s| s.header("authorization").map(str::to_owned))
        .collect();
    assert!(proofs.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_file_is_whole_even_when_the_first_answer_breaks_off() {
    let desk = Desk::new();
    let breaks = |shown, _: &Seen| (shown == 0).then(|| Reply::ok("a longer one").cut_at(8));
    let server = shop_with(&desk, breaks).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer");
    let mut sink = FileSink::new(path.clone());
    let request = get_request(&server.url("/x"));
    let get = desk.buyer.get(&request, &desk.limits, Mode::Pay, &desk.recorder, &mut sink);
    get.await.unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "sold");
}

#[tokio::test]
async fn what_was_written_out_is_not_written_twice() {
    let desk = Desk::new();
    let breaks = |shown, _: &Seen| (shown == 0).then(|| Reply::ok("sold").cut_at(2));
    let server = shop_with(&desk, breaks).await;
    let request = get_request(&server.url("/x"));
    let mut written = Vec::new();
    let mut sink = WriterSink::new(&mut written);
    let get = desk.buyer.get(&request, &desk.limits, Mode::Pay, &desk.recorder, &mut sink);
    let error = get.await.unwrap_err();
    assert!(matches!(error, BuyError::PaidAnswerLost { .. }), "{error}");
    assert_eq!(error.exit_code(), 4);
    assert_eq!(written, b"so");
    assert_eq!(desk.states(), ["paid"]);
    assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
    assert_eq!(desk.wallet.payments().len(), 1);
}

#[tokio::test]
async fn an_answer_that_cannot_be_written_stays_paid_for() {
    struct Full;
    impl tokio::io::AsyncWrite for Full {
        fn poll_write(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &[u8],
        ) -> std::task::Poll<std::io::Result<usize>> {
            std::task::Poll::Ready(Err(std::io::ErrorKind::StorageFull.into()))
        }
        fn poll_flush(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn poll_shutdown(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
    }
    let desk = Desk::new();
    let server = shop_with(&desk, |_, _: &Seen| None).await;
    let request = get_request(&server.url("/x"));
    let mut sink = WriterSink::new(Full);
    let recorder = Recorder::default();
    let get = desk.buyer.get(&request, &desk.limits, Mode::Pay, &recorder, &mut sink);
    let error = get.await.unwrap_err();
    assert!(matches!(error, BuyError::Output { paid: Some(_), .. }), "{error}");
    assert!(error.hint().unwrap().contains("pays nothing"));
    assert_eq!(desk.states(), ["paid"]);
    assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
    assert_eq!(desk.wallet.payments().len(), 1);
}

#[tokio::test]
async fn records_that_fail_after_a_payment_do_not_hide_what_was_paid() {
    for state in ["paid", "delivered"] {
        let wallet = TestWallet::with_fee(Msat::new(2_000), true);
        let desk = Desk::with_wallet(wallet);
        let server = shop_with(&desk, |_, _: &Seen| None).await;
        let trigger = format!(
            "CREATE TRIGGER broken BEFORE UPDATE ON purchase WHEN new.state = '{state}'
             BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        );
        desk.records().execute_batch(&trigger).unwrap();
        let error = desk.get(&server.url("/x")).await.unwrap_err();
        let paid = error.paid().unwrap();
        assert_eq!((paid.amount, paid.fee), (Msat::new(5_000), Msat::new(2_000)), "{error}");
        assert_eq!((error.code(), error.exit_code()), ("store", 1));
        assert!(error.to_string().starts_with("paid 5 sats (payment hash "), "{error}");
        desk.records().execute_batch("DROP TRIGGER broken").unwrap();
        assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
        assert_eq!(desk.wallet.payments().len(), 1);
    }
}
