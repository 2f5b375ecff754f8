//! Once a payment may have left, only the wallet's word makes it failed, and only a preimage
//! makes it paid.

use crate::bench::{Bench, FUNDS, IMPATIENT, LIMITS, sat};
use crate::script::{FAULTS, Fault};
use farebox_wallet::{InvoiceStatus, PayOutcome, PaymentStatus, WalletError};

pub async fn a_payment_without_a_clear_answer_is_pending_and_found_later(bench: Bench) {
    for fault in FAULTS.into_iter().filter(|fault| *fault != Fault::Broken) {
        let created = bench.invoice(10).await;
        bench.buyer_script.fail_payments(fault);
        let outcome = bench.buyer.pay(&created.bolt11, IMPATIENT).await;
        assert_eq!(outcome, Ok(PayOutcome::Pending), "{fault:?}");
        bench.buyer_script.heal();
        let status = bench.buyer.status(created.payment_hash).await.unwrap();
        assert!(matches!(status, PaymentStatus::Paid { .. }), "{fault:?}: {status:?}");
    }
    assert_eq!(bench.funds().await, sat(FUNDS - 40), "each was paid once");
}

pub async fn a_payment_that_was_not_carried_out_is_never_called_failed(bench: Bench) {
    let created = bench.invoice(10).await;
    bench.buyer_script.fail_payments(Fault::Broken);
    let outcome = bench.buyer.pay(&created.bolt11, IMPATIENT).await;
    assert_eq!(outcome, Ok(PayOutcome::Pending));
    bench.buyer_script.heal();
    let status = bench.buyer.status(created.payment_hash).await;
    assert_eq!(status, Ok(PaymentStatus::Pending), "it may still be under way");
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    assert_eq!(bench.funds().await, sat(FUNDS - 10));
}

pub async fn a_lying_preimage_is_never_taken_for_a_payment(bench: Bench) {
    let created = bench.invoice(10).await;
    bench.lie_about_preimages();
    for _ in 0..2 {
        let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await;
        assert_eq!(outcome, Ok(PayOutcome::Pending), "paid, says the wallet, and proves nothing");
    }
    let status = bench.buyer.status(created.payment_hash).await;
    assert!(matches!(status, Err(WalletError::Unreadable(_))), "{status:?}");
}

pub async fn a_look_up_that_cannot_be_read_is_an_error(bench: Bench) {
    let created = bench.invoice(10).await;
    let hash = created.payment_hash;
    bench.settle(10).await;
    for fault in [Fault::Reset, Fault::Garbage, Fault::Huge, Fault::Broken] {
        bench.buyer_script.fail_others(fault);
        bench.seller_script.fail_others(fault);
        let status = bench.buyer.status(hash).await;
        assert!(status.is_err(), "{fault:?}: {status:?}");
        let invoice = bench.seller.lookup(hash).await;
        assert!(invoice.is_err(), "{fault:?}: {invoice:?}");
        let settled = bench.seller.settled_since(Default::default(), Default::default()).await;
        assert!(settled.is_err(), "{fault:?}: {settled:?}");
        assert!(bench.buyer.balance().await.is_err(), "{fault:?}");
        assert!(bench.buyer.history(9).await.is_err(), "{fault:?}");
        assert!(bench.buyer.info().await.is_err(), "{fault:?}");
        bench.seller_script.heal();
    }
    bench.buyer_script.heal();
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    let settled = InvoiceStatus::Settled { amount: sat(10) };
    assert_eq!(bench.seller.lookup(hash).await, Ok(settled));
}

pub async fn a_failure_that_looks_like_a_success_is_never_taken_for_a_payment(bench: Bench) {
    let created = bench.invoice(10).await;
    bench.buyer_script.change(|plan| plan.fails_in_success = true);
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    let is_paid = matches!(outcome, PayOutcome::Paid { .. });
    assert!(!is_paid, "{outcome:?}");
    assert_eq!(bench.funds().await, sat(FUNDS));
    bench.buyer_script.heal();
    let again = bench.buyer_again();
    let status = again.status(created.payment_hash).await.unwrap();
    let is_over = matches!(status, PaymentStatus::Failed { .. } | PaymentStatus::NeverTried);
    assert!(is_over, "{status:?}");
    let outcome = again.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    assert_eq!(bench.funds().await, sat(FUNDS - 10));
}

pub async fn paid_already_says_the_wallet_and_shows_no_payment(bench: Bench) {
    let created = bench.invoice(10).await;
    bench.buyer_script.change(|plan| plan.already_paid = true);
    for _ in 0..2 {
        let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await;
        assert_eq!(outcome, Ok(PayOutcome::Pending), "neither paid nor failed");
    }
    let status = bench.buyer.status(created.payment_hash).await;
    assert_eq!(status, Ok(PaymentStatus::Pending));
    bench.buyer_script.heal();
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    assert_eq!(bench.funds().await, sat(FUNDS - 10));
}

pub async fn what_arrived_counts_and_not_what_was_asked_for(bench: Bench) {
    let created = bench.settle(250).await;
    bench.seller_script.change(|plan| plan.settles_short = true);
    let settled = InvoiceStatus::Settled { amount: sat(249) };
    assert_eq!(bench.seller.lookup(created.payment_hash).await, Ok(settled));
}
