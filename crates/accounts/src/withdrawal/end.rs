//! The last step: what became of a withdrawal, in the books and in its row. Each end is written
//! once, whoever comes to know of it.

use super::fees;
use super::judge::{self, Failure, Verdict};
use super::rows::{self, Row, State};
use crate::accounts::{now_ms, unreadable};
use crate::{AccountError, Accounts};
use farebox_ledger::{NewTransfer, events, writer};
use farebox_money::Msat;
use farebox_store::{Transaction, lease, outbox};
use farebox_wire::lightning::Preimage;
use serde_json::json;

impl Accounts {
    /// Writes what came of asking the wallet. Whatever cannot be written is looked up later.
    pub(super) async fn conclude(&self, row: Row, verdict: Verdict) {
        let hash = row.hash;
        let write = move |transaction: &Transaction<'_>| match verdict {
            Verdict::Paid { preimage, fee } => paid(transaction, &row, &preimage, fee),
            Verdict::Failed(failure) => failed(transaction, &row, failure),
            Verdict::Unknown(said) => wait(transaction, &row, said),
        };
        if let Err(error) = self.store.write(write).await {
            tracing::error!(%error, payment_hash = %hash, "a withdrawal's end is written later");
        }
    }
}

/// The wallet has proven it.
pub(super) fn paid(
    transaction: &Transaction<'_>,
    row: &Row,
    preimage: &Preimage,
    fee: Msat,
) -> Result<(), AccountError> {
    let shares = fees::settle(row.fee(), fee);
    if !rows::set_paid(transaction, row, preimage, shares)? {
        return Ok(());
    }
    if fee > row.fee().total() {
        tracing::error!(payment_hash = %row.hash, %fee, "a wallet paid more than its fee limit");
    }
    let mut transfers =
        events::withdrawal_paid(row.hash, row.attempt, row.amount, shares.user, shares.operator);
    let rest = row.fee_user.checked_sub(shares.user).unwrap_or(Msat::ZERO);
    transfers.extend(returned(row, rest));
    writer::post(transaction, &transfers, now_ms())?;
    let body = json!({
        "withdrawal_id": row.id,
        "payment_hash": row.hash,
        "amount_msat": row.amount,
        "fee_msat": fee,
    });
    outbox::append(transaction, "withdrawal.paid", &row.account, &body.to_string())?;
    Ok(())
}

/// It is certain that it was not and will not be paid: all of it goes back.
pub(super) fn failed(
    transaction: &Transaction<'_>,
    row: &Row,
    failure: Failure,
) -> Result<(), AccountError> {
    if !matches!(row.state, State::Held | State::Sending)
        || !rows::set_failed(transaction, row, failure.code())?
    {
        return Ok(());
    }
    let all = row.amount.checked_add(row.fee_user).ok_or_else(|| unreadable("an amount"))?;
    let transfers: Vec<_> = returned(row, all).into_iter().collect();
    writer::post(transaction, &transfers, now_ms())?;
    let body = json!({
        "withdrawal_id": row.id,
        "payment_hash": row.hash,
        "amount_msat": row.amount,
        "reason": failure.code(),
    });
    outbox::append(transaction, "withdrawal.failed", &row.account, &body.to_string())?;
    Ok(())
}

/// It is looked up again, after a pause that grows with each look.
pub(super) fn wait(
    transaction: &Transaction<'_>,
    row: &Row,
    said: Option<Failure>,
) -> Result<(), AccountError> {
    let next = lease::now_ms(transaction)?.saturating_add(judge::pause_ms(row.checks));
    Ok(rows::wait(transaction, row, next, said.map(Failure::code))?)
}

fn returned(row: &Row, rest: Msat) -> Option<NewTransfer> {
    let back = events::withdrawal_returned(row.hash, row.attempt, &row.account, rest);
    (!rest.is_zero()).then_some(back)
}
