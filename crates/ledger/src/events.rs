//! What each business event books: one place that says between which accounts money moves, and
//! which id that has. Pure; whoever keeps the state of the event posts it.

use crate::{AccountKey, NewTransfer, TransferCode};
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;

fn user(account: &str) -> AccountKey {
    AccountKey::User(account.to_owned())
}

fn hold(account: &str) -> AccountKey {
    AccountKey::Hold(account.to_owned())
}

/// The node received a top-up: it is the account's that it refills, or waits for its claim.
#[must_use]
pub fn topup_settled(hash: PaymentHash, refills: Option<&str>, amount: Msat) -> NewTransfer {
    let to = refills.map_or(AccountKey::Topup(hash), user);
    let code = TransferCode::TopupSettled;
    NewTransfer::new(code, &hash.to_string(), 0, AccountKey::Node, to, amount)
}

/// A top-up was claimed by the account that it opens.
#[must_use]
pub fn topup_claimed(hash: PaymentHash, account: &str, amount: Msat) -> NewTransfer {
    let (code, from) = (TransferCode::TopupClaimed, AccountKey::Topup(hash));
    NewTransfer::new(code, &hash.to_string(), 0, from, user(account), amount)
}

/// The node received an L402 payment: it is owed to whoever holds the token.
#[must_use]
pub fn l402_settled(hash: PaymentHash, amount: Msat) -> NewTransfer {
    let (code, to) = (TransferCode::L402Settled, AccountKey::L402(hash));
    NewTransfer::new(code, &hash.to_string(), 0, AccountKey::Node, to, amount)
}

/// An L402 payment bought an answer of a route.
#[must_use]
pub fn l402_redeemed(hash: PaymentHash, route: &str, amount: Msat) -> NewTransfer {
    let (from, to) = (AccountKey::L402(hash), AccountKey::Income(route.to_owned()));
    NewTransfer::new(TransferCode::L402Redeemed, &hash.to_string(), 0, from, to, amount)
}

/// An amount is set aside for a request.
#[must_use]
pub fn hold_reserved(id: &str, account: &str, amount: Msat) -> NewTransfer {
    let code = TransferCode::HoldReserved;
    NewTransfer::new(code, id, 0, user(account), hold(account), amount)
}

/// What the request cost.
#[must_use]
pub fn hold_settled(id: &str, account: &str, route: &str, cost: Msat) -> NewTransfer {
    let (code, to) = (TransferCode::HoldSettled, AccountKey::Income(route.to_owned()));
    NewTransfer::new(code, id, 0, hold(account), to, cost)
}

/// What was set aside and not used.
#[must_use]
pub fn hold_released(id: &str, account: &str, rest: Msat) -> NewTransfer {
    let code = TransferCode::HoldReleased;
    NewTransfer::new(code, id, 0, hold(account), user(account), rest)
}

/// What a request had cost whose answer could not be sent.
#[must_use]
pub fn hold_refunded(id: &str, account: &str, route: &str, cost: Msat) -> NewTransfer {
    let (code, from) = (TransferCode::HoldRefunded, AccountKey::Income(route.to_owned()));
    NewTransfer::new(code, id, 0, from, user(account), cost)
}

/// An amount, and what its routing fee may come to, leaves a user's balance for a withdrawal.
#[must_use]
pub fn withdrawal_held(
    hash: PaymentHash,
    attempt: u64,
    account: &str,
    amount_and_fee: Msat,
) -> NewTransfer {
    let (code, to) = (TransferCode::WithdrawalHeld, AccountKey::Inflight(hash));
    NewTransfer::new(code, &withdrawal(hash, attempt), 0, user(account), to, amount_and_fee)
}

/// The node paid a withdrawal: the amount and the user's part of the routing fee were on their
/// way, and the operator pays the rest of the fee.
#[must_use]
pub fn withdrawal_paid(
    hash: PaymentHash,
    attempt: u64,
    amount: Msat,
    user_fee: Msat,
    operator_fee: Msat,
) -> Vec<NewTransfer> {
    let routing = AccountKey::Expense("routing".to_owned());
    let legs = [
        (0, AccountKey::Inflight(hash), amount),
        (1, AccountKey::Inflight(hash), user_fee),
        (2, routing, operator_fee),
    ];
    let (code, reference) = (TransferCode::WithdrawalPaid, withdrawal(hash, attempt));
    let paid = legs.into_iter().filter(|(_, _, amount)| !amount.is_zero());
    paid.map(|(leg, from, amount)| {
        NewTransfer::new(code, &reference, leg, from, AccountKey::Node, amount)
    })
    .collect()
}

/// What was on its way and not paid goes back to the user: the fee that was not needed, or all of
/// it when the withdrawal failed.
#[must_use]
pub fn withdrawal_returned(
    hash: PaymentHash,
    attempt: u64,
    account: &str,
    rest: Msat,
) -> NewTransfer {
    let (code, from) = (TransferCode::WithdrawalReturned, AccountKey::Inflight(hash));
    NewTransfer::new(code, &withdrawal(hash, attempt), 0, from, user(account), rest)
}

/// Each attempt to pay an invoice is an event of its own.
fn withdrawal(hash: PaymentHash, attempt: u64) -> String {
    format!("{hash}.{attempt}")
}
