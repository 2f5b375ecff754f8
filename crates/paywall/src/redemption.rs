//! Payments that were used: reserved before a handler runs, kept with the answer.

use crate::answer::KeptAnswer;
use farebox_ledger::{AccountKey, NewTransfer, TransferCode, writer};
use farebox_money::Msat;
use farebox_store::rusqlite::{Connection, OptionalExtension, params};
use farebox_store::{Database, StoreError};
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
pub(crate) struct Redemptions(Database);

struct Row {
    state: String,
    request_digest: Vec<u8>,
    attempts: i64,
    answer: Option<KeptAnswer>,
    updated_at: u64,
}

impl Redemptions {
    /// Reservations of an earlier process have no handler any more: in doubt the payer keeps
    /// the money's worth.
    pub(crate) async fn open(database: Database) -> Result<Self, StoreError> {
        let release = |connection: &Connection| -> Result<usize, StoreError> {
            let sql = "UPDATE redemption SET state = 'open' WHERE state = 'reserved'";
            Ok(connection.execute(sql, [])?)
        };
        let released = database.write(release).await?;
        if released > 0 {
            tracing::warn!(released, "payments whose requests were cut off can be used again");
        }
        Ok(Self(database))
    }

    pub(crate) async fn reserve(&self, usage: Use, now: u64) -> Result<Reservation, StoreError> {
        self.0.write(move |connection| reserve(connection, &usage, now)).await
    }

    /// Records that a payment bought a token that can be used many times. Whether it did: one
    /// payment opens one subject, whatever tokens were handed out for it.
    pub(crate) async fn record(&self, usage: Use, now: u64) -> Result<bool, StoreError> {
        let record = move |connection: &Connection| -> Result<bool, StoreError> {
            let hash = usage.payment_hash;
            match insert(connection, &usage, "done", now)? {
                Inserted::New => book_income(connection, hash, usage.route, usage.amount, now)?,
                Inserted::Known => {
                    let row = read(connection, hash)?;
                    return Ok(row.is_some_and(|row| row.request_digest == usage.request_digest));
                }
                Inserted::Spent => return Ok(false),
            }
            Ok(true)
        };
        self.0.write(record).await
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
        let finish = move |connection: &Connection| -> Result<(), StoreError> {
            let (status, headers, body) = answer.map_or((None, None, None), |answer| {
                (Some(answer.status), Some(answer.headers), Some(answer.body))
            });
            let sql = "UPDATE redemption SET state = 'done', answer_status = ?2, \
                       answer_headers = ?3, answer_body = ?4, updated_at = ?5 \
                       WHERE payment_hash = ?1 AND state = 'reserved'";
            let row = params![hash.as_bytes(), status, headers, body, now];
            changed_one(connection.prepare_cached(sql)?.execute(row)?)?;
            let (route, amount) = read_sale(connection, hash)?;
            book_income(connection, hash, &route, amount, now)
        };
        self.0.write(finish).await
    }

    /// Gives a reserved payment back to its payer: its request did not succeed.
    pub(crate) async fn release(&self, hash: PaymentHash, now: u64) -> Result<(), StoreError> {
        let release = move |connection: &Connection| -> Result<(), StoreError> {
            let sql = "UPDATE redemption SET state = 'open', updated_at = ?2 \
                       WHERE payment_hash = ?1 AND state = 'reserved'";
            let row = params![hash.as_bytes(), now];
            changed_one(connection.prepare_cached(sql)?.execute(row)?)
        };
        self.0.write(release).await
    }

    /// Drops answers past their window and rows past their token's life.
    pub(crate) async fn purge(&self, now: u64) -> Result<(), StoreError> {
        let purge = move |connection: &Connection| -> Result<(), StoreError> {
            connection.execute(
                "UPDATE redemption SET answer_headers = NULL, answer_body = NULL \
                 WHERE answer_body IS NOT NULL AND updated_at < ?1",
                [now.saturating_sub(REPEAT_WINDOW_S)],
            )?;
            connection.execute(
                "DELETE FROM redemption WHERE expires_at < ?1 AND state <> 'reserved'",
                [now.saturating_sub(EXPIRED_KEPT_S)],
            )?;
            Ok(())
        };
        self.0.write(purge).await
    }
}

