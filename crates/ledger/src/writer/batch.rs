//! Events that are booked together: what they need is read once, the rules decide in memory, and
//! what they changed is written once.

use super::rows::{read_accounts, read_known};
use super::{head, unreadable};
use crate::books::{apply, check_shape, compare_with_known};
use crate::{AccountKey, Balance, ChainHash, NewTransfer, PostError, Posted, Transfer, TransferId};
use farebox_money::Msat;
use farebox_store::{Dialect, StoreError, Transaction, Value, params};
use std::collections::HashMap;

/// An account on its way through a batch.
#[derive(Default)]
struct Account {
    id: Option<i64>,
    balance: Balance,
    last_seq: u64,
    is_changed: bool,
}

/// A transfer to be appended.
struct Appended {
    transfer: Transfer,
    debit_before: u64,
    credit_before: u64,
    chain: ChainHash,
}

/// The part of the books that some events touch.
pub(super) struct Batch {
    accounts: HashMap<AccountKey, Account>,
    known: HashMap<TransferId, NewTransfer>,
    seq: u64,
    chain: ChainHash,
    appended: Vec<Appended>,
}

impl Batch {
    pub(super) fn read(
        transaction: &Transaction<'_>,
        events: &[&[NewTransfer]],
    ) -> Result<Self, StoreError> {
        let legs: Vec<_> = events.iter().flat_map(|event| event.iter()).collect();
        let mut accounts: HashMap<AccountKey, Account> = HashMap::new();
        for leg in &legs {
            for key in [&leg.debit, &leg.credit] {
                if !accounts.contains_key(key) {
                    accounts.insert(key.clone(), Account::default());
                }
            }
        }
        let mut keys: HashMap<String, AccountKey> =
            accounts.keys().map(|key| (key.to_string(), key.clone())).collect();
        let names: Vec<_> = keys.keys().cloned().collect();
        for row in read_accounts(transaction, &names)? {
            let key = keys.remove(&row.key).ok_or_else(|| unreadable("an account's key"))?;
            let (id, balance, last_seq) = (Some(row.id), row.balance, row.last_seq);
            accounts.insert(key, Account { id, balance, last_seq, is_changed: false });
        }
        let known = read_known(transaction, &legs)?.into_iter();
        let known = known.map(|transfer| (transfer.id(), transfer)).collect();
        let (seq, chain) = head(transaction)?;
        Ok(Self { accounts, known, seq, chain, appended: Vec::with_capacity(legs.len()) })
    }

    /// The rules of [`crate::Books::post`], on what was read.
    pub(super) fn post(&mut self, event: &[NewTransfer], now_ms: i64) -> Result<Posted, PostError> {
        check_shape(event)?;
        let known = event.iter().map(|leg| self.known.get(&leg.id()));
        if compare_with_known(event, known)? {
            return Ok(Posted::Before);
        }
        let balance = |key: &AccountKey| {
            self.accounts.get(key).map(|account| account.balance).unwrap_or_default()
        };
        let changed = apply(event, balance)?;
        for balance in changed.values() {
            to_db(balance.debits)?;
            to_db(balance.credits)?;
        }
        for leg in event {
            self.append(leg, now_ms);
        }
        for (key, balance) in changed {
            let account = self.accounts.entry(key).or_default();
            (account.balance, account.is_changed) = (balance, true);
        }
        Ok(Posted::Now)
    }

    fn append(&mut self, leg: &NewTransfer, now_ms: i64) {
        self.seq += 1;
        let transfer = Transfer { seq: self.seq, asked: leg.clone(), at_ms: now_ms };
        self.chain = self.chain.then(&transfer);
        let debit_before = self.touch(&leg.debit);
        let credit_before = self.touch(&leg.credit);
        self.known.insert(leg.id(), leg.clone());
        let chain = self.chain;
        self.appended.push(Appended { transfer, debit_before, credit_before, chain });
    }

