//! Payments that were used: reserved before a handler runs, kept with the answer.

use crate::answer::KeptAnswer;
use farebox_ledger::{AccountKey, NewTransfer, events, writer};
use farebox_money::Msat;
use farebox_store::lease::{self, Instance};
use farebox_store::{Store, StoreError, Transaction, params};
use farebox_wire::l402::TokenKind;
use farebox_wire::lightning::PaymentHash;

/// How long a repeat of an answered request gets its answer again.
pub(crate) const REPEAT_WINDOW_S: u64 = 24 * 3_600;
/// How often a request whose answer was too large to keep can be repeated.
const ATTEMPTS_MAX: i64 = 5;
/// Rows outlive their token by this much, against clocks that are set back.
const EXPIRED_KEPT_S: u64 = 24 * 3_600;

/// One use of a payment.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub payment_hash: PaymentHash,
    pub route: &'static str,
    pub kind: TokenKind,
    pub amount: Msat,
    pub request_digest: [u8; 32],
    pub expires_at: u64,
}

/// What a payment can be used for now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reservation {
    /// Reserved for this request: run the handler, then finish or release.
    Reserved,
    /// Its request is being answered at this moment.
    InProgress,
    /// Its request was answered: this is the answer.
    Answered(KeptAnswer),
    /// Its request was answered with more than is kept: run the handler, nothing else changes.
    RunAgain,
    /// Used for another request, or for this one too long ago or too often.
    Used,
}

/// How a reservation ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// Its request was answered; the answer is kept where it is not too large.
    Finish(Option<KeptAnswer>),
    /// Its request did not succeed.
    Release,
}

/// The table of redemptions.
#[derive(Clone)]
pub(crate) struct Redemptions {
    store: Store,
    instance: Instance,
}

struct Row {
    state: String,
    request_digest: Vec<u8>,
    attempts: i64,
    answer: Option<KeptAnswer>,
    updated_at: u64,
}

impl Redemptions {
    /// The redemptions in `store`; reservations are made in the name of `instance`.
    pub(crate) const fn new(store: Store, instance: Instance) -> Self {
        Self { store, instance }
    }

    /// Reservations of processes that died have no handler any more: in doubt the payer keeps the
    /// money's worth.
    pub(crate) async fn release_abandoned(&self) -> Result<(), StoreError> {
        let released = self.store.write(release_abandoned).await?;
        if released > 0 {
            tracing::warn!(released, "payments whose requests were cut off can be used again");
        }
        Ok(())
    }

    pub(crate) async fn reserve(&self, usage: Use, now: u64) -> Result<Reservation, StoreError> {
        let owner = self.instance.id().to_owned();
        self.store.write(move |transaction| reserve(transaction, &usage, &owner, now)).await
    }

