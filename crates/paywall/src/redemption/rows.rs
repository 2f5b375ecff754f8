//! The rows of redemptions, and which change follows which.

use super::{ATTEMPTS_MAX, AnswerSeal, REPEAT_WINDOW_S, Reservation, Use};
use crate::payment::{Paid, Payment, PaymentKey, Rail};
use farebox_ledger::{AccountKey, events, writer};
use farebox_money::Msat;
use farebox_store::lease;
use farebox_store::{StoreError, Transaction, params};
use farebox_wire::l402::TokenKind;
use farebox_wire::lightning::PaymentHash;

/// What a row says.
pub(super) struct Row {
    request_digest: Vec<u8>,
    state: String,
    attempts: i64,
    /// Sealed.
    answer: Option<Vec<u8>>,
    settled_as: Option<String>,
    updated_at: u64,
    expires_at: u64,
    owner: Option<String>,
}

impl Row {
    pub(super) fn is_verified(&self) -> bool {
        self.state != "open" || self.settled_as.is_some()
    }

    /// Where the money arrived, if it bought what it is shown for. A token says itself when it
    /// expires; of other payments the row knows it.
    pub(super) fn opened_as(self, usage: &Use, now: u64) -> Option<String> {
        let is_token = usage.payment.rail == Rail::Lightning;
        let same = self.request_digest == usage.request_digest;
        let has_opened = self.state == "done" && same && (is_token || now < self.expires_at);
        self.settled_as.filter(|_| has_opened)
    }
}

pub(super) fn release_abandoned(transaction: &Transaction<'_>) -> Result<u64, StoreError> {
    let alive = lease::alive(transaction)?;
    let select = "SELECT payment_key, owner FROM redemption \
                  WHERE state = 'reserved' OR (state = 'settling' AND owner IS NOT NULL)";
    let reserved = transaction.all(select, params![], |row| {
        Ok::<_, StoreError>((row.get::<[u8; 32]>(0)?, row.get::<Option<String>>(1)?))
    })?;
    // What was being collected may be here: its credential is good, and asked for again.
    let release = "UPDATE redemption SET owner = NULL, \
                   state = CASE state WHEN 'reserved' THEN 'open' ELSE state END \
                   WHERE payment_key = ?1";
    let mut released = 0;
    for (key, owner) in reserved {
        if !owner.is_some_and(|owner| alive.contains(&owner)) {
            released += transaction.execute(release, params![key])?;
        }
    }
    Ok(released)
}

pub(super) fn reserve(
    transaction: &Transaction<'_>,
    seal: &AnswerSeal,
    usage: &Use,
    owner: &str,
    now: u64,
) -> Result<Reservation, StoreError> {
    match insert(transaction, usage, &Put::ReservedBy(owner), now)? {
        Inserted::New => {
            return Ok(Reservation::Reserved { settled_as: usage.payment.settled_as.clone() });
        }
        Inserted::Known => {}
        Inserted::Spent => return Ok(Reservation::Used),
    }
    let row = read(transaction, usage.payment.key)?;
    let row = row.ok_or_else(|| StoreError::Unreadable("a redemption vanished".into()))?;
    let same = row.request_digest == usage.request_digest;
    let in_window = now < row.updated_at.saturating_add(REPEAT_WINDOW_S);
    let is_many = usage.kind == TokenKind::TimeBounded;
    let settled_as = row.settled_as;
    let answer = row.answer.filter(|_| same);
    let answer = answer.and_then(|sealed| seal.open(usage.payment.key, &sealed));
    match (row.state.as_str(), answer) {
        ("open", _) if usage.payment.is_tied_to_first_request && !same => {
            Ok(Reservation::OfAnotherRequest)
        }
        ("open", _) => {
            reserve_again(transaction, usage, owner, now)?;
            Ok(Reservation::Reserved { settled_as })
        }
        ("reserved", _) => Ok(Reservation::InProgress),
        ("settling", _) if same && row.owner.is_some() => Ok(Reservation::InProgress),
        ("settling", answer) if same => {
            let sql = "UPDATE redemption SET owner = ?2 WHERE payment_key = ?1";
            let values = params![*usage.payment.key.as_bytes(), owner];
            changed_one(transaction.execute(sql, values)?)?;
            Ok(Reservation::Settling(answer))
        }
        ("done", _) if is_many => Ok(Reservation::Used),
        ("done", Some(answer)) if same && in_window => Ok(Reservation::Answered(answer)),
        ("done", None) if same && in_window && row.attempts < ATTEMPTS_MAX => {
            let sql = "UPDATE redemption SET attempts = attempts + 1 WHERE payment_key = ?1";
            let values = params![*usage.payment.key.as_bytes()];
            changed_one(transaction.execute(sql, values)?)?;
            Ok(Reservation::RunAgain { settled_as })
        }
        // Until it is known, nobody is told to pay anew.
        ("settling", _) => Ok(Reservation::InProgress),
        ("done", _) => Ok(Reservation::Used),
        (other, _) => Err(StoreError::Unreadable(format!("redemption state {other:?}"))),
    }
}

