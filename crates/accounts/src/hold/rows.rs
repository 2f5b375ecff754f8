//! The table `hold`.

use super::Hold;
use crate::basics::now_s;
use farebox_money::Msat;
use farebox_store::{Dialect, StoreError, Transaction, Value, params};
use std::collections::HashSet;

/// A hold to be written, and the process that answers its request.
pub(super) struct NewHold<'a> {
    pub(super) hold: &'a Hold,
    pub(super) owner: &'a str,
}

/// Writes holds; one that is there already is left alone.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    holds: &[NewHold<'_>],
) -> Result<(), StoreError> {
    let now = now_s();
    match transaction.dialect() {
        Dialect::Sqlite => {
            let sql = "INSERT INTO hold (id, account, token, amount_msat, route, owner, \
                       created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
            for NewHold { hold, owner } in holds {
                let amount = to_db(hold.amount)?;
                let Hold { id, account, route, child, .. } = hold;
                transaction.execute(sql, params![id, account, child, amount, route, owner, now])?;
            }
            Ok(())
        }
        Dialect::Postgres => insert_columns(transaction, holds, now),
    }
}

fn insert_columns(
    transaction: &Transaction<'_>,
    holds: &[NewHold<'_>],
    now: u64,
) -> Result<(), StoreError> {
    if holds.is_empty() {
        return Ok(());
    }
    let texts =
        |text: fn(&NewHold<'_>) -> String| -> Vec<String> { holds.iter().map(text).collect() };
    // An empty token stands for none: a column of byte strings holds no nulls here.
    let children: Vec<Vec<u8>> = holds
        .iter()
        .map(|new| new.hold.child.map(|digest| digest.to_vec()).unwrap_or_default())
        .collect();
    let amounts: Result<Vec<_>, _> = holds.iter().map(|new| to_db(new.hold.amount)).collect();
    let sql = "INSERT INTO hold (id, account, token, amount_msat, route, owner, created_at) \
               SELECT id, account, nullif(token, ''::bytea), amount, route, owner, ?7 FROM \
               unnest(?1::text[], ?2::text[], ?3::bytea[], ?4::bigint[], ?5::text[], ?6::text[]) \
               AS n (id, account, token, amount, route, owner) ON CONFLICT DO NOTHING";
    transaction.execute(
        sql,
        &[
            Value::Texts(&texts(|new| new.hold.id.clone())),
            Value::Texts(&texts(|new| new.hold.account.clone())),
            Value::Blobs(&children),
            Value::Integers(&amounts?),
            Value::Texts(&texts(|new| new.hold.route.clone())),
            Value::Texts(&texts(|new| new.owner.to_owned())),
            farebox_store::ToValue::to_value(&now),
        ],
    )?;
    Ok(())
}

/// Deletes holds and returns the ids of those that were there.
pub(super) fn delete(
    transaction: &Transaction<'_>,
    ids: &[String],
) -> Result<HashSet<String>, StoreError> {
    match transaction.dialect() {
        Dialect::Sqlite => {
            let sql = "DELETE FROM hold WHERE id = ?1";
            let mut deleted = HashSet::with_capacity(ids.len());
            for id in ids {
                if transaction.execute(sql, params![id])? == 1 {
                    deleted.insert(id.clone());
                }
            }
            Ok(deleted)
        }
        Dialect::Postgres => {
            let sql = "DELETE FROM hold WHERE id = ANY (?1) RETURNING id";
            let deleted = transaction.all(sql, &[Value::Texts(ids)], |row| row.get(0))?;
            Ok(deleted.into_iter().collect::<HashSet<_>>())
        }
    }
}

/// Every hold, with its owner. There are as many as requests are being answered.
pub(super) fn all_holds(transaction: &Transaction<'_>) -> Result<Vec<(Hold, String)>, StoreError> {
    let sql = "SELECT id, account, amount_msat, route, token, owner FROM hold";
    transaction.all(sql, params![], |row| {
        let amount = Msat::from_db(row.get(2)?);
        let hold = Hold {
            id: row.get(0)?,
            account: row.get(1)?,
            amount: amount.ok_or_else(|| StoreError::Unreadable("an amount".into()))?,
            route: row.get(3)?,
            child: row.get(4)?,
        };
        Ok((hold, row.get(5)?))
    })
}

fn to_db(amount: Msat) -> Result<i64, StoreError> {
    amount.to_db().ok_or_else(|| StoreError::Unreadable("an amount".into()))
}
