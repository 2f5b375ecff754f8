//! Once a payment may have left, nothing but phoenixd's word makes it failed, and nothing but a
//! preimage makes it paid.

use crate::double::{Double, Reply};
use crate::play::{client, invoice, play};
use farebox_money::Msat;
use farebox_wallet::{
    CreatedInvoice, FailureKind, InvoiceStatus, PayLimits, PayOutcome, Payer, PaymentStatus,
    Receiver, WalletError,
};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;

const LIMITS: PayLimits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_secs(5) };
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const TRUNCATED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"recipientAmountSat\":1,";

async fn an_invoice() -> CreatedInvoice {
    let play = play(1).await;
    invoice(&play.seller, 10).await
}

fn answer(status: u16, body: &str) -> Reply {
    Reply::Answer(status, body.to_owned())
}

fn not_found() -> Reply {
    answer(404, "Not found")
}

/// Everything that says neither that a payment was made nor that it was not.
fn unclear_replies() -> Vec<Reply> {
    let lie = format!("{{\"paymentPreimage\":\"{ZEROS}\",\"routingFeeSat\":0}}");
    vec![
        Reply::Close,
        Reply::Break("HTTP/1.1 200"),
        Reply::Break(TRUNCATED),
        Reply::Flood(9 << 20),
        answer(200, ""),
        answer(200, "garbage"),
        answer(200, "{}"),
        answer(200, "[]"),
        answer(200, "{\"paymentPreimage\":null}"),
        answer(200, "{\"paymentPreimage\":\"short\"}"),
        answer(200, &lie),
        answer(204, ""),
        answer(302, ""),
        answer(408, "timeout"),
        answer(429, "slow down"),
        answer(500, "oops"),
        answer(502, "bad gateway"),
        answer(503, "unavailable"),
        answer(504, "gateway timeout"),
    ]
}

#[tokio::test]
async fn an_unclear_reply_to_a_payment_is_pending_and_never_failed() {
    let created = an_invoice().await;
    for reply in unclear_replies() {
        let double = Double::serve(reply.clone(), not_found()).await;
        let wallet = client(double.address, "p");
        let outcome = wallet.pay(&created.bolt11, LIMITS).await;
        assert_eq!(outcome, Ok(PayOutcome::Pending), "{reply:?}");
        assert_eq!(double.payments.load(Ordering::SeqCst), 1, "{reply:?}");
        let status = wallet.status(created.payment_hash).await;
        assert_eq!(
            status,
            Ok(PaymentStatus::Pending),
            "{reply:?}: phoenixd does not know it yet, but may still read it"
        );
    }
}

#[tokio::test]
async fn no_reply_to_a_payment_is_pending_when_the_wait_is_over() {
    let created = an_invoice().await;
    let double = Double::serve(Reply::Silence, not_found()).await;
    let wallet = client(double.address, "p");
    let limits = PayLimits { wait: Duration::from_millis(100), ..LIMITS };
    let outcome = wallet.pay(&created.bolt11, limits).await;
    assert_eq!(outcome, Ok(PayOutcome::Pending));
    assert_eq!(wallet.status(created.payment_hash).await, Ok(PaymentStatus::Pending));
}

#[tokio::test]
async fn an_unclear_reply_to_a_look_up_is_an_error_and_never_failed_or_untried() {
    let created = an_invoice().await;
    let mut replies = unclear_replies();
    replies.extend([
        answer(404, "Unknown endpoint (check api doc)"),
        answer(404, "<html>nginx</html>"),
        answer(200, &look_up(ZEROS, false, Some(1))),
        answer(200, &look_up(&created.payment_hash.to_string(), true, None)),
    ]);
    for reply in replies {
        let double = Double::serve(Reply::Close, reply.clone()).await;
        let wallet = client(double.address, "p");
        let status = wallet.status(created.payment_hash).await;
        assert!(status.is_err(), "{reply:?}: {status:?}");
        let invoice = wallet.lookup(created.payment_hash).await;
        let worthless =
            matches!(invoice, Err(_) | Ok(InvoiceStatus::Open | InvoiceStatus::Expired));
        assert!(worthless, "{reply:?}: {invoice:?}");
    }
}