    /// Records that a payment bought a token that can be used many times. Whether it did: one
    /// payment opens one subject, whatever tokens were handed out for it.
    pub(crate) async fn record(&self, usage: Use, now: u64) -> Result<bool, StoreError> {
        let record = move |transaction: &Transaction<'_>| -> Result<bool, StoreError> {
            let hash = usage.payment_hash;
            match insert(transaction, &usage, Put::Done, now)? {
                Inserted::New => book_income(transaction, hash, usage.route, now)?,
                Inserted::Known => {
                    let row = read(transaction, hash)?;
                    return Ok(row.is_some_and(|row| row.request_digest == usage.request_digest));
                }
                Inserted::Spent => return Ok(false),
            }
            Ok(true)
        };
        self.store.write(record).await
    }

    /// Those of the payments that are booked, whether they were used or not.
    pub(crate) async fn booked(
        &self,
        hashes: Vec<PaymentHash>,
    ) -> Result<Vec<PaymentHash>, StoreError> {
        let read = move |transaction: &Transaction<'_>| {
            let accounts: Vec<_> = hashes.iter().copied().map(AccountKey::L402).collect();
            let balances = writer::balances(transaction, &accounts)?;
            let known = hashes.iter().zip(balances);
            let known = known.filter(|(_, balance)| !balance.credits.is_zero());
            Ok(known.map(|(hash, _)| *hash).collect())
        };
        self.store.read(read).await
    }

    /// Books payments that arrived: they are owed to whoever holds their tokens. What is booked
    /// already is left as it is.
    pub(crate) async fn book_settled(
        &self,
        paid: Vec<(PaymentHash, Msat)>,
        now: u64,
    ) -> Result<(), StoreError> {
        let book = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            let paid = paid.iter().map(|(hash, amount)| [events::l402_settled(*hash, *amount)]);
            let paid: Vec<_> = paid.collect();
            let events: Vec<_> = paid.iter().map(<[NewTransfer; 1]>::as_slice).collect();
            for outcome in writer::post_all(transaction, &events, milliseconds(now))? {
                // Its use may have come first, with the price as the amount.
                if let Err(error) = outcome {
                    tracing::warn!(%error, "a payment is booked with another amount than arrived");
                }
            }
            Ok(())
        };
        self.store.write(book).await
    }

    /// Ends a reservation.
    pub(crate) async fn end(
        &self,
        hash: PaymentHash,
        end: End,
        now: u64,
    ) -> Result<(), StoreError> {
        match end {
            End::Finish(answer) => self.finish(hash, answer, now).await,
            End::Release => self.release(hash, now).await,
        }
    }

    /// Keeps the answer of a reserved payment.
    pub(crate) async fn finish(
        &self,
        hash: PaymentHash,
        answer: Option<KeptAnswer>,
        now: u64,
    ) -> Result<(), StoreError> {
        let finish = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            let (status, headers, body) = answer.map_or((None, None, None), |answer| {
                (Some(answer.status), Some(answer.headers), Some(answer.body))
            });
            let sql = "UPDATE redemption SET state = 'done', answer_status = ?2, \
                       answer_headers = ?3, answer_body = ?4, updated_at = ?5 \
                       WHERE payment_hash = ?1 AND state = 'reserved'";
            let row = params![*hash.as_bytes(), status, headers, body, now];
            changed_one(transaction.execute(sql, row)?)?;
            let route = read_route(transaction, hash)?;
            book_income(transaction, hash, &route, now)
        };
        self.store.write(finish).await
    }

    /// Gives a reserved payment back to its payer: its request did not succeed.
    pub(crate) async fn release(&self, hash: PaymentHash, now: u64) -> Result<(), StoreError> {
        let release = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            let sql = "UPDATE redemption SET state = 'open', updated_at = ?2 \
                       WHERE payment_hash = ?1 AND state = 'reserved'";
            let row = params![*hash.as_bytes(), now];
            changed_one(transaction.execute(sql, row)?)
        };
        self.store.write(release).await
    }

    /// Drops answers past their window and rows past their token's life.
    pub(crate) async fn purge(&self, now: u64) -> Result<(), StoreError> {
        let purge = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            transaction.execute(
                "UPDATE redemption SET answer_headers = NULL, answer_body = NULL \
                 WHERE answer_body IS NOT NULL AND updated_at < ?1",
                params![now.saturating_sub(REPEAT_WINDOW_S)],
            )?;
            transaction.execute(
                "DELETE FROM redemption WHERE expires_at < ?1 AND state <> 'reserved'",
                params![now.saturating_sub(EXPIRED_KEPT_S)],
            )?;
            Ok(())
        };
        self.store.write(purge).await
    }
}

fn release_abandoned(transaction: &Transaction<'_>) -> Result<u64, StoreError> {
    let alive = lease::alive(transaction)?;
    let select = "SELECT payment_hash, owner FROM redemption WHERE state = 'reserved'";
    let reserved = transaction.all(select, params![], |row| {
        Ok::<_, StoreError>((row.get::<[u8; 32]>(0)?, row.get::<Option<String>>(1)?))
    })?;
    let release = "UPDATE redemption SET state = 'open' WHERE payment_hash = ?1";
    let mut released = 0;
    for (hash, owner) in reserved {
        if !owner.is_some_and(|owner| alive.contains(&owner)) {
            released += transaction.execute(release, params![hash])?;
        }
    }
    Ok(released)
}

