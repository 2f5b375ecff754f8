//! The last step: what became of a withdrawal, in the books and in its row. Each end is written
//! once, whoever comes to know of it.

use super::fees::{self, FeeShares};
use super::judge::{self, Failure, Verdict};
use super::rows::{self, Row, State};
use crate::basics::{now_ms, unreadable};
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
    writer::post(transaction, &transfers_of_paid(row, shares), now_ms())?;
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
    let all = held(row).ok_or_else(|| unreadable("an amount"))?;
    let back = events::withdrawal_returned(row.hash, row.attempt, &row.account, all);
    writer::post(transaction, &[back], now_ms())?;
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

/// What an attempt takes from the balance at first.
pub(super) fn held(row: &Row) -> Option<Msat> {
    row.amount.checked_add(row.fee_user)
}

/// What is booked when a withdrawal was paid and each has paid `shares` of the fee.
fn transfers_of_paid(row: &Row, shares: FeeShares) -> Vec<NewTransfer> {
    let Row { hash, attempt, amount, .. } = *row;
    let mut transfers =
        events::withdrawal_paid(hash, attempt, amount, shares.user, shares.operator);
    let rest = row.fee_user.checked_sub(shares.user).unwrap_or(Msat::ZERO);
    if !rest.is_zero() {
        transfers.push(events::withdrawal_returned(hash, attempt, &row.account, rest));
    }
    transfers
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_ledger::{AccountKey, Books, TransferCode};
    use farebox_wire::lightning::PaymentHash;
    use proptest::prelude::*;

    fn row(amount: u64, fee: FeeShares, attempt: u64) -> Row {
        Row {
            hash: PaymentHash::new([1; 32]),
            id: "id".into(),
            account: "a".into(),
            bolt11: String::new(),
            amount: Msat::new(amount),
            expires_at: 0,
            state: State::Sending,
            attempt,
            begun_at: 0,
            sends: 1,
            wallet: String::new(),
            owner: String::new(),
            next_check_ms: 0,
            checks: 0,
            fee_user: fee.user,
            fee_operator: fee.operator,
            failure: None,
            preimage: None,
        }
    }

    proptest! {
        /// Any number of attempts that fail, and one that is paid with any fee.
        #[test]
        fn nothing_stays_on_its_way_and_every_millisatoshi_is_somebodys(
            balance in 1..2_000_000_u64,
            amount in 1..2_000_000_u64,
            fee in 0..30_000_u64,
            operator_max in 0..30_000_u64,
            paid in 0..60_000_u64,
            failures in 0..4_u64,
        ) {
            let [balance, paid] = [balance, paid].map(Msat::new);
            let shares = fees::reserve(
                balance, Msat::new(amount), Msat::new(fee), Msat::new(operator_max),
            );
            prop_assume!(shares.is_some());
            let shares = shares.unwrap();
            let user = AccountKey::User("a".into());
            let mut books = Books::default();
            let topup = NewTransfer::new(
                TransferCode::TopupSettled, "t", 0, AccountKey::Node, user.clone(), balance,
            );
            books.post(&[topup], 1).unwrap();
            for attempt in 1..=failures + 1 {
                let row = row(amount, shares, attempt);
                let all = held(&row).unwrap();
                let hold = events::withdrawal_held(row.hash, attempt, "a", all);
                books.post(&[hold], 1).unwrap();
                if attempt <= failures {
                    let back = events::withdrawal_returned(row.hash, attempt, "a", all);
                    books.post(&[back], 1).unwrap();
                    prop_assert_eq!(books.balance(&user).available(), Some(balance));
                    continue;
                }
                let settled = fees::settle(shares, paid);
                books.post(&transfers_of_paid(&row, settled), 1).unwrap();
                let left = books.balance(&user).available().unwrap();
                let gone = amount + settled.user.get();
                prop_assert_eq!(left.get(), balance.get() - gone);
                let inflight = books.balance(&AccountKey::Inflight(row.hash));
                prop_assert_eq!(inflight.debits, inflight.credits);
                let node = books.balance(&AccountKey::Node);
                prop_assert_eq!(node.credits.get(), amount + paid.get());
            }
        }
    }
}