    /// Makes the transfer at hand the account's last and returns the one before.
    fn touch(&mut self, key: &AccountKey) -> u64 {
        let seq = self.seq;
        let account = self.accounts.entry(key.clone()).or_default();
        std::mem::replace(&mut account.last_seq, seq)
    }

    pub(super) fn write(mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        if self.appended.is_empty() {
            return Ok(());
        }
        match transaction.dialect() {
            Dialect::Sqlite => {
                self.write_accounts_to_sqlite(transaction)?;
                self.write_log_to_sqlite(transaction)
            }
            Dialect::Postgres => {
                self.write_accounts_to_postgres(transaction)?;
                self.write_log_to_postgres(transaction)
            }
        }
    }

    fn write_accounts_to_sqlite(
        &mut self,
        transaction: &Transaction<'_>,
    ) -> Result<(), StoreError> {
        let update = "UPDATE ledger_account SET debits_msat = ?2, credits_msat = ?3, \
                      last_seq = ?4 WHERE id = ?1";
        let insert = "INSERT INTO ledger_account \
                      (key, has_floor, debits_msat, credits_msat, last_seq) \
                      VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id";
        for (key, account) in &mut self.accounts {
            if !account.is_changed {
                continue;
            }
            let (debits, credits) = totals(account)?;
            if let Some(id) = account.id {
                let row = params![id, debits, credits, account.last_seq];
                if transaction.execute(update, row)? != 1 {
                    return Err(unreadable("an account vanished"));
                }
                continue;
            }
            let floor = key.class().has_floor();
            let name = key.to_string();
            let row = params![name, floor, debits, credits, account.last_seq];
            account.id = Some(transaction.one(insert, row, |row| row.get::<i64>(0))?);
        }
        Ok(())
    }

    fn write_log_to_sqlite(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO ledger_transfer (seq, reference, code, leg, debit, credit, \
                   amount_msat, at_ms, debit_before, credit_before, chain) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        for row in &self.appended {
            let asked = &row.transfer.asked;
            transaction.execute(
                sql,
                params![
                    row.transfer.seq,
                    asked.reference,
                    asked.code.name(),
                    asked.leg,
                    self.id(&asked.debit)?,
                    self.id(&asked.credit)?,
                    to_db(asked.amount).map_err(refused)?,
                    row.transfer.at_ms,
                    row.debit_before,
                    row.credit_before,
                    row.chain.as_bytes(),
                ],
            )?;
        }
        Ok(())
    }

    fn write_accounts_to_postgres(
        &mut self,
        transaction: &Transaction<'_>,
    ) -> Result<(), StoreError> {
        let mut old = Columns::default();
        let mut new = Columns::default();
        let mut new_keys = HashMap::new();
        for (key, account) in self.accounts.iter().filter(|(_, account)| account.is_changed) {
            match account.id {
                Some(id) => old.push(id, account)?,
                None => {
                    new.push(i64::from(key.class().has_floor()), account)?;
                    new.keys.push(key.to_string());
                    new_keys.insert(key.to_string(), key.clone());
                }
            }
        }
        if !new.keys.is_empty() {
            for (name, id) in new.insert(transaction)? {
                let account = new_keys.get(&name).and_then(|key| self.accounts.get_mut(key));
                account.ok_or_else(|| unreadable("an account's key"))?.id = Some(id);
            }
        }
        old.update(transaction)
    }