fn reserve(connection: &Connection, usage: &Use, now: u64) -> Result<Reservation, StoreError> {
    match insert(connection, usage, "reserved", now)? {
        Inserted::New => return Ok(Reservation::Reserved),
        Inserted::Known => {}
        Inserted::Spent => return Ok(Reservation::Used),
    }
    let row = read(connection, usage.payment_hash)?;
    let row = row.ok_or_else(|| StoreError::Unreadable("a redemption vanished".into()))?;
    let same = row.request_digest == usage.request_digest;
    let in_window = now < row.updated_at.saturating_add(REPEAT_WINDOW_S);
    match (row.state.as_str(), row.answer) {
        ("open", _) => {
            let sql = "UPDATE redemption SET state = 'reserved', request_digest = ?2, \
                       updated_at = ?3 WHERE payment_hash = ?1";
            let values =
                params![usage.payment_hash.as_bytes(), usage.request_digest.as_slice(), now];
            changed_one(connection.prepare_cached(sql)?.execute(values)?)?;
            Ok(Reservation::Reserved)
        }
        ("reserved", _) => Ok(Reservation::InProgress),
        ("done", Some(answer)) if same && in_window => Ok(Reservation::Answered(answer)),
        ("done", None) if same && in_window && row.attempts < ATTEMPTS_MAX => {
            let sql = "UPDATE redemption SET attempts = attempts + 1 WHERE payment_hash = ?1";
            let values = params![usage.payment_hash.as_bytes()];
            changed_one(connection.prepare_cached(sql)?.execute(values)?)?;
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
    /// The ledger knows the payment as spent, though its row is gone.
    Spent,
}

fn insert(
    connection: &Connection,
    usage: &Use,
    state: &str,
    now: u64,
) -> Result<Inserted, StoreError> {
    let amount = usage.amount.to_db();
    let amount = amount.ok_or_else(|| StoreError::Unreadable("an amount out of range".into()))?;
    let sql = "INSERT INTO redemption (payment_hash, route, token_kind, amount_msat, state, \
               request_digest, attempts, created_at, updated_at, expires_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?8) ON CONFLICT DO NOTHING";
    let row = params![
        usage.payment_hash.as_bytes(),
        usage.route,
        usage.kind.name(),
        amount,
        state,
        usage.request_digest.as_slice(),
        now,
        usage.expires_at,
    ];
    let is_new = connection.prepare_cached(sql)?.execute(row)? == 1;
    if !is_new {
        return Ok(Inserted::Known);
    }
    let account = AccountKey::L402(usage.payment_hash);
    if !writer::balance(connection, &account)?.debits.is_zero() {
        let sql = "DELETE FROM redemption WHERE payment_hash = ?1";
        connection.execute(sql, params![usage.payment_hash.as_bytes()])?;
        return Ok(Inserted::Spent);
    }
    book_settlement(connection, usage.payment_hash, usage.amount, now)?;
    Ok(Inserted::New)
}

/// The node has it, and it is owed to whoever holds the token.
fn book_settlement(
    connection: &Connection,
    hash: PaymentHash,
    amount: Msat,
    now: u64,
) -> Result<(), StoreError> {
    let code = TransferCode::L402Settled;
    let to = AccountKey::L402(hash);
    let settled = NewTransfer::new(code, &hash.to_string(), 0, AccountKey::Node, to, amount);
    writer::post(connection, &[settled], milliseconds(now))?;
    Ok(())
}

/// It bought an answer: it is the operator's.
fn book_income(
    connection: &Connection,
    hash: PaymentHash,
    route: &str,
    amount: Msat,
    now: u64,
) -> Result<(), StoreError> {
    let (from, to) = (AccountKey::L402(hash), AccountKey::Income(route.to_owned()));
    let code = TransferCode::L402Redeemed;
    let redeemed = NewTransfer::new(code, &hash.to_string(), 0, from, to, amount);
    writer::post(connection, &[redeemed], milliseconds(now))?;
    Ok(())
}

fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

fn read_sale(connection: &Connection, hash: PaymentHash) -> Result<(String, Msat), StoreError> {
    let sql = "SELECT route, amount_msat FROM redemption WHERE payment_hash = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let (route, amount) =
        statement.query_row(params![hash.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let amount = Msat::from_db(amount);
    Ok((route, amount.ok_or_else(|| StoreError::Unreadable("an amount".into()))?))
}

fn read(connection: &Connection, hash: PaymentHash) -> Result<Option<Row>, StoreError> {
    let sql = "SELECT state, request_digest, attempts, answer_status, answer_headers, \
               answer_body, updated_at FROM redemption WHERE payment_hash = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let row = statement.query_row(params![hash.as_bytes()], |row| {
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
    });
    Ok(row.optional()?)
}

fn changed_one(rows: usize) -> Result<(), StoreError> {
    if rows == 1 {
        return Ok(());
    }
    Err(StoreError::Unreadable(format!("{rows} redemptions changed where one was meant")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_store::DatabaseOptions;

    fn open(folder: &tempfile::TempDir) -> Database {
        let path = folder.path().join("paywall.sqlite");
        let schemas = [farebox_ledger::schema(), crate::schema()];
        Database::open(&path, schemas, DatabaseOptions::Exclusive).unwrap()
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
        let folder = tempfile::tempdir().unwrap();
        let redemptions = Redemptions::open(open(&folder)).await.unwrap();
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
        let folder = tempfile::tempdir().unwrap();
        let redemptions = Redemptions::open(open(&folder)).await.unwrap();
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
        let folder = tempfile::tempdir().unwrap();
        let redemptions = Redemptions::open(open(&folder)).await.unwrap();
        redemptions.reserve(usage(1), 10).await.unwrap();
        redemptions.finish(usage(1).payment_hash, Some(answer()), 11).await.unwrap();
        redemptions.purge(usage(1).expires_at + EXPIRED_KEPT_S + 1).await.unwrap();
        assert_eq!(redemptions.reserve(usage(2), 12).await.unwrap(), Reservation::Used);
        assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::Used);
        assert!(!redemptions.record(usage(1), 12).await.unwrap());
    }

    #[tokio::test]
    async fn a_reservation_is_never_purged() {
        let folder = tempfile::tempdir().unwrap();
        let redemptions = Redemptions::open(open(&folder)).await.unwrap();
        redemptions.reserve(usage(1), 10).await.unwrap();
        redemptions.purge(u64::from(u32::MAX)).await.unwrap();
        assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::InProgress);
    }

    #[tokio::test]
    async fn one_payment_opens_one_subject() {
        let folder = tempfile::tempdir().unwrap();
        let redemptions = Redemptions::open(open(&folder)).await.unwrap();
        assert!(redemptions.record(usage(1), 10).await.unwrap());
        assert!(redemptions.record(usage(1), 11).await.unwrap());
        assert!(!redemptions.record(usage(2), 12).await.unwrap());
    }

    #[tokio::test]
    async fn a_failed_request_gives_the_payment_back() {
        let folder = tempfile::tempdir().unwrap();
        let redemptions = Redemptions::open(open(&folder)).await.unwrap();
        redemptions.reserve(usage(1), 10).await.unwrap();
        redemptions.release(usage(1).payment_hash, 11).await.unwrap();
        assert_eq!(redemptions.reserve(usage(2), 12).await.unwrap(), Reservation::Reserved);
    }

    #[tokio::test]
    async fn a_large_answer_is_made_again_a_few_times() {
        let folder = tempfile::tempdir().unwrap();
        let redemptions = Redemptions::open(open(&folder)).await.unwrap();
        redemptions.reserve(usage(1), 10).await.unwrap();
        redemptions.finish(usage(1).payment_hash, None, 11).await.unwrap();
        for _ in 1..ATTEMPTS_MAX {
            assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::RunAgain);
        }
        assert_eq!(redemptions.reserve(usage(1), 12).await.unwrap(), Reservation::Used);
    }

    #[tokio::test]
    async fn a_cut_off_reservation_is_free_again_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder);
        let redemptions = Redemptions::open(database.clone()).await.unwrap();
        redemptions.reserve(usage(1), 10).await.unwrap();
        let restarted = Redemptions::open(database).await.unwrap();
        assert_eq!(restarted.reserve(usage(1), 12).await.unwrap(), Reservation::Reserved);
    }
}
