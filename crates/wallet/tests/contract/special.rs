//! Rules of single backends.

use crate::bench::{Backend, Bench, FUNDS, IMPATIENT, LIMITS, sat};
use crate::script::Fault;
use farebox_money::Msat;
use farebox_wallet::{
    InvoiceStatus, PayLimits, PayOutcome, PaymentStatus, SettledCursor, WalletError,
};
use farebox_wire::lightning::PaymentHash;
use std::sync::atomic::Ordering;
use std::time::Duration;

const START: SettledCursor = SettledCursor(0);
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_fee_limit_goes_with_every_payment() {
    for backend in [Backend::Lnd, Backend::Cln, Backend::PhoenixdLimits] {
        let bench = Bench::open(backend).await;
        for msat in [0, 1, 123_456] {
            let created = bench.invoice(1).await;
            let limits = PayLimits { fee_max: Msat::new(msat), ..LIMITS };
            bench.buyer.pay(&created.bolt11, limits).await.unwrap();
            let limit = bench.buyer_script.fee_limit_msat.load(Ordering::SeqCst);
            assert_eq!(limit, msat, "{backend:?}");
        }
    }
}

#[tokio::test]
async fn a_failure_is_believed_only_when_the_record_can_be_read() {
    for backend in [
        Backend::Phoenixd,
        Backend::PhoenixdLimits,
        Backend::Lnd,
        Backend::Cln,
        Backend::Lnbits,
        Backend::Nwc,
    ] {
        let bench = Bench::open(backend).await;
        let created = bench.invoice(FUNDS + 1).await;
        // Asked before every first payment.
        bench.buyer.info().await.unwrap();
        bench.buyer_script.fail_others(Fault::Broken);
        let outcome = bench.buyer.pay(&created.bolt11, IMPATIENT).await;
        assert_eq!(outcome, Ok(PayOutcome::Pending), "{backend:?}");
        bench.buyer_script.heal();
        let status = bench.buyer.status(created.payment_hash).await.unwrap();
        let paid = matches!(status, PaymentStatus::Paid { .. });
        assert!(!paid, "{backend:?}: {status:?}");
        assert_eq!(bench.funds().await, sat(FUNDS));
    }
}

/// Another node takes the place of the one that was asked.
async fn replace_node(bench: &Bench, takes_fee_limit: bool) {
    bench.buyer_line.cut().await;
    bench.buyer.balance().await.unwrap_err();
    bench.buyer_script.change(|plan| plan.takes_fee_limit = takes_fee_limit);
    bench.buyer_line.mend().await;
}

#[tokio::test]
async fn a_node_in_anothers_place_is_asked_anew_whether_it_takes_a_fee_limit() {
    let bench = Bench::open(Backend::Phoenixd).await;
    assert!(!bench.buyer.info().await.unwrap().capabilities.fee_limit);
    assert!(bench.buyer.worst_fee(sat(1)) > Msat::ZERO);
    replace_node(&bench, true).await;
    let limits = PayLimits { fee_max: Msat::new(77), ..LIMITS };
    let outcome = bench.buyer.pay(&bench.invoice(1).await.bolt11, limits).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    assert_eq!(bench.buyer_script.fee_limit_msat.load(Ordering::SeqCst), 77);
    assert_eq!(bench.buyer.worst_fee(sat(1)), Msat::ZERO);
}

