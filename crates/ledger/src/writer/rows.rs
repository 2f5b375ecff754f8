//! Rows of the ledger's tables, read.

use super::unreadable;
use crate::{AccountKey, Balance, ChainHash, NewTransfer, Transfer, TransferCode};
use farebox_money::Msat;
use farebox_store::{Dialect, Row, StoreError, Transaction, Value, params};

/// An account as it is stored.
pub(super) struct AccountRow {
    pub(super) id: i64,
    pub(super) balance: Balance,
    pub(super) last_seq: u64,
}

/// A transfer as it is stored.
pub(crate) struct TransferRow {
    pub(crate) transfer: Transfer,
    pub(crate) debit_before: u64,
    pub(crate) credit_before: u64,
    pub(crate) chain: ChainHash,
}

/// Those of the accounts that there are, each with its place among `keys`.
pub(super) fn read_accounts(
    transaction: &Transaction<'_>,
    keys: &[String],
) -> Result<Vec<(usize, AccountRow)>, StoreError> {
    const COLUMNS: &str = "SELECT id, debits_msat, credits_msat, last_seq";
    match transaction.dialect() {
        Dialect::Sqlite => {
            let sql = [COLUMNS, " FROM ledger_account WHERE key = ?1"].concat();
            let rows = keys.iter().map(|key| [Value::Text(key.as_str().into())]);
            transaction.optional_each(&sql, rows, read_account)
        }
        Dialect::Postgres => {
            let sql = [
                COLUMNS,
                ", n.place FROM unnest(?1::text[]) WITH ORDINALITY AS n (key, place) \
                 JOIN ledger_account USING (key)",
            ]
            .concat();
            transaction.all(&sql, &[Value::Texts(keys)], |row| {
                Ok((row.get::<usize>(4)?.saturating_sub(1), read_account(row)?))
            })
        }
    }
}

fn read_account(row: &Row<'_>) -> Result<AccountRow, StoreError> {
    let balance = Balance { debits: from_db(row.get(1)?)?, credits: from_db(row.get(2)?)? };
    Ok(AccountRow { id: row.get(0)?, balance, last_seq: row.get(3)? })
}

/// Those of the asked transfers whose id was booked before, each with what was booked under it.
pub(super) fn read_known<'e>(
    transaction: &Transaction<'_>,
    asked: &[&'e NewTransfer],
) -> Result<Vec<(&'e NewTransfer, NewTransfer)>, StoreError> {
    let known = match transaction.dialect() {
        Dialect::Sqlite => known_in_sqlite(transaction, asked)?,
        Dialect::Postgres => known_in_postgres(transaction, asked)?,
    };
    let mut found = Vec::with_capacity(known.len());
    for (place, seq) in known {
        let booked = read_at(transaction, seq)?;
        let (asked, booked) = asked.get(place).zip(booked).ok_or_else(|| unreadable("a place"))?;
        found.push((*asked, booked.transfer.asked));
    }
    Ok(found)
}

fn known_in_sqlite(
    transaction: &Transaction<'_>,
    asked: &[&NewTransfer],
) -> Result<Vec<(usize, u64)>, StoreError> {
    let sql = "SELECT seq FROM ledger_transfer WHERE reference = ?1 AND code = ?2 AND leg = ?3";
    let ids = asked.iter().map(|asked| {
        let (reference, code) = (asked.reference.as_str(), asked.code.name());
        let leg = Value::Integer(asked.leg.into());
        [Value::Text(reference.into()), Value::Text(code.into()), leg]
    });
    transaction.optional_each(sql, ids, |row| row.get(0))
}

fn known_in_postgres(
    transaction: &Transaction<'_>,
    asked: &[&NewTransfer],
) -> Result<Vec<(usize, u64)>, StoreError> {
    let references: Vec<_> = asked.iter().map(|asked| asked.reference.clone()).collect();
    let codes: Vec<_> = asked.iter().map(|asked| asked.code.name().to_owned()).collect();
    let legs: Vec<_> = asked.iter().map(|asked| i64::from(asked.leg)).collect();
    let sql = "SELECT n.place, t.seq FROM unnest(?1::text[], ?2::text[], ?3::bigint[]) \
               WITH ORDINALITY AS n (reference, code, leg, place) JOIN ledger_transfer t \
               USING (reference, code, leg)";
    let columns = [Value::Texts(&references), Value::Texts(&codes), Value::Integers(&legs)];
    transaction.all(sql, &columns, |row| Ok((row.get::<usize>(0)?.saturating_sub(1), row.get(1)?)))
}

/// The transfer at a place of the log.
pub(super) fn read_at(
    transaction: &Transaction<'_>,
    seq: u64,
) -> Result<Option<TransferRow>, StoreError> {
    let sql = [SELECT_TRANSFER, " WHERE t.seq = ?1"].concat();
    transaction.optional(&sql, params![seq], read_transfer)
}

const SELECT_TRANSFER: &str = "SELECT t.seq, t.reference, t.code, t.leg, d.key, c.key, \
    t.amount_msat, t.at_ms, t.debit_before, t.credit_before, t.chain FROM ledger_transfer t \
    JOIN ledger_account d ON d.id = t.debit JOIN ledger_account c ON c.id = t.credit";

/// Transfers read at once: a long log does not fill the memory.
const PAGE_LEN: usize = 4_096;

/// Calls `read` with every transfer of the log, oldest first, or with why a row cannot be read.
pub(crate) fn each_transfer(
    transaction: &Transaction<'_>,
    mut read: impl FnMut(Result<TransferRow, StoreError>),
) -> Result<(), StoreError> {
    let sql = [SELECT_TRANSFER, " WHERE t.seq > ?1 ORDER BY t.seq LIMIT ?2"].concat();
    let mut after = i64::MIN;
    loop {
        let (mut rows, page) = (0, after);
        transaction.each(&sql, params![page, PAGE_LEN], |row| {
            rows += 1;
            after = row.get(0)?;
            read(read_transfer(row));
            Ok::<_, StoreError>(())
        })?;
        if rows < PAGE_LEN {
            return Ok(());
        }
    }
}

fn read_transfer(row: &Row<'_>) -> Result<TransferRow, StoreError> {
    let code: String = row.get(2)?;
    let asked = NewTransfer {
        reference: row.get(1)?,
        code: TransferCode::from_name(&code).ok_or_else(|| unreadable("a transfer's code"))?,
        leg: row.get(3)?,
        debit: account_key(&row.get::<String>(4)?)?,
        credit: account_key(&row.get::<String>(5)?)?,
        amount: from_db(row.get(6)?)?,
    };
    Ok(TransferRow {
        transfer: Transfer { seq: row.get(0)?, asked, at_ms: row.get(7)? },
        debit_before: row.get(8)?,
        credit_before: row.get(9)?,
        chain: ChainHash::new(row.get(10)?),
    })
}

pub(crate) fn account_key(text: &str) -> Result<AccountKey, StoreError> {
    text.parse().map_err(|error| StoreError::Unreadable(format!("{error}")))
}

pub(crate) fn from_db(msat: i64) -> Result<Msat, StoreError> {
    Msat::from_db(msat).ok_or_else(|| unreadable("an amount"))
}
