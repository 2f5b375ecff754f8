//! Books in memory and in a database, and random events for both.

use farebox_ledger::writer::{self, WriteError};
use farebox_ledger::{AccountKey, NewTransfer, Posted, TransferCode, schema};
use farebox_money::Msat;
use proptest::prelude::*;
use rusqlite::Connection;

/// A database with the ledger's tables, in memory: these tests are about rules.
pub fn open() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", "ON").unwrap();
    schema().migrations.run(&mut connection).unwrap();
    connection
}

/// Posts in a transaction of its own, as every caller must.
pub fn post(
    connection: &mut Connection,
    event: &[NewTransfer],
    now_ms: i64,
) -> Result<Posted, WriteError> {
    let transaction = connection.transaction().unwrap();
    let posted = writer::post(&transaction, event, now_ms)?;
    transaction.commit().unwrap();
    Ok(posted)
}

pub fn user(name: &str) -> AccountKey {
    AccountKey::User(name.into())
}

/// Money from outside for a user.
pub fn deposit(reference: &str, to: &str, msat: u64) -> NewTransfer {
    let (code, amount) = (TransferCode::TopupSettled, Msat::new(msat));
    NewTransfer::new(code, reference, 0, AccountKey::Node, user(to), amount)
}

/// Money from one user's account to another account.
pub fn movement(
    reference: &str,
    leg: u8,
    from: AccountKey,
    to: AccountKey,
    msat: u64,
) -> NewTransfer {
    NewTransfer::new(TransferCode::Correction, reference, leg, from, to, Msat::new(msat))
}

fn account() -> impl Strategy<Value = AccountKey> {
    prop_oneof![
        3 => "[a-d]".prop_map(AccountKey::User),
        1 => "[x-z]".prop_map(AccountKey::Hold),
        1 => "[x-z]".prop_map(AccountKey::Escrow),
        2 => Just(AccountKey::Node),
        1 => Just(AccountKey::Income("gateway".into())),
        1 => Just(AccountKey::Expense("routing".into())),
        1 => Just(AccountKey::Equity),
    ]
}

/// Events of one to three legs whose references repeat often, so that replays, conflicts and
/// partial repeats happen, and whose amounts are often more than there is.
pub fn event() -> impl Strategy<Value = Vec<NewTransfer>> {
    let leg = (account(), account(), prop_oneof![Just(0), 1..2_000u64, Just(u64::MAX / 2)]);
    let code = proptest::sample::select(TransferCode::ALL);
    (code, 0..40u8, proptest::collection::vec(leg, 0..4)).prop_map(|(code, number, legs)| {
        let reference = format!("event-{number}");
        let legs = legs.into_iter().zip(0..);
        let transfer = |((debit, credit, msat), leg)| {
            NewTransfer::new(code, &reference, leg, debit, credit, Msat::new(msat))
        };
        legs.map(transfer).collect()
    })
}
