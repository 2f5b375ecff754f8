//! The books are checked at start and every hour. When they are wrong, nothing is sold until
//! somebody has looked; everything that is free goes on.

use crate::books;
use farebox_accounts::Accounts;
use farebox_paywall::Paywall;
use farebox_store::Store;
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(3_600);

/// Checks the books once, as they are at one moment.
pub async fn check(store: &Store, paywall: &Paywall, accounts: Option<&Accounts>) {
    let books = match store.read(books::verify).await {
        Ok(books) => books,
        Err(error) => {
            // A busy or full disk says nothing about the books; the next check will.
            tracing::error!(%error, "the ledger could not be checked");
            return;
        }
    };
    for finding in books.findings() {
        tracing::error!(%finding, "the ledger is wrong");
    }
    if !books.is_sound() {
        tracing::error!("paid routes answer 503 until the server starts with sound books");
        paywall.stop_selling();
        if let Some(accounts) = accounts {
            accounts.stop();
        }
    }
}

/// Checks the books every hour.
pub async fn run(store: Store, paywall: Paywall, accounts: Option<Accounts>) {
    loop {
        tokio::time::sleep(PERIOD).await;
        check(&store, &paywall, accounts.as_ref()).await;
    }
}
