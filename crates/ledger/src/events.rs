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
