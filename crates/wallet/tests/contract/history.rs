//! Rules for what wallets have on record.

use crate::bench::{Backend, Bench, IMPATIENT, LIMITS, sat};
use farebox_money::Msat;
use farebox_wallet::{Direction, PayOutcome, PaymentRecord, PaymentStatus, RecordState, Wallet};
use std::sync::Arc;

async fn records(wallet: &Arc<dyn Wallet>, direction: Direction) -> Vec<PaymentRecord> {
    let records = wallet.history(50).await.unwrap();
    records.into_iter().filter(|record| record.direction == direction).collect()
}

pub async fn the_history_shows_what_was_received_and_sent_newest_first(bench: Bench) {
    assert_eq!(bench.seller.history(50).await, Ok(vec![]));
    let mut expected = Vec::new();
    for sats in [30, 10, 20] {
        bench.invoice(7).await;
        let created = bench.invoice(sats).await;
        let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
        assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
        expected.insert(0, (created.payment_hash, sat(sats)));
        tokio::time::sleep(bench.tick()).await;
    }
    for (wallet, direction) in
        [(&bench.seller, Direction::Received), (&bench.buyer, Direction::Sent)]
    {
        let records = records(wallet, direction).await;
        let shown: Vec<_> =
            records.iter().map(|record| (record.payment_hash, record.amount)).collect();
        assert_eq!(shown, expected, "{direction:?}");
        for record in &records {
            assert_eq!((record.state, record.fee), (RecordState::Paid, Msat::ZERO));
            assert_eq!(record.description, "a test & more", "{direction:?}");
            assert!(record.at > 1_700_000_000, "{record:?}");
        }
    }
    let latest = bench.seller.history(1).await.unwrap();
    let latest: Vec<_> = latest.iter().map(|record| record.payment_hash).collect();
    assert_eq!(latest, [expected[0].0]);
    assert_eq!(bench.seller.history(0).await, Ok(vec![]));
}

pub async fn the_history_shows_payments_that_are_pending_or_failed(bench: Bench) {
    let failed = bench.invoice(5).await;
    bench.network().faults().fail_next("the recipient was offline");
    let outcome = bench.buyer.pay(&failed.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Failed { .. }), "{outcome:?}");
    let held = bench.invoice(6).await;
    bench.network().faults().hold();
    assert_eq!(bench.buyer.pay(&held.bolt11, IMPATIENT).await, Ok(PayOutcome::Pending));
    assert_eq!(bench.buyer.status(held.payment_hash).await, Ok(PaymentStatus::Pending));
    let mut shown: Vec<_> = records(&bench.buyer, Direction::Sent).await;
    // LNbits forgets payments that failed.
    if bench.backend != Backend::Lnbits {
        let position = shown.iter().position(|record| record.payment_hash == failed.payment_hash);
        let record = shown.remove(position.unwrap());
        assert_eq!((record.state, record.amount), (RecordState::Failed, sat(5)));
    }
    let shown: Vec<_> =
        shown.iter().map(|record| (record.payment_hash, record.state, record.amount)).collect();
    assert_eq!(shown, [(held.payment_hash, RecordState::Pending, sat(6))]);
    assert_eq!(records(&bench.seller, Direction::Received).await, [], "nothing has arrived");
    bench.network().faults().release();
}
