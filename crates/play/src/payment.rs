//! What becomes of a payment: the rules, and the transactions that carry them out.

use crate::incoming::{Incoming, amount, to_db};
use crate::outgoing::{Outgoing, State};
use crate::{PlayError, random};
use farebox_money::Msat;
use farebox_store::rusqlite::Connection;
use farebox_wallet::FailureKind;
use farebox_wire::bolt11::{Invoice, Network};

/// One attempt of a wallet to pay an invoice.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) wallet_id: i64,
    pub(crate) bolt11: String,
    pub(crate) invoice: Invoice,
    pub(crate) amount: Msat,
    pub(crate) now_ms: i64,
}

/// What became of an attempt.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Paid by this attempt, or failed after it was recorded.
    Recorded(Outgoing),
    /// This wallet paid it before; nothing moved.
    AlreadyPaid(Outgoing),
    /// An earlier attempt of this wallet has not ended; nothing moved.
    AlreadyInProgress,
    /// Failed before anything was recorded.
    Refused(Refusal),
}

/// Why a payment cannot be made, in phoenixd's words where it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    InsufficientBalance,
    UnknownPayee,
    OwnInvoice,
    Expired,
    SettledAlready,
    WrongAmount,
}

impl Refusal {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::InsufficientBalance => "not enough funds in wallet to afford payment",
            Self::UnknownPayee => {
                "the recipient was not found: a play wallet pays the invoices of its own play \
                 network only"
            }
            Self::OwnInvoice => "the recipient was not found: a wallet cannot pay itself",
            Self::Expired => "payment rejected by the recipient: the invoice has expired",
            Self::SettledAlready => "payment rejected by the recipient: the invoice is paid",
            Self::WrongAmount => {
                "payment rejected by the recipient: the amount is below the invoice's or above \
                 twice as much"
            }
        }
    }

    pub(crate) const fn kind(self) -> FailureKind {
        match self {
            Self::InsufficientBalance => FailureKind::InsufficientBalance,
            Self::UnknownPayee | Self::OwnInvoice => FailureKind::NoRoute,
            Self::Expired | Self::SettledAlready | Self::WrongAmount => FailureKind::Refused,
        }
    }
}

/// Pays in one transaction: what a payment is when nothing disturbs it.
pub(crate) fn pay(connection: &Connection, attempt: &Attempt) -> Result<Outcome, PlayError> {
    match admit(connection, attempt)? {
        Ok(payee) => {
            let paid = attempt.outgoing(State::Paid(payee.preimage))?;
            move_money(connection, attempt, &payee)?;
            paid.insert(connection)?;
            Ok(Outcome::Recorded(paid))
        }
        Err(outcome) => Ok(outcome),
    }
}

/// Records a payment as pending; its amount can no longer be spent otherwise.
pub(crate) fn begin(connection: &Connection, attempt: &Attempt) -> Result<Outcome, PlayError> {
    match admit(connection, attempt)? {
        Ok(_) => {
            let pending = attempt.outgoing(State::Pending)?;
            pending.insert(connection)?;
            Ok(Outcome::Recorded(pending))
        }
        Err(outcome) => Ok(outcome),
    }
}

/// Ends a pending payment: pays it, unless `failure` says why not or the payee refuses.
pub(crate) fn finish(
    connection: &Connection,
    attempt: &Attempt,
    pending: Outgoing,
    failure: Option<String>,
) -> Result<Outgoing, PlayError> {
    let state = match (failure, payee(connection, attempt)?) {
        (Some(reason), _) => State::Failed(reason),
        (None, Err(refusal)) => State::Failed(refusal.reason().into()),
        (None, Ok(payee)) => {
            move_money(connection, attempt, &payee)?;
            State::Paid(payee.preimage)
        }
    };
    let completed = Outgoing { state, completed_at_ms: Some(attempt.now_ms), ..pending };
    completed.complete(connection)?;
    Ok(completed)
}

