//! Rules for wallets that pay.

use crate::bench::{Backend, Bench, FUNDS, IMPATIENT, LIMITS, order, past, sat};
use farebox_money::Msat;
use farebox_wallet::{
    FailureKind, NewInvoice, PayLimits, PayOutcome, PaymentStatus, SettledCursor, WalletError,
};
use farebox_wire::bolt11::Invoice;
use std::time::Duration;

pub async fn a_payment_is_proven_by_its_preimage(bench: Bench) {
    let created = bench.invoice(250).await;
    let hash = created.payment_hash;
    assert_eq!(bench.buyer.status(hash).await, Ok(PaymentStatus::NeverTried));
    let link = format!(" lightning:{} ", created.bolt11);
    let outcome = bench.buyer.pay(&link, LIMITS).await.unwrap();
    let PayOutcome::Paid { preimage, fee } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(preimage.hash(), hash);
    assert_eq!(fee, Msat::ZERO);
    let paid = PaymentStatus::Paid { preimage, fee };
    assert_eq!(bench.buyer.status(hash).await, Ok(paid));
    assert_eq!(bench.buyer.balance().await, Ok(sat(FUNDS - 250)));
}

pub async fn paying_again_finds_the_first_payment_and_moves_nothing(bench: Bench) {
    let created = bench.invoice(250).await;
    let first = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(first, PayOutcome::Paid { .. }), "{first:?}");
    assert_eq!(bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap(), first);
    assert_eq!(bench.funds().await, sat(FUNDS - 250));
}

pub async fn a_restarted_client_finds_the_first_payment(bench: Bench) {
    let created = bench.invoice(250).await;
    let first = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    let again = bench.buyer_again();
    let status = again.status(created.payment_hash).await.unwrap();
    assert!(matches!(status, PaymentStatus::Paid { .. }), "{status:?}");
    assert_eq!(again.pay(&created.bolt11, LIMITS).await.unwrap(), first);
    assert_eq!(bench.funds().await, sat(FUNDS - 250));
}

pub async fn what_is_no_invoice_with_an_amount_is_not_sent(bench: Bench) {
    /// Over any amount; from BOLT 11.
    const ANY: &str = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
    let long = "l".repeat(10_000);
    for text in ["", "lnbc1", &long, ANY] {
        let refused = bench.buyer.pay(text, LIMITS).await;
        assert!(matches!(refused, Err(WalletError::Refused(_))), "{text}: {refused:?}");
    }
    assert_eq!(bench.buyer_script.payment_count(), 0);
}

pub async fn more_than_the_balance_fails_for_certain_and_moves_nothing(bench: Bench) {
    let created = bench.invoice(FUNDS + 1).await;
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    let PayOutcome::Failed { kind, reason } = outcome else {
        panic!("{outcome:?}");
    };
    let expected = [FailureKind::InsufficientBalance, FailureKind::NoRoute];
    assert!(expected.contains(&kind), "{kind:?}: {reason}");
    assert!(!reason.is_empty());
    assert_eq!(bench.funds().await, sat(FUNDS));
    has_failed(&bench, created.payment_hash).await;
}

async fn has_failed(bench: &Bench, hash: farebox_wire::lightning::PaymentHash) {
    let status = bench.buyer.status(hash).await.unwrap();
    let over = matches!(status, PaymentStatus::NeverTried | PaymentStatus::Failed { .. });
    assert!(over, "{status:?}");
}

pub async fn an_expired_invoice_fails_for_certain(bench: Bench) {
    let created = bench.expired_invoice(1).await;
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    let PayOutcome::Failed { kind, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(kind, FailureKind::Refused);
    has_failed(&bench, created.payment_hash).await;
}

pub async fn a_failure_the_wallet_vouches_for_is_final(bench: Bench) {
    let created = bench.invoice(250).await;
    bench.network().faults().fail_next("the recipient was offline");
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Failed { .. }), "{outcome:?}");
    let status = bench.buyer.status(created.payment_hash).await.unwrap();
    assert!(matches!(status, PaymentStatus::Failed { .. }), "{status:?}");
    assert_eq!(bench.funds().await, sat(FUNDS));
}

pub async fn a_payment_that_is_held_is_pending_until_it_ends(bench: Bench) {
    let created = bench.invoice(250).await;
    let hash = created.payment_hash;
    bench.network().faults().hold();
    for _ in 0..2 {
        let outcome = bench.buyer.pay(&created.bolt11, IMPATIENT).await;
        assert_eq!(outcome, Ok(PayOutcome::Pending), "in transition is not failed");
        assert_eq!(bench.buyer.status(hash).await, Ok(PaymentStatus::Pending));
    }
    let again = bench.buyer_again();
    assert_eq!(again.status(hash).await, Ok(PaymentStatus::Pending));
    bench.network().faults().release();
    let settled = bench.seller.settled_since(SettledCursor::default(), Duration::from_secs(20));
    assert_eq!(settled.await.unwrap().hashes, [hash]);
    let status = bench.buyer.status(hash).await.unwrap();
    assert!(matches!(status, PaymentStatus::Paid { .. }), "{status:?}");
    assert_eq!(bench.funds().await, sat(FUNDS - 250));
}