#[tokio::test]
async fn a_node_that_takes_no_fee_limit_any_more_is_paid_from_only_within_the_limit() {
    let bench = Bench::open(Backend::PhoenixdLimits).await;
    assert!(bench.buyer.info().await.unwrap().capabilities.fee_limit);
    replace_node(&bench, false).await;
    let created = bench.invoice(250).await;
    let worst = bench.buyer.worst_fee(sat(250));
    let limits = PayLimits { fee_max: worst.checked_sub(Msat::new(1)).unwrap(), ..LIMITS };
    let refused = bench.buyer.pay(&created.bolt11, limits).await;
    assert!(matches!(refused, Err(WalletError::Refused(_))), "{refused:?}");
    assert_eq!(bench.buyer_script.payment_count(), 0);
    let limits = PayLimits { fee_max: worst, ..LIMITS };
    let outcome = bench.buyer.pay(&created.bolt11, limits).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_node_that_does_not_say_whether_it_takes_a_fee_limit_is_not_paid_from() {
    let bench = Bench::open(Backend::PhoenixdLimits).await;
    let created = bench.invoice(250).await;
    bench.buyer_script.fail_others(Fault::Broken);
    let unread = bench.buyer.pay(&created.bolt11, LIMITS).await;
    assert!(unread.is_err(), "{unread:?}");
    bench.buyer_script.heal();
    assert_eq!(bench.buyer_script.payment_count(), 0);
    assert_eq!(bench.buyer.status(created.payment_hash).await, Ok(PaymentStatus::NeverTried));
}

/// What a reader hears that waits for as long as it takes.
async fn hears(bench: &Bench) -> Vec<PaymentHash> {
    let waiting = bench.seller.settled_since(START, Duration::from_secs(3_600));
    tokio::time::timeout(PATIENCE, waiting).await.expect("it hears").unwrap().hashes
}

#[tokio::test]
async fn a_payment_is_found_where_nobody_gives_notice_of_it() {
    for backend in [Backend::Phoenixd, Backend::Lnbits, Backend::Nwc] {
        let bench = Bench::open(backend).await;
        bench.seller_script.change(|plan| plan.is_silent = true);
        let (told, hash) = tokio::join!(hears(&bench), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            bench.settle(5).await.payment_hash
        });
        assert_eq!(told, [hash], "{backend:?}");
        assert_eq!(bench.seller_script.sockets.load(Ordering::SeqCst), 0, "{backend:?}");
    }
}

#[tokio::test]
async fn a_waiting_reader_listens_for_notices() {
    for backend in [Backend::Phoenixd, Backend::PhoenixdLimits, Backend::Lnbits, Backend::Nwc] {
        let bench = Bench::open(backend).await;
        let listening = async {
            while bench.seller_script.sockets.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            bench.settle(5).await.payment_hash
        };
        let listening = tokio::time::timeout(PATIENCE, listening);
        let (told, hash) = tokio::join!(hears(&bench), listening);
        assert_eq!(told, [hash.expect("it listens")], "{backend:?}");
    }
}

#[tokio::test]
async fn what_a_node_holds_is_neither_paid_nor_expired() {
    let bench = Bench::open(Backend::PhoenixdLimits).await;
    let hash = bench.expired_invoice(5).await.payment_hash;
    assert_eq!(bench.seller.lookup(hash).await, Ok(InvoiceStatus::Expired));
    bench.seller_script.change(|plan| plan.holds_incoming = true);
    assert_eq!(bench.seller.lookup(hash).await, Ok(InvoiceStatus::Open));
}

#[tokio::test]
async fn every_request_over_a_relay_expires_and_has_the_best_encryption_of_the_wallet() {
    for (backend, encryption) in [(Backend::Nwc, "nip44_v2"), (Backend::NwcOld, "nip04")] {
        let bench = Bench::open(backend).await;
        let created = bench.invoice(1).await;
        let day = PayLimits { wait: Duration::from_secs(24 * 3_600), ..LIMITS };
        bench.buyer.pay(&created.bolt11, day).await.unwrap();
        bench.buyer.status(created.payment_hash).await.unwrap();
        bench.buyer.balance().await.unwrap();
        bench.buyer.info().await.unwrap();
        bench.buyer.history(1).await.unwrap();
        bench.seller.settled_since(START, Duration::ZERO).await.unwrap();
        for script in [&bench.buyer_script, &bench.seller_script] {
            let envelopes = script.envelopes.lock().unwrap().clone();
            assert!(!envelopes.is_empty());
            for envelope in envelopes {
                assert_eq!(envelope.encryption.as_deref(), Some(encryption), "{envelope:?}");
                let seconds = envelope.expires_in.expect("a request expires");
                assert!((1..=60).contains(&seconds), "{envelope:?}");
            }
        }
        let methods: Vec<_> = bench.buyer_script.envelopes.lock().unwrap().clone();
        let paid = methods.iter().filter(|envelope| envelope.method == "pay_invoice");
        assert_eq!(paid.count(), 1);
    }
}