/// Decides whether an attempt may go on; otherwise says what becomes of it.
fn admit(
    connection: &Connection,
    attempt: &Attempt,
) -> Result<Result<Incoming, Outcome>, PlayError> {
    let earlier = Outgoing::best(connection, attempt.wallet_id, attempt.invoice.payment_hash)?;
    match earlier {
        Some(earlier) if matches!(earlier.state, State::Paid(_)) => {
            return Ok(Err(Outcome::AlreadyPaid(earlier)));
        }
        Some(earlier) if matches!(earlier.state, State::Pending) => {
            return Ok(Err(Outcome::AlreadyInProgress));
        }
        _ => {}
    }
    let payee = match payee(connection, attempt)? {
        Ok(payee) => payee,
        Err(refusal) => return Ok(Err(Outcome::Refused(refusal))),
    };
    if spendable(connection, attempt.wallet_id)? < attempt.amount {
        return Ok(Err(Outcome::Refused(Refusal::InsufficientBalance)));
    }
    Ok(Ok(payee))
}

/// The invoice as its payee knows it, when the payee takes this payment.
fn payee(
    connection: &Connection,
    attempt: &Attempt,
) -> Result<Result<Incoming, Refusal>, PlayError> {
    let ours = attempt.invoice.network == Network::Regtest;
    let known = Incoming::find(connection, attempt.invoice.payment_hash)?
        .filter(|known| ours && known.bolt11 == attempt.bolt11);
    let Some(known) = known else {
        return Ok(Err(Refusal::UnknownPayee));
    };
    let refusal = if known.wallet_id == attempt.wallet_id {
        Some(Refusal::OwnInvoice)
    } else if known.settled.is_some() {
        Some(Refusal::SettledAlready)
    } else if known.expires_at_ms <= attempt.now_ms {
        Some(Refusal::Expired)
    } else if !known.amount.is_none_or(|asked| takes(asked, attempt.amount)) {
        Some(Refusal::WrongAmount)
    } else {
        None
    };
    Ok(refusal.map_or(Ok(known), Err))
}

/// Whether a payee that asked for `asked` takes `sent` (BOLT 4): up to twice as much.
const fn takes(asked: Msat, sent: Msat) -> bool {
    sent.get() >= asked.get() && sent.get() / 2 <= asked.get()
}

/// What a wallet has and is not about to pay.
pub(crate) fn spendable(connection: &Connection, wallet_id: i64) -> Result<Msat, PlayError> {
    let mut statement = connection.prepare_cached(
        "SELECT balance_msat - (SELECT coalesce(sum(amount_msat), 0) FROM outgoing \
         WHERE wallet_id = ?1 AND state = 'pending') FROM wallet WHERE wallet_id = ?1",
    )?;
    let msat = statement.query_row([wallet_id], |row| row.get(0))?;
    Ok(amount(msat)?)
}

fn move_money(
    connection: &Connection,
    attempt: &Attempt,
    payee: &Incoming,
) -> Result<(), PlayError> {
    let amount = to_db(attempt.amount)?;
    let mut statement = connection.prepare_cached(
        "UPDATE wallet SET balance_msat = balance_msat + ?2 WHERE wallet_id = ?1",
    )?;
    for (wallet_id, change) in [(attempt.wallet_id, -amount), (payee.wallet_id, amount)] {
        statement.execute([wallet_id, change])?;
    }
    payee.settle(connection, attempt.amount, attempt.now_ms)?;
    Ok(())
}

impl Attempt {
    fn outgoing(&self, state: State) -> Result<Outgoing, PlayError> {
        let completed = !matches!(state, State::Pending);
        Ok(Outgoing {
            id: random::uuid()?,
            wallet_id: self.wallet_id,
            hash: self.invoice.payment_hash,
            bolt11: self.bolt11.clone(),
            amount: self.amount,
            state,
            created_at_ms: self.now_ms,
            completed_at_ms: completed.then_some(self.now_ms),
        })
    }
}
