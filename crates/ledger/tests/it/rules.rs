//! What may be posted.

use crate::support::{deposit, movement, open, user};
use farebox_ledger::writer::WriteError;
use farebox_ledger::{AccountKey, Books, PostError, Posted};
use farebox_money::Msat;

fn available(books: &Books, account: &AccountKey) -> u64 {
    books.balance(account).available().unwrap().get()
}

#[test]
fn an_event_is_booked_once_however_often_it_is_told() {
    let mut books = Books::default();
    let event = [deposit("a", "ann", 1_000)];
    assert_eq!(books.post(&event, 1), Ok(Posted::Now));
    assert_eq!(books.post(&event, 2), Ok(Posted::Before));
    assert_eq!(available(&books, &user("ann")), 1_000);
    assert_eq!(books.log().len(), 1);
}

#[test]
fn the_same_event_with_other_terms_is_refused() {
    let mut books = Books::default();
    books.post(&[deposit("a", "ann", 1_000)], 1).unwrap();
    let more = books.post(&[deposit("a", "ann", 1_001)], 2);
    assert!(matches!(more, Err(PostError::Conflict(_))));
    let other = books.post(&[deposit("a", "bob", 1_000)], 2);
    assert!(matches!(other, Err(PostError::Conflict(_))));
    assert_eq!(available(&books, &user("ann")), 1_000);
}

#[test]
fn nobody_spends_what_is_not_there() {
    let mut books = Books::default();
    books.post(&[deposit("a", "ann", 1_000)], 1).unwrap();
    let all = movement("b", 0, user("ann"), user("bob"), 1_001);
    assert!(matches!(books.post(&[all], 2), Err(PostError::Insufficient { .. })));
    // Not even for a moment within one event.
    let early = [
        movement("c", 0, user("bob"), AccountKey::Node, 500),
        movement("c", 1, user("ann"), user("bob"), 500),
    ];
    assert!(matches!(books.post(&early, 3), Err(PostError::Insufficient { .. })));
    assert_eq!(available(&books, &user("ann")), 1_000);
    assert_eq!(books.log().len(), 1, "half an event was booked");
}

#[test]
fn what_moves_nothing_is_refused() {
    let mut books = Books::default();
    for event in [
        vec![],
        vec![deposit("a", "ann", 0)],
        vec![movement("a", 0, user("ann"), user("ann"), 1)],
        vec![deposit("a", "ann", 1), deposit("a", "ann", 1)],
        vec![deposit(&"a".repeat(200), "ann", 1)],
    ] {
        assert!(books.post(&event, 1).is_err(), "{event:?}");
    }
    assert!(books.log().is_empty());
}

#[test]
fn a_refused_event_leaves_nothing_in_the_database() {
    for stored in open() {
        stored.post(&[deposit("a", "ann", 1_000)], 1).unwrap();
        let event = [
            movement("b", 0, user("ann"), user("bob"), 600),
            movement("b", 1, user("ann"), user("bob"), 600),
        ];
        let error = stored.post(&event, 2).unwrap_err();
        assert!(matches!(error, WriteError::Post(PostError::Insufficient { .. })));
        assert_eq!(stored.balance(&user("bob")).credits, Msat::ZERO);
        assert_eq!(stored.head().0, 1);
        assert!(stored.verify().is_sound());
    }
}

#[test]
fn an_event_that_is_refused_spares_the_others_of_its_batch() {
    for stored in open() {
        let pay = |reference: &str| vec![movement(reference, 0, user("ann"), user("bob"), 600)];
        let events = [vec![deposit("a", "ann", 1_000)], pay("b"), pay("c"), pay("b")];
        let outcomes = stored.post_all(&events, events.len());
        assert_eq!(outcomes[0], Ok(Posted::Now));
        assert_eq!(outcomes[1], Ok(Posted::Now));
        assert!(matches!(outcomes[2], Err(PostError::Insufficient { .. })));
        assert_eq!(outcomes[3], Ok(Posted::Before));
        assert_eq!(stored.balance(&user("bob")).available(), Some(Msat::new(600)));
        assert!(stored.verify().is_sound());
    }
}

#[test]
fn the_log_cannot_be_changed() {
    for stored in open() {
        stored.post(&[deposit("a", "ann", 1_000)], 1).unwrap();
        for sql in ["UPDATE ledger_transfer SET amount_msat = 1", "DELETE FROM ledger_transfer"] {
            let error = stored.execute(sql).unwrap_err().to_string();
            assert!(error.contains("append-only"), "{error}");
        }
    }
}