fn reserve(
    transaction: &Transaction<'_>,
    usage: &Use,
    owner: &str,
    now: u64,
) -> Result<Reservation, StoreError> {
    match insert(transaction, usage, Put::ReservedBy(owner), now)? {
        Inserted::New => return Ok(Reservation::Reserved),
        Inserted::Known => {}
        Inserted::Spent => return Ok(Reservation::Used),
    }
    let row = read(transaction, usage.payment_hash)?;
    let row = row.ok_or_else(|| StoreError::Unreadable("a redemption vanished".into()))?;
    let same = row.request_digest == usage.request_digest;
    let in_window = now < row.updated_at.saturating_add(REPEAT_WINDOW_S);
    match (row.state.as_str(), row.answer) {
        ("open", _) => {
            let sql = "UPDATE redemption SET state = 'reserved', request_digest = ?2, \
                       updated_at = ?3, owner = ?4 WHERE payment_hash = ?1";
            let hash = *usage.payment_hash.as_bytes();
            let values = params![hash, usage.request_digest, now, owner];
            changed_one(transaction.execute(sql, values)?)?;
            Ok(Reservation::Reserved)
        }
        ("reserved", _) => Ok(Reservation::InProgress),
        ("done", Some(answer)) if same && in_window => Ok(Reservation::Answered(answer)),
        ("done", None) if same && in_window && row.attempts < ATTEMPTS_MAX => {
            let sql = "UPDATE redemption SET attempts = attempts + 1 WHERE payment_hash = ?1";
            let values = params![*usage.payment_hash.as_bytes()];
            changed_one(transaction.execute(sql, values)?)?;
            Ok(Reservation::RunAgain)
        }
        ("done", _) => Ok(Reservation::Used),
        (other, _) => Err(StoreError::Unreadable(format!("redemption state {other:?}"))),
    }
}

/// What became of a new row.
enum Inserted {
    /// It is there, and the payment is booked.
    New,
    /// There is one of this payment already.
    Known,
    /// The ledger knows the payment as spent, though its row is gone, or as less than the price.
    Spent,
}

/// In which state a new row is written.
enum Put<'a> {
    ReservedBy(&'a str),
    Done,
}

fn insert(
    transaction: &Transaction<'_>,
    usage: &Use,
    put: Put<'_>,
    now: u64,
) -> Result<Inserted, StoreError> {
    let hash = usage.payment_hash;
    let (state, owner) = match put {
        Put::ReservedBy(owner) => ("reserved", Some(owner)),
        Put::Done => ("done", None),
    };
    let amount = usage.amount.to_db();
    let amount = amount.ok_or_else(|| StoreError::Unreadable("an amount out of range".into()))?;
    let sql = "INSERT INTO redemption (payment_hash, route, token_kind, amount_msat, state, \
               owner, request_digest, attempts, created_at, updated_at, expires_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?8, ?9) ON CONFLICT DO NOTHING";
    let kind = usage.kind.name();
    let (route, digest) = (usage.route, usage.request_digest);
    let row =
        params![*hash.as_bytes(), route, kind, amount, state, owner, digest, now, usage.expires_at];
    if transaction.execute(sql, row)? != 1 {
        return Ok(Inserted::Known);
    }
    let paid = writer::balance(transaction, &AccountKey::L402(hash))?;
    if paid.credits.is_zero() {
        // The watcher did not know it as ours, or has not come to it yet.
        let settled = events::l402_settled(hash, usage.amount);
        writer::post(transaction, &[settled], milliseconds(now))?;
    } else if !paid.debits.is_zero() || paid.credits < usage.amount {
        let sql = "DELETE FROM redemption WHERE payment_hash = ?1";
        transaction.execute(sql, params![*hash.as_bytes()])?;
        return Ok(Inserted::Spent);
    }
    Ok(Inserted::New)
}

