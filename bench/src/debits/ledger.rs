//! Debits as the ledger books them: a user pays, the operator earns, one transfer each.

use farebox_bench::load::{self, Figure};
use farebox_ledger::{AccountKey, NewTransfer, PostError, Posted, TransferCode, verify, writer};
use farebox_money::Msat;
use farebox_store::{Batcher, Location, Store, StoreError, Transaction};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const FUNDS: Msat = Msat::new(1_000_000_000_000);
const PRICE: Msat = Msat::new(1_000);

/// All that wait are booked together.
pub async fn batched(
    location: Location,
    accounts: usize,
    callers: usize,
    time: Duration,
) -> Result<Figure, Box<dyn Error>> {
    let store = open(location, accounts).await?;
    let batcher = Batcher::new(store.clone(), post_all);
    let number = AtomicU64::new(0);
    let figure = load::run(callers, time, move |_| {
        let debit = debit(number.fetch_add(1, Ordering::Relaxed), accounts);
        let batcher = batcher.clone();
        async move {
            let outcome = batcher.run(debit).await.map_err(|error| error.to_string())?;
            outcome.map(|_| ()).map_err(|error| error.to_string())
        }
    })
    .await?;
    check(&store).await?;
    Ok(figure)
}

/// A transaction for each.
pub async fn one_each(
    location: Location,
    accounts: usize,
    callers: usize,
    time: Duration,
) -> Result<Figure, Box<dyn Error>> {
    let store = open(location, accounts).await?;
    let number = AtomicU64::new(0);
    let turn = Arc::new(tokio::sync::Mutex::new(()));
    let writing = store.clone();
    let figure = load::run(callers, time, move |_| {
        let debit = debit(number.fetch_add(1, Ordering::Relaxed), accounts);
        let (store, turn) = (writing.clone(), Arc::clone(&turn));
        async move {
            let _turn = turn.lock().await;
            let write = move |transaction: &Transaction<'_>| writer::post(transaction, &debit, 1);
            let posted: Result<_, writer::WriteError> = store.write(write).await;
            posted.map(|_| ()).map_err(|error| error.to_string())
        }
    })
    .await?;
    check(&store).await?;
    Ok(figure)
}

fn post_all(
    transaction: &Transaction<'_>,
    events: &[[NewTransfer; 1]],
) -> Result<Vec<Result<Posted, PostError>>, StoreError> {
    let events: Vec<_> = events.iter().map(<[NewTransfer; 1]>::as_slice).collect();
    writer::post_all(transaction, &events, 1)
}

fn debit(number: u64, accounts: usize) -> [NewTransfer; 1] {
    // Spread like the accounts of strangers, not in their order.
    let account = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % accounts as u64;
    let (from, to) = (user(account), AccountKey::Income("bench".to_owned()));
    let reference = format!("{number:032x}");
    [NewTransfer::new(TransferCode::HoldSettled, &reference, 0, from, to, PRICE)]
}

fn user(number: u64) -> AccountKey {
    AccountKey::User(format!("{number:032x}"))
}

async fn open(location: Location, accounts: usize) -> Result<Store, Box<dyn Error>> {
    let store = Store::open(location, vec![farebox_ledger::schema()]).await?;
    let fund = move |transaction: &Transaction<'_>| {
        let events: Vec<_> = (0..accounts as u64)
            .map(|number| {
                let code = TransferCode::TopupSettled;
                let reference = format!("fund-{number}");
                [NewTransfer::new(code, &reference, 0, AccountKey::Node, user(number), FUNDS)]
            })
            .collect();
        post_all(transaction, &events).map(|_| ())
    };
    store.write::<_, StoreError, _>(fund).await?;
    Ok(store)
}

/// A figure counts only when the books behind it are sound.
async fn check(store: &Store) -> Result<(), Box<dyn Error>> {
    let report = store.read(verify).await?;
    match report.findings.first() {
        Some(finding) => Err(format!("the books are wrong: {finding}").into()),
        None => Ok(()),
    }
}
