//! Drives a real LNbits with fake funds: two of its wallets pay each other. `tests/interop/lnbits`
//! starts the server and sets the variables `PAYER` and `PAYEE`, two wallet URLs; the payer has
//! 1,000 satoshis.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a check fails by panicking"
)]

use farebox_money::Msat;
use farebox_wallet::{
    CreatedInvoice, FailureKind, InvoiceStatus, NewInvoice, PayLimits, PayOutcome, PaymentStatus,
    SettledCursor, Wallet, WalletError, WalletUrl, open_wallet,
};
use farebox_wire::lightning::PaymentHash;
use std::sync::Arc;
use std::time::Duration;

const LIMITS: PayLimits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_secs(60) };

#[tokio::main]
async fn main() {
    let (payer, payee) = (open("PAYER"), open("PAYEE"));
    let wrong = open("STRANGER");
    assert_eq!(payer.balance().await, Ok(sat(1_000)));
    let hash = a_payment(&payer, &payee).await;
    a_failure(&payer, &payee).await;
    an_expired_invoice(&payer, &payee).await;
    settlements(&payer, &payee, hash).await;
    own_invoice(&payer).await;
    secrets(&wrong, &payee, hash).await;
    println!("LNbits keeps the contract");
}

fn open(name: &str) -> Arc<dyn Wallet> {
    let url: WalletUrl = std::env::var(name).expect("a wallet URL").parse().unwrap();
    open_wallet(&url).unwrap()
}

fn sat(sats: u64) -> Msat {
    Msat::new(sats * 1_000)
}

async fn invoice(wallet: &Arc<dyn Wallet>, sats: u64, expiry_s: u32) -> CreatedInvoice {
    let invoice = NewInvoice { amount: sat(sats), description: "a check".into(), expiry_s };
    wallet.create(invoice).await.unwrap()
}

async fn a_payment(payer: &Arc<dyn Wallet>, payee: &Arc<dyn Wallet>) -> PaymentHash {
    let created = invoice(payee, 250, 600).await;
    let hash = created.payment_hash;
    assert_eq!(payee.lookup(hash).await, Ok(InvoiceStatus::Open));
    assert_eq!(payer.lookup(hash).await, Ok(InvoiceStatus::Unknown));
    assert_eq!(payer.status(hash).await, Ok(PaymentStatus::NeverTried));
    let outcome = payer.pay(&created.bolt11, LIMITS).await.unwrap();
    let PayOutcome::Paid { preimage, fee } = outcome else { panic!("{outcome:?}") };
    assert_eq!((preimage.hash(), fee), (hash, Msat::ZERO));
    assert_eq!(payer.status(hash).await, Ok(PaymentStatus::Paid { preimage, fee }));
    assert_eq!(payer.pay(&created.bolt11, LIMITS).await, Ok(outcome), "paid once");
    let settled = InvoiceStatus::Settled { amount: sat(250) };
    assert_eq!(payee.lookup(hash).await, Ok(settled));
    assert_eq!(payer.lookup(hash).await, Ok(InvoiceStatus::Unknown), "paid, not received");
    assert_eq!(payer.balance().await, Ok(sat(750)));
    hash
}

async fn a_failure(payer: &Arc<dyn Wallet>, payee: &Arc<dyn Wallet>) {
    let dear = invoice(payee, 2_000, 600).await;
    let outcome = payer.pay(&dear.bolt11, LIMITS).await.unwrap();
    let PayOutcome::Failed { kind, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(kind, FailureKind::InsufficientBalance);
    assert_eq!(payer.status(dear.payment_hash).await, Ok(PaymentStatus::NeverTried));
    assert_eq!(payer.balance().await, Ok(sat(750)));
}

async fn an_expired_invoice(payer: &Arc<dyn Wallet>, payee: &Arc<dyn Wallet>) {
    let late = invoice(payee, 1, 1).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(payee.lookup(late.payment_hash).await, Ok(InvoiceStatus::Expired));
    let outcome = payer.pay(&late.bolt11, LIMITS).await;
    assert!(!matches!(outcome, Ok(PayOutcome::Paid { .. })), "{outcome:?}");
    println!("an expired invoice: {outcome:?}");
}

async fn settlements(payer: &Arc<dyn Wallet>, payee: &Arc<dyn Wallet>, first: PaymentHash) {
    let start = SettledCursor::default();
    let settled = payee.settled_since(start, Duration::ZERO).await.unwrap();
    assert_eq!(settled.hashes, [first]);
    let (later, hash) =
        tokio::join!(payee.settled_since(settled.next, Duration::from_secs(30)), async {
            let created = invoice(payee, 10, 600).await;
            payer.pay(&created.bolt11, LIMITS).await.unwrap();
            created.payment_hash
        });
    let later = later.unwrap();
    assert_eq!(later.hashes, [hash]);
    let none = payee.settled_since(later.next, Duration::ZERO).await.unwrap();
    assert!(none.hashes.is_empty());
    let nothing = payer.settled_since(start, Duration::ZERO).await.unwrap();
    println!("settlements of the payer, its funding included: {}", nothing.hashes.len());
}

/// A wallet that sells to itself.
async fn own_invoice(payer: &Arc<dyn Wallet>) {
    let created = invoice(payer, 5, 600).await;
    let outcome = payer.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    let settled = InvoiceStatus::Settled { amount: sat(5) };
    assert_eq!(payer.lookup(created.payment_hash).await, Ok(settled));
}

async fn secrets(wrong: &Arc<dyn Wallet>, payee: &Arc<dyn Wallet>, hash: PaymentHash) {
    let created = invoice(payee, 1, 600).await;
    assert_eq!(wrong.balance().await, Err(WalletError::Unauthorized));
    assert_eq!(wrong.pay(&created.bolt11, LIMITS).await, Err(WalletError::Unauthorized));
    assert_eq!(wrong.status(hash).await, Err(WalletError::Unauthorized));
    assert_eq!(wrong.lookup(hash).await, Err(WalletError::Unauthorized));
    let unknown = PaymentHash::new([7; 32]);
    assert_eq!(wrong.status(unknown).await, Err(WalletError::Unauthorized), "not: never tried");
    let invoice = NewInvoice { amount: sat(1), description: String::new(), expiry_s: 60 };
    assert_eq!(wrong.create(invoice).await, Err(WalletError::Unauthorized));
}
