//! The accounts that a batch touches.

use super::rows::read_accounts;
use super::unreadable;
use crate::{AccountKey, Balance, NewTransfer, PostError};
use farebox_store::{Dialect, StoreError, ToValue, Transaction, Value};
use std::collections::HashMap;

/// An account on its way through a batch.
struct Account {
    /// `None` until it has a row.
    id: Option<i64>,
    name: String,
    has_floor: bool,
    balance: Balance,
    last_seq: u64,
    is_changed: bool,
}

/// Accounts by their place.
pub(super) struct Accounts<'e> {
    places: HashMap<&'e AccountKey, usize>,
    accounts: Vec<Account>,
}

impl<'e> Accounts<'e> {
    /// Those that some transfers name, as they are; new ones are at zero.
    pub(super) fn read(
        transaction: &Transaction<'_>,
        legs: &[&'e NewTransfer],
    ) -> Result<Self, StoreError> {
        let mut places: HashMap<&'e AccountKey, usize> = HashMap::with_capacity(2 * legs.len());
        let mut accounts: Vec<Account> = Vec::new();
        for key in legs.iter().flat_map(|leg| [&leg.debit, &leg.credit]) {
            places.entry(key).or_insert_with(|| {
                accounts.push(Account::new(key));
                accounts.len() - 1
            });
        }
        let names: Vec<_> = accounts.iter().map(|account| account.name.clone()).collect();
        for (place, row) in read_accounts(transaction, &names)? {
            let account = accounts.get_mut(place).ok_or_else(|| unreadable("an account's key"))?;
            account.id = Some(row.id);
            (account.balance, account.last_seq) = (row.balance, row.last_seq);
        }
        Ok(Self { places, accounts })
    }

    /// The places of a transfer's accounts, debit first.
    pub(super) fn places(&self, leg: &NewTransfer) -> Result<(usize, usize), PostError> {
        // Every leg of a batch was read; one that was not has nothing to move.
        let place = |key| self.places.get(key).copied().ok_or(PostError::Shape);
        Ok((place(&leg.debit)?, place(&leg.credit)?))
    }

    pub(super) fn name(&self, place: usize) -> &str {
        self.accounts.get(place).map_or("", |account| account.name.as_str())
    }

    pub(super) fn balance(&self, place: usize) -> Balance {
        self.accounts.get(place).map(|account| account.balance).unwrap_or_default()
    }

    pub(super) fn set_balance(&mut self, place: usize, balance: Balance) {
        if let Some(account) = self.accounts.get_mut(place) {
            account.balance = balance;
        }
    }

    /// Makes `seq` the account's last transfer and returns the one before.
    pub(super) fn touch(&mut self, place: usize, seq: u64) -> u64 {
        let Some(account) = self.accounts.get_mut(place) else { return 0 };
        account.is_changed = true;
        std::mem::replace(&mut account.last_seq, seq)
    }

    pub(super) fn id(&self, place: usize) -> Result<i64, StoreError> {
        let id = self.accounts.get(place).and_then(|account| account.id);
        id.ok_or_else(|| unreadable("an account without a row"))
    }

    /// Writes what changed; new accounts have rows then.
    pub(super) fn write(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let changed = self.accounts.iter_mut().filter(|account| account.is_changed);
        let (old, new): (Vec<_>, Vec<_>) = changed.partition(|account| account.id.is_some());
        match transaction.dialect() {
            Dialect::Sqlite => {
                update_in_sqlite(transaction, &old)?;
                insert_in_sqlite(transaction, new)
            }
            Dialect::Postgres => {
                update_in_postgres(transaction, &old)?;
                insert_in_postgres(transaction, new)
            }
        }
    }
}

impl Account {
    fn new(key: &AccountKey) -> Self {
        Self {
            id: None,
            name: key.to_string(),
            has_floor: key.class().has_floor(),
            balance: Balance::default(),
            last_seq: 0,
            is_changed: false,
        }
    }

