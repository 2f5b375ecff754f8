//! Events that are booked together: what they need is read once, the rules decide in memory, and
//! what they changed is written once.

use super::accounts::Accounts;
use super::rows::read_known;
use super::{head, unreadable};
use crate::books::{Balance, check_shape, compare_with_known, move_money};
use crate::chain::{ChainHash, Link};
use crate::{NewTransfer, PostError, Posted, TransferCode};
use farebox_store::{Dialect, StoreError, ToValue, Transaction, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// Names a transfer, without owning its text.
type Key<'e> = (&'e str, TransferCode, u8);

fn key_of(leg: &NewTransfer) -> Key<'_> {
    (&leg.reference, leg.code, leg.leg)
}

/// A transfer to be appended.
struct Appended<'e> {
    asked: &'e NewTransfer,
    seq: u64,
    /// Places of the two accounts among the batch's.
    debit: usize,
    credit: usize,
    debit_before: u64,
    credit_before: u64,
    chain: ChainHash,
}

/// The part of the books that some events touch.
pub(super) struct Batch<'e> {
    accounts: Accounts<'e>,
    /// Booked before, by this batch or an earlier one.
    known: HashMap<Key<'e>, Cow<'e, NewTransfer>>,
    now_ms: i64,
    seq: u64,
    chain: ChainHash,
    appended: Vec<Appended<'e>>,
}