/// It bought an answer: all that was paid is the operator's, what a payer added to the price too.
fn book_income(
    transaction: &Transaction<'_>,
    hash: PaymentHash,
    route: &str,
    now: u64,
) -> Result<(), StoreError> {
    let paid = writer::balance(transaction, &AccountKey::L402(hash))?.available();
    let paid = paid.ok_or_else(|| StoreError::Unreadable("a payment below zero".into()))?;
    let redeemed = events::l402_redeemed(hash, route, paid);
    writer::post(transaction, &[redeemed], milliseconds(now))?;
    Ok(())
}

fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

fn read_route(transaction: &Transaction<'_>, hash: PaymentHash) -> Result<String, StoreError> {
    let sql = "SELECT route FROM redemption WHERE payment_hash = ?1";
    transaction.one(sql, params![*hash.as_bytes()], |row| row.get(0))
}

fn read(transaction: &Transaction<'_>, hash: PaymentHash) -> Result<Option<Row>, StoreError> {
    let sql = "SELECT state, request_digest, attempts, answer_status, answer_headers, \
               answer_body, updated_at FROM redemption WHERE payment_hash = ?1";
    transaction.optional(sql, params![*hash.as_bytes()], |row| {
        let answer = match (row.get(3)?, row.get(4)?, row.get(5)?) {
            (Some(status), Some(headers), Some(body)) => Some(KeptAnswer { status, headers, body }),
            _ => None,
        };
        Ok(Row {
            state: row.get(0)?,
            request_digest: row.get(1)?,
            attempts: row.get(2)?,
            answer,
            updated_at: row.get(6)?,
        })
    })
}

fn changed_one(rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        return Ok(());
    }
    Err(StoreError::Unreadable(format!("{rows} redemptions changed where one was meant")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_testing::{TestDatabase, database};

    async fn open(database: &TestDatabase) -> Redemptions {
        let schemas = || vec![farebox_store::schema(), farebox_ledger::schema(), crate::schema()];
        let store = database.open(schemas).await;
        let instance = Instance::start(store.clone()).await.unwrap();
        let redemptions = Redemptions::new(store, instance);
        redemptions.release_abandoned().await.unwrap();
        redemptions
    }

    fn usage(request: u8) -> Use {
        Use {
            payment_hash: PaymentHash::new([1; 32]),
            route: "weather",
            kind: TokenKind::OneShot,
            amount: Msat::new(5_000),
            request_digest: [request; 32],
            expires_at: 1_000_000,
        }
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
                Reservation::Reserved => reserved += 1,
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
        redemptions.finish(usage(1).payment_hash, Some(answer()), 11).await.unwrap();
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
        redemptions.finish(usage(1).payment_hash, Some(answer()), 11).await.unwrap();
        redemptions.purge(usage(1).expires_at + EXPIRED_KEPT_S + 1).await.unwrap();
        assert_eq!(redemptions.reserve(usage(2), 12).await.unwrap(), Reservation::Used);
        assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::Used);
        assert!(!redemptions.record(usage(1), 12).await.unwrap());
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
        assert!(redemptions.record(usage(1), 10).await.unwrap());
        assert!(redemptions.record(usage(1), 11).await.unwrap());
        assert!(!redemptions.record(usage(2), 12).await.unwrap());
    }

    #[tokio::test]
    async fn a_failed_request_gives_the_payment_back() {
        let database = database();
        let redemptions = open(&database).await;
        redemptions.reserve(usage(1), 10).await.unwrap();
        redemptions.release(usage(1).payment_hash, 11).await.unwrap();
        assert_eq!(redemptions.reserve(usage(2), 12).await.unwrap(), Reservation::Reserved);
    }

    #[tokio::test]
    async fn a_large_answer_is_made_again_a_few_times() {
        let database = database();
        let redemptions = open(&database).await;
        redemptions.reserve(usage(1), 10).await.unwrap();
        redemptions.finish(usage(1).payment_hash, None, 11).await.unwrap();
        for _ in 1..ATTEMPTS_MAX {
            assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::RunAgain);
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
        assert_eq!(restarted.reserve(usage(1), 12).await.unwrap(), Reservation::Reserved);
    }
}
