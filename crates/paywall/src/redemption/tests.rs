use super::*;
use crate::payment::Rail;
use farebox_testing::{TestDatabase, database};

async fn open(database: &TestDatabase) -> Redemptions {
    let schemas = || vec![farebox_store::schema(), farebox_ledger::schema(), crate::schema()];
    let store = database.open(schemas).await;
    let instance = Instance::start(store.clone()).await.unwrap();
    let seal = AnswerSeal::new(&crate::Secret::new([5; 32]));
    let redemptions = Redemptions::new(store, instance, seal);
    redemptions.release_abandoned().await.unwrap();
    redemptions
}

fn usage(request: u8) -> Use {
    Use {
        payment: Payment::lightning(PaymentHash::new([1; 32]), Msat::new(5_000)),
        route: "weather",
        kind: TokenKind::OneShot,
        request_digest: [request; 32],
        expires_at: 1_000_000,
    }
}

/// A signed transfer, which says nothing of what it bought.
fn signed(request: u8) -> Use {
    let (asset, units) = ("eip155:84532/0xa".to_owned(), "10000".to_owned());
    let payment = Payment::of_asset(Rail::Evm, &["eip155:84532", "0xfrom", "0x1"], asset, units);
    Use { payment, ..usage(request) }
}

fn settled_as() -> String {
    "the transaction".to_owned()
}

fn finish(answer: Option<KeptAnswer>) -> End {
    End::Finish { answer, settled_as: settled_as() }
}

/// The money of a Lightning payment is here when it is shown.
fn reserved() -> Reservation {
    Reservation::Reserved { settled_as: Some(PaymentHash::new([1; 32]).to_string()) }
}

const UNCOLLECTED: Reservation = Reservation::Reserved { settled_as: None };

fn run_again() -> Reservation {
    Reservation::RunAgain { settled_as: Some(settled_as()) }
}

fn answer() -> KeptAnswer {
    KeptAnswer { status: 200, headers: "[]".into(), body: b"sunny".to_vec() }
}

#[tokio::test]
async fn one_payment_is_reserved_once_however_many_ask() {
    let database = database();
    let redemptions = open(&database).await;
    let asks = (0..100).map(|_| {
        let redemptions = redemptions.clone();
        tokio::spawn(async move { redemptions.reserve(usage(1), 10).await.unwrap() })
    });
    let mut reserved = 0;
    for ask in asks.collect::<Vec<_>>() {
        match ask.await.unwrap() {
            Reservation::Reserved { .. } => reserved += 1,
            other => assert_eq!(other, Reservation::InProgress),
        }
    }
    assert_eq!(reserved, 1);
}

#[tokio::test]
async fn a_repeat_gets_the_answer_and_another_request_nothing() {
    let database = database();
    let redemptions = open(&database).await;
    redemptions.reserve(usage(1), 10).await.unwrap();
    redemptions.end(usage(1).payment.key, finish(Some(answer())), 11).await.unwrap();
    let repeat = redemptions.reserve(usage(1), 12).await.unwrap();
    assert_eq!(repeat, Reservation::Answered(answer()));
    assert_eq!(redemptions.reserve(usage(2), 12).await.unwrap(), Reservation::Used);
    let late = 11 + REPEAT_WINDOW_S;
    assert_eq!(redemptions.reserve(usage(1), late).await.unwrap(), Reservation::Used);
    redemptions.purge(late + 1).await.unwrap();
    assert_eq!(redemptions.reserve(usage(1), late + 1).await.unwrap(), Reservation::Used);
}

#[tokio::test]
async fn a_payment_whose_row_is_gone_is_known_to_the_ledger() {
    let database = database();
    let redemptions = open(&database).await;
    redemptions.reserve(usage(1), 10).await.unwrap();
    redemptions.end(usage(1).payment.key, finish(Some(answer())), 11).await.unwrap();
    redemptions.purge(usage(1).expires_at + EXPIRED_KEPT_S + 1).await.unwrap();
    assert_eq!(redemptions.reserve(usage(2), 12).await.unwrap(), Reservation::Used);
    assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::Used);
    assert!(!redemptions.record(usage(1), settled_as(), 12).await.unwrap());
}

#[tokio::test]
async fn a_reservation_is_never_purged() {
    let database = database();
    let redemptions = open(&database).await;
    redemptions.reserve(usage(1), 10).await.unwrap();
    redemptions.purge(u64::from(u32::MAX)).await.unwrap();
    assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::InProgress);
}

#[tokio::test]
async fn one_payment_opens_one_subject() {
    let database = database();
    let redemptions = open(&database).await;
    assert!(redemptions.record(usage(1), settled_as(), 10).await.unwrap());
    assert!(redemptions.record(usage(1), settled_as(), 11).await.unwrap());
    assert!(!redemptions.record(usage(2), settled_as(), 12).await.unwrap());
}