impl<'e> Batch<'e> {
    pub(super) fn read(
        transaction: &Transaction<'_>,
        events: &[&'e [NewTransfer]],
        now_ms: i64,
    ) -> Result<Self, StoreError> {
        let legs: Vec<_> = events.iter().flat_map(|event| event.iter()).collect();
        let accounts = Accounts::read(transaction, &legs)?;
        let booked = read_known(transaction, &legs)?;
        let mut known = HashMap::with_capacity(booked.len());
        for (leg, booked) in booked {
            known.insert(key_of(leg), Cow::Owned(booked));
        }
        let (seq, chain) = head(transaction)?;
        let appended = Vec::with_capacity(legs.len());
        Ok(Self { accounts, known, now_ms, seq, chain, appended })
    }

    /// The rules of [`crate::Books::post`], on what was read.
    pub(super) fn post(&mut self, event: &'e [NewTransfer]) -> Result<Posted, PostError> {
        check_shape(event)?;
        if !self.known.is_empty() {
            let known = event.iter().map(|leg| self.known.get(&key_of(leg)).map(Cow::as_ref));
            if compare_with_known(event, known)? {
                return Ok(Posted::Before);
            }
        }
        self.move_all(event)?;
        for leg in event {
            self.append(leg)?;
        }
        Ok(Posted::Now)
    }

    /// Moves the money of all legs, or of none.
    fn move_all(&mut self, event: &[NewTransfer]) -> Result<(), PostError> {
        let mut undo: Vec<(usize, Balance)> = Vec::with_capacity(2 * event.len());
        for leg in event {
            let (debit, credit) = self.accounts.places(leg)?;
            let before = (self.accounts.balance(debit), self.accounts.balance(credit));
            match move_money(leg, before.0, before.1) {
                Ok(after) => {
                    undo.extend([(debit, before.0), (credit, before.1)]);
                    self.accounts.set_balance(debit, after.0);
                    self.accounts.set_balance(credit, after.1);
                }
                Err(error) => {
                    for (place, balance) in undo.into_iter().rev() {
                        self.accounts.set_balance(place, balance);
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn append(&mut self, asked: &'e NewTransfer) -> Result<(), PostError> {
        self.seq += 1;
        let (debit, credit) = self.accounts.places(asked)?;
        self.chain = self.chain.then_link(&Link {
            seq: self.seq,
            debit: self.accounts.name(debit),
            credit: self.accounts.name(credit),
            asked,
            at_ms: self.now_ms,
        });
        self.known.insert(key_of(asked), Cow::Borrowed(asked));
        self.appended.push(Appended {
            asked,
            seq: self.seq,
            debit,
            credit,
            debit_before: self.accounts.touch(debit, self.seq),
            credit_before: self.accounts.touch(credit, self.seq),
            chain: self.chain,
        });
        Ok(())
    }

    pub(super) fn write(mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        if self.appended.is_empty() {
            return Ok(());
        }
        self.accounts.write(transaction)?;
        match transaction.dialect() {
            Dialect::Sqlite => self.write_to_sqlite(transaction),
            Dialect::Postgres => self.write_to_postgres(transaction),
        }
    }

    fn write_to_sqlite(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO ledger_transfer (seq, reference, code, leg, debit, credit, \
                   amount_msat, at_ms, debit_before, credit_before, chain) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let rows = self.appended.iter().map(|row| self.sqlite_row(row));
        transaction.execute_each(sql, rows, |_| Ok(()))
    }

    fn sqlite_row<'a>(&'a self, row: &'a Appended<'e>) -> Result<[Value<'a>; 11], StoreError> {
        Ok([
            row.seq.to_value(),
            row.asked.reference.to_value(),
            Value::Text(row.asked.code.name().into()),
            row.asked.leg.to_value(),
            Value::Integer(self.accounts.id(row.debit)?),
            Value::Integer(self.accounts.id(row.credit)?),
            Value::Integer(amount(row.asked)?),
            Value::Integer(self.now_ms),
            row.debit_before.to_value(),
            row.credit_before.to_value(),
            row.chain.as_bytes().to_value(),
        ])
    }

    fn write_to_postgres(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO ledger_transfer (seq, reference, code, leg, debit, credit, \
                   amount_msat, at_ms, debit_before, credit_before, chain) \
                   SELECT n.seq, n.reference, n.code, n.leg, n.debit, n.credit, n.amount_msat, \
                   ?11, n.debit_before, n.credit_before, n.chain \
                   FROM unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::bigint[], \
                   ?5::bigint[], ?6::bigint[], ?7::bigint[], ?8::bigint[], ?9::bigint[], \
                   ?10::bytea[]) AS n (seq, reference, code, leg, debit, credit, amount_msat, \
                   debit_before, credit_before, chain)";
        let rows = &self.appended;
        let text = |text: fn(&NewTransfer) -> &str| -> Vec<String> {
            rows.iter().map(|row| text(row.asked).to_owned()).collect()
        };
        let debits: Result<Vec<_>, _> =
            rows.iter().map(|row| self.accounts.id(row.debit)).collect();
        let credits: Result<Vec<_>, _> =
            rows.iter().map(|row| self.accounts.id(row.credit)).collect();
        let amounts: Result<Vec<_>, _> = rows.iter().map(|row| amount(row.asked)).collect();
        let chains: Vec<_> = rows.iter().map(|row| row.chain.as_bytes().to_vec()).collect();
        transaction.execute(
            sql,
            &[
                Value::Integers(&places(rows, |row| row.seq)?),
                Value::Texts(&text(|asked| &asked.reference)),
                Value::Texts(&text(|asked| asked.code.name())),
                Value::Integers(&places(rows, |row| row.asked.leg.into())?),
                Value::Integers(&debits?),
                Value::Integers(&credits?),
                Value::Integers(&amounts?),
                Value::Integers(&places(rows, |row| row.debit_before)?),
                Value::Integers(&places(rows, |row| row.credit_before)?),
                Value::Blobs(&chains),
                Value::Integer(self.now_ms),
            ],
        )?;
        Ok(())
    }
}

fn places(rows: &[Appended<'_>], place: fn(&Appended<'_>) -> u64) -> Result<Vec<i64>, StoreError> {
    let place = |row| i64::try_from(place(row)).map_err(|_| unreadable("a place in the log"));
    rows.iter().map(place).collect()
}

fn amount(asked: &NewTransfer) -> Result<i64, StoreError> {
    asked.amount.to_db().ok_or_else(|| unreadable("an amount"))
}