pub async fn the_wallet_says_what_it_is(bench: Bench) {
    let info = bench.buyer.info().await.unwrap();
    assert_eq!(info.network, bench.chain());
    let invoice = Invoice::decode(&bench.buyer.create(order(1)).await.unwrap().bolt11).unwrap();
    let is_payee = info.node_id.map(|id| id.is_payee_of(&invoice));
    assert_eq!(is_payee, bench.has_node_id().then_some(true), "its own invoices are known");
    let another = Invoice::decode(&bench.invoice(1).await.bolt11).unwrap();
    assert_ne!(info.node_id.map(|id| id.is_payee_of(&another)), Some(true));
    assert_eq!(info.capabilities.fee_limit, bench.has_fee_limit());
    assert_eq!(bench.buyer.balance().await, Ok(sat(FUNDS)));
    let worst = bench.buyer.worst_fee(sat(100_000));
    assert_eq!(worst.is_zero(), info.capabilities.fee_limit, "{worst}");
    assert!(bench.buyer.worst_fee(Msat::new(u64::MAX)) <= Msat::MAX);
}

pub async fn a_wrong_secret_is_unauthorized_and_sends_nothing(bench: Bench) {
    let created = bench.invoice(250).await;
    let hash = created.payment_hash;
    let stranger = bench.stranger();
    assert_eq!(stranger.pay(&created.bolt11, LIMITS).await, Err(WalletError::Unauthorized));
    assert_eq!(stranger.status(hash).await, Err(WalletError::Unauthorized));
    assert_eq!(stranger.lookup(hash).await, Err(WalletError::Unauthorized));
    assert_eq!(stranger.balance().await, Err(WalletError::Unauthorized));
    assert_eq!(stranger.history(9).await, Err(WalletError::Unauthorized));
    for cursor in [SettledCursor(0), SettledCursor(1)] {
        let settled = stranger.settled_since(cursor, Duration::ZERO).await;
        assert_eq!(settled, Err(WalletError::Unauthorized));
    }
    assert_eq!(bench.buyer.status(hash).await, Ok(PaymentStatus::NeverTried));
    assert_eq!(bench.funds().await, sat(FUNDS));
}

pub async fn a_refused_connection_is_unreachable_and_sends_nothing(bench: Bench) {
    let created = bench.invoice(250).await;
    let hash = created.payment_hash;
    let nobody = bench.nobody();
    for error in [
        nobody.pay(&created.bolt11, LIMITS).await.unwrap_err(),
        nobody.status(hash).await.unwrap_err(),
        nobody.lookup(hash).await.unwrap_err(),
        nobody.balance().await.unwrap_err(),
        nobody.info().await.unwrap_err(),
        nobody.history(9).await.unwrap_err(),
    ] {
        assert!(matches!(error, WalletError::Unreachable(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains(crate::bench::SECRET), "{error:?}");
    }
}

pub async fn a_fee_is_reported_and_stays_within_the_limit(bench: Bench) {
    let fee = Msat::new(2_345);
    bench.buyer_script.change(|plan| plan.fee_msat = fee.get());
    let created = bench.invoice(10).await;
    if bench.has_fee_limit() {
        let limits = PayLimits { fee_max: Msat::new(2_344), ..LIMITS };
        let outcome = bench.buyer.pay(&created.bolt11, limits).await.unwrap();
        let PayOutcome::Failed { kind, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(kind, FailureKind::NoRoute);
        assert_eq!(bench.funds().await, sat(FUNDS));
    }
    let limits = PayLimits { fee_max: fee, ..LIMITS };
    let outcome = bench.buyer.pay(&created.bolt11, limits).await.unwrap();
    let PayOutcome::Paid { preimage, fee: said } = outcome else { panic!("{outcome:?}") };
    // phoenixd's answer has whole satoshis, and its record has all.
    let is_rounded = bench.backend == Backend::Phoenixd;
    assert_eq!(said, if is_rounded { Msat::new(2_000) } else { fee });
    let status = bench.buyer.status(created.payment_hash).await;
    assert_eq!(status, Ok(PaymentStatus::Paid { preimage, fee }));
    let records = bench.buyer.history(9).await.unwrap();
    let record = records.iter().find(|record| record.payment_hash == created.payment_hash);
    assert_eq!(record.map(|record| (record.amount, record.fee)), Some((sat(10), fee)));
}

pub async fn an_invoice_past_its_time_is_looked_up_and_not_sent(bench: Bench) {
    let paid = bench.seller.create(NewInvoice { expiry_s: 8, ..order(10) }).await.unwrap();
    let first = bench.buyer.pay(&paid.bolt11, LIMITS).await.unwrap();
    assert!(matches!(first, PayOutcome::Paid { .. }), "{first:?}");
    let late = bench.old_invoice(20).await;
    past(paid.expires_at).await;
    let count = bench.buyer_script.payment_count();
    let outcome = bench.buyer.pay(&late.bolt11, LIMITS).await.unwrap();
    let PayOutcome::Failed { kind, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(kind, FailureKind::Refused);
    assert_eq!(bench.buyer.pay(&paid.bolt11, LIMITS).await.unwrap(), first);
    assert_eq!(bench.buyer_script.payment_count(), count, "nothing was sent");
    assert_eq!(bench.funds().await, sat(FUNDS - 10));
}
