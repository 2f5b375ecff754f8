//! Measures how many invoices and payments a play network takes, each durable before its answer.
//!
//! `cargo run --release -p farebox-play --example rates [CONCURRENT]`

use farebox_money::Msat;
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::{Database, DatabaseOptions};
use farebox_wallet::{NewInvoice, PayLimits, PayOutcome, Payer, Receiver};
use std::error::Error;
use std::time::{Duration, Instant};

const COUNT: usize = 40_000;
const CONCURRENT_DEFAULT: usize = 512;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let concurrent = std::env::args().nth(1).map_or(Ok(CONCURRENT_DEFAULT), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let database = Database::open(
        &folder.path().join("play.sqlite"),
        [farebox_play::schema()],
        DatabaseOptions::Exclusive,
    )?;
    let network = PlayNetwork::open(database).await?;
    let (buyer, seller) = (network.wallet("buyer").await?, network.wallet("seller").await?);
    buyer.fund_once("rates", Msat::new(1_000_000_000)).await?;

    let begun = Instant::now();
    let invoices = at_once(concurrent, (0..COUNT).collect(), move |_| create(seller.clone()));
    let invoices = invoices.await?;
    report("invoices", begun);
    let begun = Instant::now();
    at_once(concurrent, invoices, move |bolt11| pay(buyer.clone(), bolt11)).await?;
    report("payments", begun);
    Ok(())
}

/// Works through `items`, so many at the same time.
async fn at_once<I, T, F, W>(concurrent: usize, items: Vec<I>, work: W) -> Result<Vec<T>, Failure>
where
    I: Clone + Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send,
    W: Fn(I) -> F + Clone + Send + 'static,
{
    let share = items.len().div_ceil(concurrent);
    let workers = items.chunks(share).map(|items| {
        let (items, work) = (items.to_vec(), work.clone());
        tokio::spawn(async move {
            let mut done = Vec::with_capacity(items.len());
            for item in items {
                done.push(work(item).await?);
            }
            Ok::<_, Failure>(done)
        })
    });
    let mut done = Vec::with_capacity(items.len());
    for worker in workers.collect::<Vec<_>>() {
        done.extend(worker.await??);
    }
    Ok(done)
}

async fn create(wallet: PlayWallet) -> Result<String, Failure> {
    let invoice =
        NewInvoice { amount: Msat::new(1_000), description: "rates".into(), expiry_s: 3_600 };
    Ok(wallet.create(invoice).await?.bolt11)
}

async fn pay(wallet: PlayWallet, bolt11: String) -> Result<(), Failure> {
    let limits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_secs(60) };
    match wallet.pay(&bolt11, limits).await? {
        PayOutcome::Paid { .. } => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

fn report(what: &str, begun: Instant) {
    let elapsed = begun.elapsed();
    let micros = elapsed.as_micros().max(1);
    let rate = COUNT as u128 * 1_000_000 / micros;
    println!("{COUNT} {what} in {elapsed:.2?}: {rate}/s");
}
