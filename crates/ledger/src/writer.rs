//! The books in a database. Every function runs inside a transaction that the caller opened, so
//! that a change of state and its transfers commit together.

use crate::books::{apply, check_shape, compare_with_known};
use crate::{
    AccountKey, Balance, ChainHash, GENESIS, NewTransfer, PostError, Posted, Transfer,
    TransferCode, TransferId,
};
use farebox_money::Msat;
use farebox_store::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;

/// Why an event was not booked.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The rules refuse it.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// For callers whose events the rules cannot refuse: a refusal then means damaged books.
impl From<WriteError> for StoreError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => error,
            WriteError::Post(error) => Self::Unreadable(format!("the ledger refuses: {error}")),
        }
    }
}

/// Books one event by the rules of [`crate::Books::post`].
///
/// # Errors
/// [`WriteError`]; the caller must roll back.
pub fn post(
    connection: &Connection,
    event: &[NewTransfer],
    now_ms: i64,
) -> Result<Posted, WriteError> {
    check_shape(event)?;
    let known = event.iter().map(|transfer| find(connection, transfer.id));
    let known = known.collect::<Result<Vec<_>, _>>()?;
    if compare_with_known(event, known.iter().map(Option::as_ref))? {
        return Ok(Posted::Before);
    }
    let mut ids = HashMap::new();
    let mut balances = HashMap::new();
    for account in event.iter().flat_map(|transfer| [&transfer.debit, &transfer.credit]) {
        if !ids.contains_key(account) {
            let (id, balance) = open_account(connection, account)?;
            ids.insert(account.clone(), id);
            balances.insert(account.clone(), balance);
        }
    }
    let changed = apply(event, |account| balances.get(account).copied().unwrap_or_default())?;
    append(connection, event, &ids, now_ms)?;
    for (account, balance) in &changed {
        let id = ids.get(account).ok_or_else(|| unreadable("an account vanished"))?;
        store_balance(connection, *id, *balance)?;
    }
    Ok(Posted::Now)
}

/// What an account has seen; zeros for one that was never used.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn balance(connection: &Connection, account: &AccountKey) -> Result<Balance, StoreError> {
    Ok(read_account(connection, account)?.map(|(_, balance)| balance).unwrap_or_default())
}

/// The number of transfers and the digest over them.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn head(connection: &Connection) -> Result<(u64, ChainHash), StoreError> {
    let sql = "SELECT seq, chain FROM ledger_transfer ORDER BY seq DESC LIMIT 1";
    let row = connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((seq, chain)) = row.optional()? else { return Ok((0, GENESIS)) };
    Ok((seq, chain_hash(chain)?))
}

fn append(
    connection: &Connection,
    event: &[NewTransfer],
    ids: &HashMap<AccountKey, i64>,
    now_ms: i64,
) -> Result<(), WriteError> {
    let (mut seq, mut chain) = head(connection)?;
    let sql = "INSERT INTO ledger_transfer (seq, id, debit, credit, amount_msat, code, reference, \
               at_ms, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let mut insert = connection.prepare_cached(sql)?;
    for asked in event {
        seq += 1;
        let posted = Transfer { seq, asked: asked.clone(), at_ms: now_ms };
        chain = chain.then(&posted);
        insert.execute(params![
            seq,
            asked.id.as_bytes(),
            ids.get(&asked.debit),
            ids.get(&asked.credit),
            to_db(asked.amount)?,
            asked.code.name(),
            asked.reference,
            now_ms,
            chain.as_bytes(),
        ])?;
    }
    Ok(())
}

fn find(connection: &Connection, id: TransferId) -> Result<Option<NewTransfer>, StoreError> {
    let sql = format!("{SELECT_TRANSFER} WHERE t.id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.as_bytes().as_slice()])?;
    rows.next()?.map(|row| Ok(read_transfer(row)?.0.asked)).transpose()
}

pub(crate) const SELECT_TRANSFER: &str = "SELECT t.seq, t.id, d.key, c.key, t.amount_msat, \
    t.code, t.reference, t.at_ms, t.chain FROM ledger_transfer t \
    JOIN ledger_account d ON d.id = t.debit JOIN ledger_account c ON c.id = t.credit";

pub(crate) fn read_transfer(row: &Row<'_>) -> Result<(Transfer, ChainHash), StoreError> {
    let id: Vec<u8> = row.get(1)?;
    let id = id.try_into().map_err(|_| unreadable("a transfer's id"))?;
    let code: String = row.get(5)?;
    let asked = NewTransfer {
        id: TransferId::new(id),
        debit: account_key(&row.get::<_, String>(2)?)?,
        credit: account_key(&row.get::<_, String>(3)?)?,
        amount: from_db(row.get(4)?)?,
        code: TransferCode::from_name(&code).ok_or_else(|| unreadable("a transfer's code"))?,
        reference: row.get(6)?,
    };
    let transfer = Transfer { seq: row.get(0)?, asked, at_ms: row.get(7)? };
    Ok((transfer, chain_hash(row.get(8)?)?))
}

fn open_account(
    connection: &Connection,
    account: &AccountKey,
) -> Result<(i64, Balance), WriteError> {
    if let Some(known) = read_account(connection, account)? {
        return Ok(known);
    }
    let sql = "INSERT INTO ledger_account (key, has_floor, debits_msat, credits_msat) \
               VALUES (?1, ?2, 0, 0)";
    let row = params![account.to_string(), account.class().has_floor()];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok((connection.last_insert_rowid(), Balance::default()))
}

fn read_account(
    connection: &Connection,
    account: &AccountKey,
) -> Result<Option<(i64, Balance)>, StoreError> {
    let sql = "SELECT id, debits_msat, credits_msat FROM ledger_account WHERE key = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let row = statement
        .query_row([account.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let Some((id, debits, credits)) = row.optional()? else { return Ok(None) };
    Ok(Some((id, Balance { debits: from_db(debits)?, credits: from_db(credits)? })))
}

fn store_balance(connection: &Connection, id: i64, balance: Balance) -> Result<(), WriteError> {
    let sql = "UPDATE ledger_account SET debits_msat = ?2, credits_msat = ?3 WHERE id = ?1";
    let row = params![id, to_db(balance.debits)?, to_db(balance.credits)?];
    match connection.prepare_cached(sql)?.execute(row)? {
        1 => Ok(()),
        _ => Err(unreadable("an account vanished").into()),
    }
}

pub(crate) fn account_key(text: &str) -> Result<AccountKey, StoreError> {
    text.parse().map_err(|error| StoreError::Unreadable(format!("{error}")))
}

pub(crate) fn from_db(msat: i64) -> Result<Msat, StoreError> {
    Msat::from_db(msat).ok_or_else(|| unreadable("an amount"))
}

fn to_db(amount: Msat) -> Result<i64, WriteError> {
    amount.to_db().ok_or_else(|| PostError::Overflow.into())
}

fn chain_hash(bytes: Vec<u8>) -> Result<ChainHash, StoreError> {
    let bytes = bytes.try_into().map_err(|_| unreadable("a digest"))?;
    Ok(ChainHash::new(bytes))
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(what.to_owned())
}
