//! A movement of money from one account to another.

use crate::AccountKey;
use farebox_money::Msat;
use std::fmt;

/// References are this long at most.
pub(crate) const REFERENCE_LEN_MAX: usize = 128;

/// Names a transfer by the business event that it books: the same event, the same id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId {
    /// What it is for.
    pub code: TransferCode,
    /// The business key.
    pub reference: String,
    /// Which of the event's transfers it is.
    pub leg: u8,
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} leg {}", self.code.name(), self.reference, self.leg)
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// What a transfer is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum TransferCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl TransferCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As stored and hashed; never changes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

codes! {
    /// The node received a top-up: node to topup, or to the user it refills.
    TopupSettled = "topup_settled",
    /// A top-up was claimed: topup to user.
    TopupClaimed = "topup_claimed",
    /// The node received an L402 payment: node to l402.
    L402Settled = "l402_settled",
    /// An L402 payment bought an answer: l402 to income.
    L402Redeemed = "l402_redeemed",
    /// An amount was set aside for a request: user to hold.
    HoldReserved = "hold_reserved",
    /// What the request really cost: hold to income.
    HoldSettled = "hold_settled",
    /// What was set aside and not used: hold to user.
    HoldReleased = "hold_released",
    /// What a request had cost whose answer could not be sent: income to user.
    HoldRefunded = "hold_refunded",
    /// A withdrawal was begun: user to inflight.
    WithdrawalHeld = "withdrawal_held",
    /// It was paid: inflight to node, and what the operator pays of the fee: expense to node.
    WithdrawalPaid = "withdrawal_paid",
    /// Its unused fee reserve, or all of it when it failed: inflight to user.
    WithdrawalReturned = "withdrawal_returned",
    /// The operator moved money into or out of the node.
    OperatorMoved = "operator_moved",
    /// A mistake of an earlier transfer, put right by a new one.
    Correction = "correction",
}

impl TransferCode {
    /// The code of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// A transfer to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// What for.
    pub code: TransferCode,
    /// The business key, for people and reports; up to 128 characters.
    pub reference: String,
    /// Which of the event's transfers this is.
    pub leg: u8,
    /// The account that is debited: money leaves it, or the node's grows.
    pub debit: AccountKey,
    /// The account that is credited.
    pub credit: AccountKey,
    /// Never zero.
    pub amount: Msat,
}

impl NewTransfer {
    /// Leg `leg` of the event that `code` and `reference` name.
    #[must_use]
    pub fn new(
        code: TransferCode,
        reference: &str,
        leg: u8,
        debit: AccountKey,
        credit: AccountKey,
        amount: Msat,
    ) -> Self {
        Self { code, reference: reference.to_owned(), leg, debit, credit, amount }
    }

    /// Names the transfer by the business event that it books.
    #[must_use]
    pub fn id(&self) -> TransferId {
        TransferId { code: self.code, reference: self.reference.clone(), leg: self.leg }
    }
}

/// A transfer that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its place in the log, from 1 without gaps.
    pub seq: u64,
    /// What was asked for.
    pub asked: NewTransfer,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}