#[tokio::test]
async fn a_failed_request_gives_the_payment_back() {
    let database = database();
    let redemptions = open(&database).await;
    redemptions.reserve(usage(1), 10).await.unwrap();
    redemptions.end(usage(1).payment.key, End::Release, 11).await.unwrap();
    assert_eq!(redemptions.reserve(usage(2), 12).await.unwrap(), reserved());
}

#[tokio::test]
async fn a_large_answer_is_made_again_a_few_times() {
    let database = database();
    let redemptions = open(&database).await;
    redemptions.reserve(usage(1), 10).await.unwrap();
    redemptions.end(usage(1).payment.key, finish(None), 11).await.unwrap();
    for _ in 1..ATTEMPTS_MAX {
        assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), run_again());
    }
    assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::Used);
}

#[tokio::test]
async fn a_cut_off_reservation_is_free_again_after_a_restart() {
    let database = database();
    let redemptions = open(&database).await;
    redemptions.reserve(usage(1), 10).await.unwrap();
    redemptions.instance.end().await.unwrap();
    drop(redemptions);
    let restarted = open(&database).await;
    assert_eq!(restarted.reserve(usage(1), 12).await.unwrap(), reserved());
}

#[tokio::test]
async fn a_signed_payment_is_tied_to_the_request_that_showed_it_first() {
    let database = database();
    let redemptions = open(&database).await;
    redemptions.reserve(signed(1), 10).await.unwrap();
    redemptions.end(signed(1).payment.key, End::Release, 11).await.unwrap();
    let other = redemptions.reserve(signed(2), 12).await.unwrap();
    assert_eq!(other, Reservation::OfAnotherRequest);
    assert_eq!(redemptions.reserve(signed(1), 12).await.unwrap(), UNCOLLECTED);
}

#[tokio::test]
async fn an_answer_waits_for_its_money_and_is_made_once() {
    let database = database();
    let redemptions = open(&database).await;
    let key = signed(1).payment.key;
    assert!(!redemptions.is_verified(key).await.unwrap());
    redemptions.reserve(signed(1), 10).await.unwrap();
    redemptions.await_settlement(key, Some(answer()), 11).await.unwrap();
    assert_eq!(redemptions.reserve(signed(1), 11).await.unwrap(), Reservation::InProgress);
    redemptions.end(key, End::Unknown, 11).await.unwrap();
    assert!(redemptions.is_verified(key).await.unwrap());
    let settling = Reservation::Settling(Some(answer()));
    assert_eq!(redemptions.reserve(signed(1), 12).await.unwrap(), settling);
    let other = redemptions.reserve(signed(1), 12).await.unwrap();
    assert_eq!(other, Reservation::InProgress, "one of them asks");
    let another = redemptions.reserve(signed(2), 12).await.unwrap();
    assert_eq!(another, Reservation::InProgress, "nobody pays anew before it is known");
    redemptions.end(key, finish(Some(answer())), 13).await.unwrap();
    redemptions.end(key, finish(Some(answer())), 13).await.unwrap();
    let answered = Reservation::Answered(answer());
    assert_eq!(redemptions.reserve(signed(1), 14).await.unwrap(), answered);
}

#[tokio::test]
async fn a_payment_whose_money_cannot_be_had_is_verified_again() {
    let database = database();
    let redemptions = open(&database).await;
    let key = signed(1).payment.key;
    redemptions.reserve(signed(1), 10).await.unwrap();
    redemptions.await_settlement(key, Some(answer()), 11).await.unwrap();
    assert_eq!(redemptions.reserve(signed(1), 11).await.unwrap(), Reservation::InProgress);
    redemptions.end(key, End::Unknown, 11).await.unwrap();
    redemptions.end(key, End::Release, 12).await.unwrap();
    assert!(!redemptions.is_verified(key).await.unwrap());
    assert_eq!(redemptions.reserve(signed(1), 13).await.unwrap(), UNCOLLECTED);
}

#[tokio::test]
async fn money_collected_before_a_failure_is_not_collected_again() {
    let database = database();
    let redemptions = open(&database).await;
    let key = signed(1).payment.key;
    redemptions.reserve(signed(1), 10).await.unwrap();
    redemptions.await_settlement(key, None, 11).await.unwrap();
    assert!(redemptions.resume(key, settled_as(), 11).await.unwrap());
    redemptions.end(key, End::Release, 12).await.unwrap();
    assert!(redemptions.is_verified(key).await.unwrap());
    let collected = Reservation::Reserved { settled_as: Some(settled_as()) };
    assert_eq!(redemptions.reserve(signed(1), 13).await.unwrap(), collected);
}
