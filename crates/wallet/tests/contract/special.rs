//! Rules of single backends.

use crate::bench::{Backend, Bench, FUNDS, IMPATIENT, LIMITS, sat};
use crate::script::Fault;
use farebox_money::Msat;
use farebox_wallet::{PayLimits, PayOutcome, PaymentStatus};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn the_fee_limit_goes_with_every_payment() {
    for backend in [Backend::Lnd, Backend::Cln] {
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
    for backend in [Backend::Phoenixd, Backend::Lnd, Backend::Cln, Backend::Lnbits, Backend::Nwc] {
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
