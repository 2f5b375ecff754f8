//! Paying through phoenixd's API.

use crate::play::{LIMITED, LIMITS, client, invoice, play, sat};
use farebox_money::Msat;
use farebox_wallet::{
    FailureKind, PayLimits, PayOutcome, Payer, PaymentStatus, SettledCursor, WalletError,
};
use farebox_wallet::{Phoenixd, Receiver};
use farebox_wire::bolt11::Network;
use std::time::Duration;

const IMPATIENT: PayLimits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_millis(100) };

async fn pay(wallet: &Phoenixd, bolt11: &str) -> PayOutcome {
    wallet.pay(bolt11, LIMITS).await.unwrap()
}

#[tokio::test]
async fn a_payment_is_proven_by_its_preimage() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 250).await;
    let hash = created.payment_hash;
    assert_eq!(play.buyer.status(hash).await, Ok(PaymentStatus::NeverTried));
    let link = format!("lightning:{}", created.bolt11);
    let PayOutcome::Paid { preimage, fee } = pay(&play.buyer, &link).await else {
        panic!("not paid");
    };
    assert_eq!(preimage.hash(), hash);
    assert_eq!(fee, Msat::ZERO);
    let paid = PaymentStatus::Paid { preimage, fee };
    assert_eq!(play.buyer.status(hash).await, Ok(paid));
    assert_eq!(play.buyer.balance().await, Ok(sat(750)));
}

#[tokio::test]
async fn paying_again_finds_the_first_payment_and_moves_nothing() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 250).await;
    let first = pay(&play.buyer, &created.bolt11).await;
    assert!(matches!(first, PayOutcome::Paid { .. }), "{first:?}");
    assert_eq!(pay(&play.buyer, &created.bolt11).await, first);
    assert_eq!(play.buyer.balance().await, Ok(sat(750)));
}

#[tokio::test]
async fn a_failure_that_phoenixd_vouches_for_is_final_and_has_its_kind() {
    let play = play(10).await;
    let dear = invoice(&play.seller, 11).await;
    let outcome = pay(&play.buyer, &dear.bolt11).await;
    let PayOutcome::Failed { kind, reason } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(kind, FailureKind::InsufficientBalance);
    assert_eq!(reason, "not enough funds in wallet to afford payment");
    assert_eq!(
        play.buyer.status(dear.payment_hash).await,
        Ok(PaymentStatus::NeverTried),
        "known to have failed, it is no longer taken for under way"
    );
    for (reason, expected) in [
        ("the recipient was offline", FailureKind::NoRoute),
        ("payment rejected by the recipient", FailureKind::Refused),
        ("bad weather", FailureKind::Other),
    ] {
        let created = invoice(&play.seller, 1).await;
        play.network.faults().fail_next(reason);
        let outcome = pay(&play.buyer, &created.bolt11).await;
        let PayOutcome::Failed { kind, .. } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(kind, expected, "{reason}");
        let status = play.buyer.status(created.payment_hash).await.unwrap();
        assert!(matches!(status, PaymentStatus::Failed { .. }), "{status:?}");
    }
    assert_eq!(play.buyer.balance().await, Ok(sat(10)));
}

#[tokio::test]
async fn a_payment_that_is_held_is_pending_until_it_ends() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 250).await;
    let hash = created.payment_hash;
    play.network.faults().hold();
    for _ in 0..2 {
        let outcome = play.buyer.pay(&created.bolt11, IMPATIENT).await;
        assert_eq!(outcome, Ok(PayOutcome::Pending));
        assert_eq!(play.buyer.status(hash).await, Ok(PaymentStatus::Pending));
    }
    let patient = pay(&play.buyer, &created.bolt11).await;
    assert_eq!(patient, PayOutcome::Pending, "in progress is not failed");
    play.network.faults().release();
    let settled = play.seller.settled_since(SettledCursor::default(), Duration::from_secs(30));
    assert_eq!(settled.await.unwrap().hashes, [hash]);
    let status = play.buyer.status(hash).await.unwrap();
    assert!(matches!(status, PaymentStatus::Paid { .. }), "{status:?}");
    assert_eq!(play.buyer.balance().await, Ok(sat(750)));
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_its_payment_hash() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 250).await;
    play.network.faults().delay_after_settling(Duration::from_secs(3_600));
    let outcome = play.buyer.pay(&created.bolt11, IMPATIENT).await;
    assert_eq!(outcome, Ok(PayOutcome::Pending));
    let status = play.buyer.status(created.payment_hash).await.unwrap();
    let PaymentStatus::Paid { preimage, .. } = status else {
        panic!("{status:?}");
    };
    assert_eq!(preimage.hash(), created.payment_hash);
}

#[tokio::test]
async fn a_lying_preimage_is_never_taken_for_a_payment() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 250).await;
    play.network.faults().wrong_preimage(true);
    assert_eq!(pay(&play.buyer, &created.bolt11).await, PayOutcome::Pending);
    assert_eq!(
        pay(&play.buyer, &created.bolt11).await,
        PayOutcome::Pending,
        "paid already, says the wallet, and still proves nothing"
    );
    let status = play.buyer.status(created.payment_hash).await;
    assert!(matches!(status, Err(WalletError::Unreadable(_))), "{status:?}");
}

#[tokio::test]
async fn the_limited_password_cannot_pay() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 250).await;
    let limited = client(play.buyer_at, LIMITED);
    assert_eq!(limited.pay(&created.bolt11, LIMITS).await, Err(WalletError::Unauthorized));
    assert_eq!(limited.status(created.payment_hash).await, Ok(PaymentStatus::NeverTried));
    let wrong = client(play.buyer_at, "wrong");
    assert_eq!(wrong.balance().await, Err(WalletError::Unauthorized));
    assert_eq!(play.buyer_wallet.balance().await, Ok(sat(1_000)));
}

#[tokio::test]
async fn what_is_no_invoice_with_an_amount_is_not_sent() {
    let play = play(1_000).await;
    for text in ["", "lnbc1", &"l".repeat(10_000)] {
        let refused = play.buyer.pay(text, LIMITS).await;
        assert!(matches!(refused, Err(WalletError::Refused(_))), "{text}");
    }
}

#[tokio::test]
async fn the_wallet_says_what_it_is() {
    let play = play(1_000).await;
    let info = play.buyer.info().await.unwrap();
    assert_eq!(info.network, Network::Regtest);
    assert!(!info.capabilities.fee_limit);
    assert_eq!(play.buyer.worst_fee(Msat::ZERO), sat(4));
    assert_eq!(play.buyer.worst_fee(sat(1)), sat(5));
    assert_eq!(play.buyer.worst_fee(sat(1_000)), sat(8));
    let dearest = play.buyer.worst_fee(Msat::MAX);
    assert_eq!(dearest, sat(4 + 21_000_000 * 100_000_000 * 4 / 1_000));
    assert_eq!(play.buyer.worst_fee(Msat::new(u64::MAX)), dearest);
}