    fn totals(&self) -> Result<(i64, i64), StoreError> {
        let totals = (self.balance.debits.to_db(), self.balance.credits.to_db());
        match totals {
            (Some(debits), Some(credits)) => Ok((debits, credits)),
            _ => Err(unreadable("a total")),
        }
    }
}

fn update_in_sqlite(
    transaction: &Transaction<'_>,
    accounts: &[&mut Account],
) -> Result<(), StoreError> {
    let sql = "UPDATE ledger_account SET debits_msat = ?2, credits_msat = ?3, last_seq = ?4 \
               WHERE id = ?1";
    let row = |account: &&mut Account| {
        let (debits, credits) = account.totals()?;
        Ok([
            account.id.to_value(),
            Value::Integer(debits),
            Value::Integer(credits),
            account.last_seq.to_value(),
        ]
        .map(into_static))
    };
    transaction.execute_each(sql, accounts.iter().map(row), |changed| match changed {
        1 => Ok(()),
        _ => Err(unreadable("an account vanished")),
    })
}

/// Numbers borrow nothing.
fn into_static(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Integer(value) => Value::Integer(value),
        Value::Null => Value::Null,
        _ => Value::OutOfRange,
    }
}

fn insert_in_sqlite(
    transaction: &Transaction<'_>,
    accounts: Vec<&mut Account>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO ledger_account (key, has_floor, debits_msat, credits_msat, last_seq) \
               VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id";
    for account in accounts {
        let (debits, credits) = account.totals()?;
        let row = farebox_store::params![
            account.name,
            account.has_floor,
            debits,
            credits,
            account.last_seq
        ];
        account.id = Some(transaction.one(sql, row, |row| row.get::<i64>(0))?);
    }
    Ok(())
}

fn update_in_postgres(
    transaction: &Transaction<'_>,
    accounts: &[&mut Account],
) -> Result<(), StoreError> {
    if accounts.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE ledger_account a SET debits_msat = n.debits, credits_msat = n.credits, \
               last_seq = n.last_seq \
               FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[]) \
               AS n (id, debits, credits, last_seq) WHERE a.id = n.id";
    let ids: Vec<_> = accounts.iter().filter_map(|account| account.id).collect();
    let columns = Columns::of(accounts.iter().map(|account| &**account))?;
    let columns = [
        Value::Integers(&ids),
        Value::Integers(&columns.debits),
        Value::Integers(&columns.credits),
        Value::Integers(&columns.last_seqs),
    ];
    match transaction.execute(sql, &columns)? {
        changed if changed == accounts.len() as u64 => Ok(()),
        _ => Err(unreadable("an account vanished")),
    }
}

fn insert_in_postgres(
    transaction: &Transaction<'_>,
    accounts: Vec<&mut Account>,
) -> Result<(), StoreError> {
    if accounts.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO ledger_account (key, has_floor, debits_msat, credits_msat, last_seq) \
               SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::bigint[], ?4::bigint[], \
               ?5::bigint[]) RETURNING key, id";
    let names: Vec<_> = accounts.iter().map(|account| account.name.clone()).collect();
    let floors: Vec<_> = accounts.iter().map(|account| i64::from(account.has_floor)).collect();
    let columns = Columns::of(accounts.iter().map(|account| &**account))?;
    let columns = [
        Value::Texts(&names),
        Value::Integers(&floors),
        Value::Integers(&columns.debits),
        Value::Integers(&columns.credits),
        Value::Integers(&columns.last_seqs),
    ];
    let read = |row: &farebox_store::Row<'_>| Ok::<_, StoreError>((row.get(0)?, row.get(1)?));
    let ids: HashMap<String, i64> = transaction.all(sql, &columns, read)?.into_iter().collect();
    for account in accounts {
        account.id = ids.get(&account.name).copied();
    }
    Ok(())
}

/// What is written of several accounts.
#[derive(Default)]
struct Columns {
    debits: Vec<i64>,
    credits: Vec<i64>,
    last_seqs: Vec<i64>,
}

impl Columns {
    fn of<'a>(accounts: impl Iterator<Item = &'a Account>) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for account in accounts {
            let (debits, credits) = account.totals()?;
            columns.debits.push(debits);
            columns.credits.push(credits);
            let last_seq = i64::try_from(account.last_seq);
            columns.last_seqs.push(last_seq.map_err(|_| unreadable("a place in the log"))?);
        }
        Ok(columns)
    }
}
