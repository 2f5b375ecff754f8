//! Whatever is changed behind the ledger's back shows.

use crate::support::{Stored, deposit, movement, user};
use farebox_ledger::AccountKey;
use farebox_store::Location;
use farebox_store::rusqlite::Connection;
use farebox_testing::TestDatabase;

fn books(database: TestDatabase) -> Stored {
    let stored = Stored::new(database);
    let events: Vec<_> = (0..60)
        .map(|number| match number % 2 {
            0 => vec![deposit(&format!("in-{number}"), "ann", 1_000)],
            _ => {
                let (reference, income) = (format!("out-{number}"), AccountKey::Income("x".into()));
                vec![movement(&reference, 0, user("ann"), income, 400)]
            }
        })
        .collect();
    stored.post_all(&events, 7);
    assert!(stored.verify().is_sound());
    stored
}

/// What somebody with rights on the database can do, past its own checks where they can be
/// turned off. `false` when the database refuses all the same.
fn tamper(stored: &Stored, sql: &'static str) -> bool {
    if let Location::File(path) = stored.location() {
        let connection = Connection::open(path).unwrap();
        for pragma in ["foreign_keys = OFF", "ignore_check_constraints = ON"] {
            connection.execute_batch(&format!("PRAGMA {pragma}")).unwrap();
        }
        for trigger in ["ledger_transfer_no_update", "ledger_transfer_no_delete"] {
            connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
        }
        assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
        return true;
    }
    stored.execute_unguarded(sql).is_ok_and(|changed| changed == 1)
}

#[test]
fn every_kind_of_change_is_found() {
    for sql in [
        "UPDATE ledger_transfer SET amount_msat = amount_msat + 1 WHERE seq = 7",
        "UPDATE ledger_transfer SET amount_msat = 0 WHERE seq = 7",
        "UPDATE ledger_transfer SET amount_msat = -amount_msat WHERE seq = 7",
        "UPDATE ledger_transfer SET debit = credit, credit = debit WHERE seq = 7",
        "UPDATE ledger_transfer SET credit = 999 WHERE seq = 60",
        "UPDATE ledger_transfer SET code = 'withdrawal_paid' WHERE seq = 7",
        "UPDATE ledger_transfer SET code = 'gift' WHERE seq = 7",
        "UPDATE ledger_transfer SET reference = 'in-99' WHERE seq = 7",
        "UPDATE ledger_transfer SET at_ms = at_ms + 1 WHERE seq = 7",
        "UPDATE ledger_transfer SET leg = 1 WHERE seq = 7",
        "UPDATE ledger_transfer SET debit_before = 0 WHERE seq = 7",
        "UPDATE ledger_transfer SET credit_before = 1 WHERE seq = 60",
        "UPDATE ledger_transfer SET chain = (SELECT chain FROM ledger_transfer WHERE seq = 59) \
         WHERE seq = 60",
        "UPDATE ledger_transfer SET seq = 99 WHERE seq = 60",
        "DELETE FROM ledger_transfer WHERE seq = 1",
        "DELETE FROM ledger_transfer WHERE seq = 30",
        "DELETE FROM ledger_transfer WHERE seq = 60",
        "DELETE FROM ledger_account WHERE key = 'user:ann'",
        "UPDATE ledger_account SET credits_msat = credits_msat + 1 WHERE key = 'user:ann'",
        "UPDATE ledger_account SET debits_msat = 0 WHERE key = 'user:ann'",
        "UPDATE ledger_account SET key = 'user:bob' WHERE key = 'user:ann'",
        "UPDATE ledger_account SET key = 'bank' WHERE key = 'user:ann'",
        "UPDATE ledger_account SET has_floor = 0 WHERE key = 'user:ann'",
        "UPDATE ledger_account SET last_seq = 1 WHERE key = 'user:ann'",
        "INSERT INTO ledger_account (key, has_floor, debits_msat, credits_msat, last_seq) \
         VALUES ('user:eve', 1, 0, 5000, 3)",
    ] {
        for database in farebox_testing::databases() {
            let stored = books(database);
            if tamper(&stored, sql) {
                let report = stored.verify();
                assert!(!report.is_sound(), "not found: {sql}");
                assert!(report.findings.iter().all(|finding| !finding.to_string().is_empty()));
            }
        }
    }
}
