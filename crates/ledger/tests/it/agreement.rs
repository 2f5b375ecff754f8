//! The books in memory and those in the databases are the same books.

use crate::support::{Stored, event, open};
use farebox_ledger::{AccountClass, AccountKey, Books, NewTransfer};
use farebox_money::Msat;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

fn agree(events: &[Vec<NewTransfer>], part_len: usize) -> Result<(), TestCaseError> {
    let mut books = Books::default();
    let parts = (1..).zip(events.chunks(part_len));
    let pure = parts.flat_map(|(now_ms, part)| part.iter().map(move |event| (now_ms, event)));
    let pure: Vec<_> = pure.map(|(now_ms, event)| books.post(event, now_ms)).collect();
    for stored in open() {
        prop_assert_eq!(&stored.post_all(events, part_len), &pure);
        for (account, balance) in books.balances() {
            prop_assert_eq!(stored.balance(account), balance);
            if account.class().has_floor() {
                prop_assert!(balance.available().is_some(), "{} owes", account);
            }
            agree_on_statement(&books, &stored, account)?;
        }
        prop_assert_eq!(stored.head(), (books.log().len() as u64, books.head()));
        let report = stored.verify();
        prop_assert!(report.is_sound(), "{:?}", report.findings);
        prop_assert_eq!(report.head, books.head());
    }
    Ok(())
}

/// Page by page, a statement is the account's part of the log, newest first.
fn agree_on_statement(
    books: &Books,
    stored: &Stored,
    account: &AccountKey,
) -> Result<(), TestCaseError> {
    let is_of = |asked: &NewTransfer| asked.debit == *account || asked.credit == *account;
    let own: Vec<_> = books.log().iter().rev().filter(|row| is_of(&row.asked)).collect();
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let page = stored.entries(account, from, 3);
        from = page.last().and_then(|entry| entry.before);
        found.extend(page);
        if from.is_none() {
            break;
        }
    }
    prop_assert_eq!(found.iter().map(|entry| &entry.transfer).collect::<Vec<_>>(), own);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_databases_agree_with_the_pure_rules(
        events in proptest::collection::vec(event(), 1..200),
        part_len in prop_oneof![Just(1), 2..100usize],
    ) {
        agree(&events, part_len)?;
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
