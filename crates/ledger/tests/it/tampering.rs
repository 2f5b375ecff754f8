//! Whatever is changed behind the ledger's back shows.

use crate::support::{deposit, movement, open, post, user};
use farebox_ledger::{AccountKey, verify};
use rusqlite::Connection;

fn books() -> Connection {
    let mut connection = open();
    for number in 0..30 {
        let reference = format!("in-{number}");
        post(&mut connection, &[deposit(&reference, "ann", 1_000)], number).unwrap();
        let reference = format!("out-{number}");
        let spent = movement(&reference, 0, user("ann"), AccountKey::Income("x".into()), 400);
        post(&mut connection, &[spent], number).unwrap();
    }
    assert!(verify(&connection).unwrap().is_sound());
    for trigger in ["ledger_transfer_no_update", "ledger_transfer_no_delete"] {
        connection.execute(&format!("DROP TRIGGER {trigger}"), []).unwrap();
    }
    connection.pragma_update(None, "foreign_keys", "OFF").unwrap();
    connection.pragma_update(None, "ignore_check_constraints", "ON").unwrap();
    connection
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
        "UPDATE ledger_transfer SET id = randomblob(32) WHERE seq = 7",
        "UPDATE ledger_transfer SET id = randomblob(31) WHERE seq = 7",
        "UPDATE ledger_transfer SET chain = randomblob(32) WHERE seq = 60",
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
        "INSERT INTO ledger_account (key, has_floor, debits_msat, credits_msat) \
         VALUES ('user:eve', 1, 0, 5000)",
    ] {
        let connection = books();
        assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
        let report = verify(&connection).unwrap();
        assert!(!report.is_sound(), "not found: {sql}");
        assert!(report.findings.iter().all(|finding| !finding.to_string().is_empty()));
    }
}

#[test]
fn every_flipped_bit_of_a_transfer_is_found() {
    for column in ["id", "chain"] {
        for seq in [1, 31, 60] {
            for bit in (0..256).step_by(37) {
                let connection = books();
                let select = format!("SELECT {column} FROM ledger_transfer WHERE seq = {seq}");
                let mut bytes: Vec<u8> =
                    connection.query_row(&select, [], |row| row.get(0)).unwrap();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let update = format!("UPDATE ledger_transfer SET {column} = ?1 WHERE seq = {seq}");
                connection.execute(&update, [bytes]).unwrap();
                let report = verify(&connection).unwrap();
                assert!(!report.is_sound(), "{column} of {seq}, bit {bit}");
            }
        }
    }
}