fn reserve_again(
    transaction: &Transaction<'_>,
    usage: &Use,
    owner: &str,
    now: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE redemption SET state = 'reserved', request_digest = ?2, updated_at = ?3, \
               owner = ?4, expires_at = ?5 WHERE payment_key = ?1";
    let key = *usage.payment.key.as_bytes();
    let values = params![key, usage.request_digest, now, owner, usage.expires_at];
    changed_one(transaction.execute(sql, values)?)
}

/// Whether the payment opened this subject, now or before.
pub(super) fn record(
    transaction: &Transaction<'_>,
    usage: &Use,
    settled_as: &str,
    now: u64,
) -> Result<bool, StoreError> {
    match insert(transaction, usage, &Put::Done { settled_as }, now)? {
        Inserted::New => book_income(transaction, usage.payment.key, now)?,
        Inserted::Known => {
            let row = read(transaction, usage.payment.key)?;
            return Ok(row.is_some_and(|row| row.opened_as(usage, now).is_some()));
        }
        Inserted::Spent => return Ok(false),
    }
    Ok(true)
}

/// What became of a new row.
enum Inserted {
    /// It is there, and a Lightning payment is booked.
    New,
    /// There is one of this payment already.
    Known,
    /// The ledger knows the payment as spent, though its row is gone, or as less than the price.
    Spent,
}

