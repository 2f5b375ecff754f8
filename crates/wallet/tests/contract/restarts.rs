//! Servers that stop and come back lose nothing and pay nothing twice.

use crate::bench::{Bench, FUNDS, LIMITS, sat};
use farebox_wallet::{PayOutcome, PaymentStatus, SettledCursor, WalletError};
use farebox_wire::lightning::PaymentHash;
use std::time::Duration;

const START: SettledCursor = SettledCursor(0);
/// Long enough for everything on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the buyer's own books know the payment, and say that it is under way or, with
/// `ended`, that it is not.
async fn known(bench: &Bench, hash: PaymentHash, ended: bool) {
    let waiting = async {
        loop {
            let status = bench.money.status(hash).await.unwrap();
            let is_pending = status == PaymentStatus::Pending;
            if status != PaymentStatus::NeverTried && is_pending != ended {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}

pub async fn a_payment_outlives_the_wallets_server(bench: Bench) {
    let created = bench.invoice(10).await;
    let hash = created.payment_hash;
    bench.network().faults().hold();
    let (outcome, ()) = tokio::join!(bench.buyer.pay(&created.bolt11, LIMITS), async {
        known(&bench, hash, false).await;
        bench.buyer_line.cut().await;
    });
    assert_eq!(outcome, Ok(PayOutcome::Pending), "it had left");
    let status = bench.buyer.status(hash).await;
    assert!(matches!(status, Err(WalletError::Unreachable(_))), "{status:?}");
    let again = bench.buyer.pay(&created.bolt11, LIMITS).await;
    let unknown = matches!(again, Ok(PayOutcome::Pending) | Err(WalletError::Unreachable(_)));
    assert!(unknown, "{again:?}");
    bench.network().faults().release();
    known(&bench, hash, true).await;
    bench.buyer_line.mend().await;
    let status = bench.buyer.status(hash).await.unwrap();
    assert!(matches!(status, PaymentStatus::Paid { .. }), "{status:?}");
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    assert_eq!(bench.funds().await, sat(FUNDS - 10), "paid once");
}

pub async fn a_settlement_while_the_server_is_away_is_reported_later(bench: Bench) {
    let first = bench.settle(3).await.payment_hash;
    let settled = bench.seller.settled_since(START, PATIENCE).await.unwrap();
    assert_eq!(settled.hashes, [first]);
    let later = bench.invoice(5).await;
    tokio::time::sleep(bench.tick()).await;
    // While a reader waits, its connection or socket breaks.
    let (told, ()) = tokio::join!(
        bench.seller.settled_since(settled.next, Duration::from_secs(2)),
        bench.seller_line.cut()
    );
    assert!(told.as_ref().map_or(true, |told| told.hashes.is_empty()), "{told:?}");
    bench.pay_directly(&later).await;
    let told = bench.seller.settled_since(settled.next, Duration::ZERO).await;
    assert!(matches!(told, Err(WalletError::Unreachable(_))), "{told:?}");
    bench.seller_line.mend().await;
    let told = bench.seller.settled_since(settled.next, PATIENCE).await.unwrap();
    assert_eq!(told.hashes, [later.payment_hash]);
}
