//! Whether the withdrawals agree with the ledger.

use super::rows::{Row, State, page};
use crate::verify::{FINDINGS_MAX, Finding};
use farebox_ledger::{AccountKey, events, writer};
use farebox_money::Msat;
use farebox_store::{StoreError, Transaction, params};
use farebox_wire::lightning::PaymentHash;

/// Rows read at once: a long history does not fill the memory.
const PAGE_LEN: usize = 1_000;

/// Compares every withdrawal with what the ledger has under way and booked, and every account of
/// money under way with its withdrawal.
pub(crate) fn verify(transaction: &Transaction<'_>) -> Result<Vec<Finding>, StoreError> {
    let mut findings = without_withdrawal(transaction)?;
    let mut after = None;
    loop {
        let rows = page(transaction, after, PAGE_LEN)?;
        for row in &rows {
            if findings.len() < FINDINGS_MAX && !agrees(transaction, row)? {
                findings.push(Finding::Withdrawal { payment_hash: row.hash });
            }
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE_LEN => after = Some(last.hash),
            _ => return Ok(findings),
        }
    }
}

fn agrees(transaction: &Transaction<'_>, row: &Row) -> Result<bool, StoreError> {
    let under_way = writer::balance(transaction, &AccountKey::Inflight(row.hash))?.available();
    let fee = row.fee();
    Ok(match row.state {
        State::Held | State::Sending => {
            under_way.is_some() && under_way == row.amount.checked_add(fee.user)
        }
        State::Failed => under_way == Some(Msat::ZERO),
        State::Paid => {
            let is_proven = row.preimage.is_some_and(|preimage| preimage.hash() == row.hash);
            let transfers =
                events::withdrawal_paid(row.hash, row.attempt, row.amount, fee.user, fee.operator);
            let mut is_booked = true;
            for leg in &transfers {
                is_booked &= writer::find(transaction, &leg.id())?.as_ref() == Some(leg);
            }
            is_proven && is_booked && under_way == Some(Msat::ZERO)
        }
    })
}

/// Money under way that no unfinished withdrawal stands for.
fn without_withdrawal(transaction: &Transaction<'_>) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT substr(key, 10) FROM ledger_account WHERE key >= 'inflight:' \
               AND key < 'inflight;' AND credits_msat > debits_msat";
    let open: Vec<String> = transaction.all::<_, StoreError>(sql, params![], |row| row.get(0))?;
    let mut findings = Vec::new();
    for text in open.iter().take(FINDINGS_MAX) {
        let Ok(hash) = text.parse::<PaymentHash>() else { continue };
        if super::rows::find(transaction, hash)?.is_none() {
            findings.push(Finding::Withdrawal { payment_hash: hash });
        }
    }
    Ok(findings)
}
