//! The only place that touches the database: the real store with its real settings, and a ledger
//! in it whose events follow from their numbers, so that every event can be asked for again.

use crate::Failure;
use farebox_ledger::writer::{self, WriteError};
use farebox_ledger::{AccountKey, NewTransfer, PostError, Posted, TransferCode};
use farebox_money::Msat;
use farebox_store::{Dialect, Location, OpenError, Store, StoreError, Transaction, params};
use std::time::{Duration, Instant};

/// Users that share the events.
const USERS: u64 = 16;
/// How long the process before may take to let the database go.
const IN_USE_MAX: Duration = Duration::from_secs(20);

/// How much of what SQLite promises is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Synchronous {
    /// As the store sets it.
    Full,
    /// Commits reach the disk some time later: weaker than the store allows.
    Normal,
    /// Nothing is ever waited for.
    Off,
}

impl Synchronous {
    /// As SQLite calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
            Self::Off => "off",
        }
    }
}

/// Where a database is: `postgres://…`, or the path of a file.
pub fn location(text: &str) -> Result<Location, Failure> {
    match text.starts_with("postgres") {
        true => Ok(Location::Postgres(text.parse()?)),
        false => Ok(Location::File(text.into())),
    }
}

/// What was found in books after a fault.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Acknowledged events that are not there.
    pub lost: Vec<u64>,
    /// Everything else that must not be.
    pub findings: Vec<String>,
}

/// A ledger in a database.
pub struct Books {
    store: Store,
}

impl Books {
    /// Opens the database as the server does, once a process before has let it go.
    pub async fn open(location: &Location) -> Result<Self, Failure> {
        let begun = Instant::now();
        loop {
            // What the verification compares, as in a server's database.
            let schemas = vec![
                farebox_store::schema(),
                farebox_ledger::schema(),
                farebox_accounts::schema(),
                farebox_paywall::schema(),
            ];
            match Store::open(location.clone(), schemas).await {
                Ok(store) => return Ok(Self { store }),
                Err(OpenError::InUse { .. }) if begun.elapsed() < IN_USE_MAX => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Asks less of SQLite than the store does, on the connection that writes. The setting cannot
    /// be changed within a transaction, so this ends the one that it is in, which the store
    /// reports as a failed write and survives.
    pub async fn weaken(&self, synchronous: Synchronous) -> Result<(), Failure> {
        let sql = format!("ROLLBACK; PRAGMA synchronous = {}", synchronous.name());
        let weaken = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            let connection = transaction.as_sqlite().ok_or(StoreError::Closed)?;
            Ok(connection.execute_batch(&sql)?)
        };
        let _: Result<(), StoreError> = self.store.write(weaken).await;
        let ask = |transaction: &Transaction<'_>| -> Result<i64, StoreError> {
            transaction.one("PRAGMA synchronous", params![], |row| row.get(0))
        };
        let expected = match synchronous {
            Synchronous::Full => 2,
            Synchronous::Normal => 1,
            Synchronous::Off => 0,
        };
        match self.store.write(ask).await? {
            set if set == expected => Ok(()),
            set => Err(format!("synchronous is {set} and should be {expected}").into()),
        }
    }

    /// Books event `number`; it is acknowledged when this returns.
    pub async fn book(&self, number: u64) -> Result<(), Failure> {
        let book = move |transaction: &Transaction<'_>| -> Result<(), WriteError> {
            writer::post(transaction, &event(number), 0)?;
            Ok(())
        };
        Ok(self.store.write(book).await?)
    }

    /// Checks the pages, the ledger, and that every acknowledged event is there and whole.
    pub async fn check(&self, acknowledged: Vec<u64>) -> Result<Verdict, Failure> {
        let pages = |transaction: &Transaction<'_>| match transaction.dialect() {
            Dialect::Sqlite => {
                transaction.one("PRAGMA integrity_check", params![], |row| row.get(0))
            }
            Dialect::Postgres => Ok("ok".to_owned()),
        };
        let pages: String = self.store.read(pages).await?;
        let report = self.store.read(farebox_ledger::verify).await?;
        let mut verdict = self.repeat(acknowledged).await?;
        if pages != "ok" {
            verdict.findings.push(pages);
        }
        verdict.findings.extend(report.findings.iter().map(ToString::to_string));
        Ok(verdict)
    }

    /// Moves everything into the database file.
    pub async fn checkpoint(&self) {
        self.store.checkpoint().await;
    }

    /// Books every event again, which changes nothing where it is there, and takes back the rest.
    async fn repeat(&self, acknowledged: Vec<u64>) -> Result<Verdict, Failure> {
        let repeat = move |transaction: &Transaction<'_>| -> Result<(), Taken> {
            let mut verdict = Verdict::default();
            for number in acknowledged {
                match writer::post(transaction, &event(number), 0) {
                    Ok(Posted::Before) => {}
                    Ok(Posted::Now) => verdict.lost.push(number),
                    Err(WriteError::Post(
                        error @ (PostError::Partial | PostError::Conflict(_)),
                    )) => {
                        verdict.findings.push(format!("event {number}: {error}"));
                    }
                    Err(error) => return Err(Taken::Failed(error.into())),
                }
            }
            Err(Taken::Back(verdict))
        };
        match self.store.write(repeat).await {
            Err(Taken::Back(verdict)) => Ok(verdict),
            Err(Taken::Failed(error)) => Err(error.into()),
            Ok(()) => Ok(Verdict::default()),
        }
    }
}

/// A write that must leave nothing behind.
enum Taken {
    Back(Verdict),
    Failed(StoreError),
}

impl From<StoreError> for Taken {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// A deposit and a fee out of it: two transfers, of which neither may be there alone.
fn event(number: u64) -> [NewTransfer; 2] {
    let reference = format!("event-{number}");
    let user = AccountKey::User(format!("u{}", number % USERS));
    let income = AccountKey::Income("faults".to_owned());
    let leg = |leg, from, to, msat| {
        let amount = Msat::new(msat);
        NewTransfer::new(TransferCode::Correction, &reference, leg, from, to, amount)
    };
    [
        leg(0, AccountKey::Node, user.clone(), 1_000 + number % 977),
        leg(1, user, income, 1 + number % 499),
    ]
}