/// phoenixd's record of a payment.
fn look_up(hash: &str, paid: bool, completed_at: Option<u64>) -> String {
    let completed = completed_at.map_or(String::new(), |at| format!(",\"completedAt\":{at}"));
    format!(
        "{{\"type\":\"outgoing_payment\",\"paymentHash\":\"{hash}\",\"isPaid\":{paid},\
         \"sent\":10,\"fees\":4040,\"createdAt\":1{completed}}}"
    )
}

#[tokio::test]
async fn a_failure_counts_only_as_far_as_phoenixds_record_bears_it_out() {
    let created = an_invoice().await;
    let hash = created.payment_hash.to_string();
    let failed = answer(200, &look_up(&hash, false, Some(2)));
    let pending = answer(200, &look_up(&hash, false, None));
    let already = "this invoice has already been paid";
    let in_progress = "another payment is in progress for that invoice";
    let no_route = "the recipient was offline or did not have enough liquidity";
    for (reason, record, fails) in [
        (no_route, failed.clone(), true),
        (no_route, not_found(), true),
        (no_route, pending.clone(), false),
        (no_route, Reply::Close, false),
        (no_route, answer(500, ""), false),
        (already, not_found(), false),
        (already, Reply::Close, false),
        (already, pending.clone(), false),
        (in_progress, pending, false),
        (in_progress, not_found(), false),
        (in_progress, failed, true),
    ] {
        let body = format!("{{\"type\":\"payment_failed\",\"reason\":\"{reason}\"}}");
        let double = Double::serve(answer(200, &body), record.clone()).await;
        let wallet = client(double.address, "p");
        let outcome = wallet.pay(&created.bolt11, LIMITS).await.unwrap();
        let expected = if fails {
            matches!(outcome, PayOutcome::Failed { .. })
        } else {
            outcome == PayOutcome::Pending
        };
        assert!(expected, "{reason}, {record:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_refused_request_is_an_error_because_nothing_was_sent() {
    let created = an_invoice().await;
    for (status, expected) in [
        (400, WalletError::Refused("no".into())),
        (401, WalletError::Unauthorized),
        (403, WalletError::Unauthorized),
    ] {
        let double = Double::serve(answer(status, "no"), not_found()).await;
        let wallet = client(double.address, "p");
        assert_eq!(wallet.pay(&created.bolt11, LIMITS).await, Err(expected));
        assert_eq!(wallet.status(created.payment_hash).await, Ok(PaymentStatus::NeverTried));
    }
}

/// An address where nobody listens.
async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn a_refused_connection_is_unreachable_because_nothing_was_sent() {
    let created = an_invoice().await;
    let wallet = client(nobody().await, "s3cret");
    let error = wallet.pay(&created.bolt11, LIMITS).await.unwrap_err();
    assert!(matches!(error, WalletError::Unreachable(_)), "{error}");
    assert!(!error.to_string().contains("s3cret"), "{error}");
    let error = wallet.status(created.payment_hash).await.unwrap_err();
    assert!(matches!(error, WalletError::Unreachable(_)), "{error}");
    assert!(!format!("{wallet:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_failed_payment_keeps_phoenixds_words() {
    let created = an_invoice().await;
    let hash = created.payment_hash.to_string();
    let body = "{\"paymentHash\":null,\"reason\":\"not enough funds in wallet\"}";
    let record = answer(200, &look_up(&hash, false, Some(2)));
    let double = Double::serve(answer(200, body), record).await;
    let wallet = client(double.address, "p");
    assert_eq!(
        wallet.pay(&created.bolt11, LIMITS).await,
        Ok(PayOutcome::Failed {
            kind: FailureKind::InsufficientBalance,
            reason: "not enough funds in wallet".into()
        })
    );
}