    fn write_log_to_postgres(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO ledger_transfer (seq, reference, code, leg, debit, credit, \
                   amount_msat, at_ms, debit_before, credit_before, chain) \
                   SELECT * FROM unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::bigint[], \
                   ?5::bigint[], ?6::bigint[], ?7::bigint[], ?8::bigint[], ?9::bigint[], \
                   ?10::bigint[], ?11::bytea[])";
        let rows = &self.appended;
        let texts = |text: fn(&NewTransfer) -> String| -> Vec<String> {
            rows.iter().map(|row| text(&row.transfer.asked)).collect()
        };
        let debits = rows.iter().map(|row| self.id(&row.transfer.asked.debit));
        let credits = rows.iter().map(|row| self.id(&row.transfer.asked.credit));
        let amounts = rows.iter().map(|row| to_db(row.transfer.asked.amount).map_err(refused));
        let chains: Vec<_> = rows.iter().map(|row| row.chain.as_bytes().to_vec()).collect();
        transaction.execute(
            sql,
            &[
                Value::Integers(&places(rows, |row| row.transfer.seq)?),
                Value::Texts(&texts(|asked| asked.reference.clone())),
                Value::Texts(&texts(|asked| asked.code.name().to_owned())),
                Value::Integers(&places(rows, |row| row.transfer.asked.leg.into())?),
                Value::Integers(&debits.collect::<Result<Vec<_>, _>>()?),
                Value::Integers(&credits.collect::<Result<Vec<_>, _>>()?),
                Value::Integers(&amounts.collect::<Result<Vec<_>, _>>()?),
                Value::Integers(&rows.iter().map(|row| row.transfer.at_ms).collect::<Vec<_>>()),
                Value::Integers(&places(rows, |row| row.debit_before)?),
                Value::Integers(&places(rows, |row| row.credit_before)?),
                Value::Blobs(&chains),
            ],
        )?;
        Ok(())
    }

    fn id(&self, key: &AccountKey) -> Result<i64, StoreError> {
        let id = self.accounts.get(key).and_then(|account| account.id);
        id.ok_or_else(|| unreadable("an account without a row"))
    }
}

/// Accounts as columns, for statements about many at once.
#[derive(Default)]
struct Columns {
    keys: Vec<String>,
    /// The ids of known accounts, the floors of new ones.
    firsts: Vec<i64>,
    debits: Vec<i64>,
    credits: Vec<i64>,
    last_seqs: Vec<i64>,
}

impl Columns {
    fn push(&mut self, first: i64, account: &Account) -> Result<(), StoreError> {
        let (debits, credits) = totals(account)?;
        self.firsts.push(first);
        self.debits.push(debits);
        self.credits.push(credits);
        self.last_seqs.push(place(account.last_seq)?);
        Ok(())
    }

    fn insert(&self, transaction: &Transaction<'_>) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "INSERT INTO ledger_account \
                   (key, has_floor, debits_msat, credits_msat, last_seq) \
                   SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::bigint[], ?4::bigint[], \
                   ?5::bigint[]) RETURNING key, id";
        let columns = [
            Value::Texts(&self.keys),
            Value::Integers(&self.firsts),
            Value::Integers(&self.debits),
            Value::Integers(&self.credits),
            Value::Integers(&self.last_seqs),
        ];
        transaction.all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn update(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        if self.firsts.is_empty() {
            return Ok(());
        }
        let sql = "UPDATE ledger_account a SET debits_msat = n.debits, \
                   credits_msat = n.credits, last_seq = n.last_seq \
                   FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[]) \
                   AS n (id, debits, credits, last_seq) WHERE a.id = n.id";
        let columns = [
            Value::Integers(&self.firsts),
            Value::Integers(&self.debits),
            Value::Integers(&self.credits),
            Value::Integers(&self.last_seqs),
        ];
        match transaction.execute(sql, &columns)? {
            changed if changed == self.firsts.len() as u64 => Ok(()),
            _ => Err(unreadable("an account vanished")),
        }
    }
}

fn places(rows: &[Appended], place_of: fn(&Appended) -> u64) -> Result<Vec<i64>, StoreError> {
    rows.iter().map(|row| place(place_of(row))).collect()
}

fn place(seq: u64) -> Result<i64, StoreError> {
    i64::try_from(seq).map_err(|_| unreadable("a place in the log"))
}

fn totals(account: &Account) -> Result<(i64, i64), StoreError> {
    let balance = account.balance;
    Ok((to_db(balance.debits).map_err(refused)?, to_db(balance.credits).map_err(refused)?))
}

fn to_db(amount: Msat) -> Result<i64, PostError> {
    amount.to_db().ok_or(PostError::Overflow)
}

fn refused(error: PostError) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