/// In which state a new row is written.
enum Put<'a> {
    ReservedBy(&'a str),
    Done { settled_as: &'a str },
}

fn insert(
    transaction: &Transaction<'_>,
    usage: &Use,
    put: &Put<'_>,
    now: u64,
) -> Result<Inserted, StoreError> {
    let (state, owner, settled_as) = match put {
        Put::ReservedBy(owner) => ("reserved", Some(*owner), usage.payment.settled_as.clone()),
        Put::Done { settled_as } => ("done", None, Some((*settled_as).to_owned())),
    };
    let Payment { key, rail, paid, reference, .. } = &usage.payment;
    let (rail, reference, kind) = (rail.name(), reference.as_str(), usage.kind.name());
    let (msat, asset, units) = match paid {
        Paid::Msat(amount) => {
            let msat = amount.to_db();
            let out_of_range = || StoreError::Unreadable("an amount out of range".into());
            (Some(msat.ok_or_else(out_of_range)?), None, None)
        }
        Paid::Asset { asset, units } => (None, Some(asset.as_str()), Some(units.as_str())),
    };
    let sql = "INSERT INTO redemption (payment_key, rail, reference, route, token_kind, \
               amount_msat, asset, asset_units, state, settled_as, owner, request_digest, \
               attempts, created_at, updated_at, expires_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1, ?13, ?13, ?14) \
               ON CONFLICT DO NOTHING";
    let row = params![
        *key.as_bytes(),
        rail,
        reference,
        usage.route,
        kind,
        msat,
        asset,
        units,
        state,
        settled_as,
        owner,
        usage.request_digest,
        now,
        usage.expires_at
    ];
    if transaction.execute(sql, row)? != 1 {
        return Ok(Inserted::Known);
    }
    match paid {
        Paid::Msat(amount) => book_lightning(transaction, *key, *amount, now),
        Paid::Asset { .. } => Ok(Inserted::New),
    }
}

/// Books a Lightning payment that is used, unless that was done when it arrived.
fn book_lightning(
    transaction: &Transaction<'_>,
    key: PaymentKey,
    amount: Msat,
    now: u64,
) -> Result<Inserted, StoreError> {
    let hash = PaymentHash::new(*key.as_bytes());
    let paid = writer::balance(transaction, &AccountKey::L402(hash))?;
    if paid.credits.is_zero() {
        // The watcher did not know it as ours, or has not come to it yet.
        let settled = events::l402_settled(hash, amount);
        writer::post(transaction, &[settled], milliseconds(now))?;
    } else if !paid.debits.is_zero() || paid.credits < amount {
        let sql = "DELETE FROM redemption WHERE payment_key = ?1";
        transaction.execute(sql, params![*key.as_bytes()])?;
        return Ok(Inserted::Spent);
    }
    Ok(Inserted::New)
}

/// A Lightning payment bought an answer: all that was paid is the operator's, what a payer added
/// to the price too. Other payments went to the operator without passing through these books.
fn book_income(transaction: &Transaction<'_>, key: PaymentKey, now: u64) -> Result<(), StoreError> {
    let sql = "SELECT route, rail FROM redemption WHERE payment_key = ?1";
    let (route, rail): (String, String) =
        transaction.one(sql, params![*key.as_bytes()], |row| {
            Ok::<_, StoreError>((row.get(0)?, row.get(1)?))
        })?;
    if rail != Rail::Lightning.name() {
        return Ok(());
    }
    let hash = PaymentHash::new(*key.as_bytes());
    let paid = writer::balance(transaction, &AccountKey::L402(hash))?.available();
    let paid = paid.ok_or_else(|| StoreError::Unreadable("a payment below zero".into()))?;
    let redeemed = events::l402_redeemed(hash, &route, paid);
    writer::post(transaction, &[redeemed], milliseconds(now))?;
    Ok(())
}

pub(super) fn resume(
    transaction: &Transaction<'_>,
    key: PaymentKey,
    settled_as: &str,
    owner: &str,
    now: u64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE redemption SET state = 'reserved', settled_as = ?2, owner = ?3, \
               updated_at = ?4 WHERE payment_key = ?1 AND state = 'settling'";
    Ok(transaction.execute(sql, params![*key.as_bytes(), settled_as, owner, now])? == 1)
}

/// Keeps the answer of a payment whose money is here. Two repeats of a request may both find that
/// it arrived; the second changes nothing.
pub(super) fn finish(
    transaction: &Transaction<'_>,
    key: PaymentKey,
    answer: Option<&[u8]>,
    settled_as: &str,
    now: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE redemption SET state = 'done', answer = ?2, settled_as = ?3, \
               updated_at = ?4 WHERE payment_key = ?1 AND state IN ('reserved', 'settling')";
    let row = params![*key.as_bytes(), answer, settled_as, now];
    if transaction.execute(sql, row)? == 1 {
        return book_income(transaction, key, now);
    }
    let state = read(transaction, key)?.map(|row| row.state);
    changed_one(u64::from(state.as_deref() == Some("done")))
}

pub(super) fn await_settlement(
    transaction: &Transaction<'_>,
    key: PaymentKey,
    answer: Option<&[u8]>,
    now: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE redemption SET state = 'settling', answer = ?2, updated_at = ?3 \
               WHERE payment_key = ?1 AND state = 'reserved'";
    let row = params![*key.as_bytes(), answer, now];
    changed_one(transaction.execute(sql, row)?)
}

/// Nobody collects it at this moment, and whether it was collected is not known.
pub(super) fn leave_settling(
    transaction: &Transaction<'_>,
    key: PaymentKey,
    now: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE redemption SET owner = NULL, updated_at = ?2 \
               WHERE payment_key = ?1 AND state = 'settling'";
    changed_one(transaction.execute(sql, params![*key.as_bytes(), now])?)
}

/// Gives a payment back to its payer: its request did not succeed, or its money cannot be had.
/// An answer that was made and not given is forgotten.
pub(super) fn release(
    transaction: &Transaction<'_>,
    key: PaymentKey,
    now: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE redemption SET state = 'open', answer = NULL, updated_at = ?2 \
               WHERE payment_key = ?1 AND state IN ('reserved', 'settling')";
    changed_one(transaction.execute(sql, params![*key.as_bytes(), now])?)
}

pub(super) fn return_attempt(
    transaction: &Transaction<'_>,
    key: PaymentKey,
) -> Result<(), StoreError> {
    let sql = "UPDATE redemption SET attempts = attempts - 1 \
               WHERE payment_key = ?1 AND state = 'done' AND attempts > 1";
    changed_one(transaction.execute(sql, params![*key.as_bytes()])?)
}

pub(super) fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

pub(super) fn read(
    transaction: &Transaction<'_>,
    key: PaymentKey,
) -> Result<Option<Row>, StoreError> {
    let sql = "SELECT state, request_digest, attempts, answer, updated_at, settled_as, \
               expires_at, owner FROM redemption WHERE payment_key = ?1";
    transaction.optional(sql, params![*key.as_bytes()], |row| {
        Ok(Row {
            state: row.get(0)?,
            request_digest: row.get(1)?,
            attempts: row.get(2)?,
            answer: row.get(3)?,
            updated_at: row.get(4)?,
            settled_as: row.get(5)?,
            expires_at: row.get(6)?,
            owner: row.get(7)?,
        })
    })
}

fn changed_one(rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        return Ok(());
    }
    Err(StoreError::Unreadable(format!("{rows} redemptions changed where one was meant")))
}
