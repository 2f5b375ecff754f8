//! The books in memory and those in a database are the same books.

use crate::support::{event, open, post};
use farebox_ledger::writer::{self, WriteError};
use farebox_ledger::{AccountClass, Books, verify};
use farebox_money::Msat;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_database_agrees_with_the_pure_rules(
        events in proptest::collection::vec(event(), 1..200),
    ) {
        let (mut books, mut connection) = (Books::default(), open());
        for (now_ms, event) in (1..).zip(&events) {
            let pure = books.post(event, now_ms);
            match (pure, post(&mut connection, event, now_ms)) {
                (Ok(pure), Ok(stored)) => prop_assert_eq!(pure, stored),
                (Err(pure), Err(WriteError::Post(stored))) => prop_assert_eq!(pure, stored),
                (pure, stored) => prop_assert!(false, "{pure:?} and {stored:?} for {event:?}"),
            }
        }
        for (account, balance) in books.balances() {
            prop_assert_eq!(writer::balance(&connection, account).unwrap(), balance);
            if account.class().has_floor() {
                prop_assert!(balance.available().is_some(), "{} owes", account);
            }
        }
        let head = writer::head(&connection).unwrap();
        prop_assert_eq!(head, (books.log().len() as u64, books.head()));
        let report = verify(&connection).unwrap();
        prop_assert!(report.is_sound(), "{:?}", report.findings);
        prop_assert_eq!(report.head, books.head());
    }

    #[test]
    fn no_money_is_made_or_lost(events in proptest::collection::vec(event(), 1..200)) {
        let mut books = Books::default();
        for (now_ms, event) in (1..).zip(&events) {
            let _ = books.post(event, now_ms);
            let (mut debits, mut credits) = (Msat::ZERO, Msat::ZERO);
            for (_, balance) in books.balances() {
                debits = debits.checked_add(balance.debits).unwrap();
                credits = credits.checked_add(balance.credits).unwrap();
            }
            prop_assert_eq!(debits, credits);
        }
        prop_assert!(AccountClass::ALL.iter().all(|class| !class.is_clearing() || class.has_floor()));
    }
}
