//! The accounts there are, and which of them may not go below zero.

use farebox_wire::lightning::PaymentHash;
use std::fmt;
use std::str::FromStr;

/// Names of users, tasks and holds are this long at most.
const NAME_LEN_MAX: usize = 64;

/// One account.
///
/// The node's account is an asset: a debit makes it larger. The others are what is owed to
/// somebody, or the operator's own: a credit makes them larger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKey {
    /// What the Lightning node holds.
    Node,
    /// What a user has.
    User(String),
    /// A top-up that was paid and not claimed yet.
    Topup(PaymentHash),
    /// An L402 payment that was paid and not used yet.
    L402(PaymentHash),
    /// The escrow of a task.
    Escrow(String),
    /// A withdrawal on its way.
    Inflight(PaymentHash),
    /// What is set aside for requests of a user that are being answered.
    Hold(String),
    /// What the operator earned, by kind.
    Income(String),
    /// What the operator spent, by kind.
    Expense(String),
    /// What the operator put in or took out.
    Equity,
}

/// The kinds of account, as reports list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountClass {
    /// [`AccountKey::Node`]
    Node,
    /// [`AccountKey::User`]
    User,
    /// [`AccountKey::Topup`]
    Topup,
    /// [`AccountKey::L402`]
    L402,
    /// [`AccountKey::Escrow`]
    Escrow,
    /// [`AccountKey::Inflight`]
    Inflight,
    /// [`AccountKey::Hold`]
    Hold,
    /// [`AccountKey::Income`]
    Income,
    /// [`AccountKey::Expense`]
    Expense,
    /// [`AccountKey::Equity`]
    Equity,
}

impl AccountClass {
    /// Every class, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::Node,
        Self::User,
        Self::Topup,
        Self::L402,
        Self::Escrow,
        Self::Inflight,
        Self::Hold,
        Self::Income,
        Self::Expense,
        Self::Equity,
    ];

    /// The first part of an account's key.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::User => "user",
            Self::Topup => "topup",
            Self::L402 => "l402",
            Self::Escrow => "escrow",
            Self::Inflight => "inflight",
            Self::Hold => "hold",
            Self::Income => "income",
            Self::Expense => "expense",
            Self::Equity => "equity",
        }
    }

    /// Whether the account may not owe: its credits cover its debits, always.
    #[must_use]
    pub const fn has_floor(self) -> bool {
        matches!(
            self,
            Self::User | Self::Topup | Self::L402 | Self::Escrow | Self::Inflight | Self::Hold
        )
    }

    /// Whether money only passes through: such an account returns to exactly zero.
    #[must_use]
    pub const fn is_clearing(self) -> bool {
        self.has_floor() && !matches!(self, Self::User)
    }
}

impl AccountKey {
    /// The account's class.
    #[must_use]
    pub const fn class(&self) -> AccountClass {
        match self {
            Self::Node => AccountClass::Node,
            Self::User(_) => AccountClass::User,
            Self::Topup(_) => AccountClass::Topup,
            Self::L402(_) => AccountClass::L402,
            Self::Escrow(_) => AccountClass::Escrow,
            Self::Inflight(_) => AccountClass::Inflight,
            Self::Hold(_) => AccountClass::Hold,
            Self::Income(_) => AccountClass::Income,
            Self::Expense(_) => AccountClass::Expense,
            Self::Equity => AccountClass::Equity,
        }
    }
}

/// `user:ab12`, `topup:<hash>`, `node`: how an account is stored and hashed. One account has one
/// text.
impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class().name();
        match self {
            Self::Node | Self::Equity => f.write_str(class),
            Self::Topup(hash) | Self::L402(hash) | Self::Inflight(hash) => {
                write!(f, "{class}:{hash}")
            }
            Self::User(name)
            | Self::Escrow(name)
            | Self::Hold(name)
            | Self::Income(name)
            | Self::Expense(name) => write!(f, "{class}:{name}"),
        }
    }
}

/// A text that names no account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the key of an account: {0:?}")]
pub struct ParseAccountError(pub String);

impl FromStr for AccountKey {
    type Err = ParseAccountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseAccountError(text.chars().take(96).collect());
        let (class, name) = text.split_once(':').unwrap_or((text, ""));
        let hash = || name.parse().map_err(|_| refuse());
        let named = || is_name(name).then(|| name.to_owned()).ok_or_else(refuse);
        let key = match class {
            "node" => Self::Node,
            "equity" => Self::Equity,
            "user" => Self::User(named()?),
            "topup" => Self::Topup(hash()?),
            "l402" => Self::L402(hash()?),
            "escrow" => Self::Escrow(named()?),
            "inflight" => Self::Inflight(hash()?),
            "hold" => Self::Hold(named()?),
            "income" => Self::Income(named()?),
            "expense" => Self::Expense(named()?),
            _ => return Err(refuse()),
        };
        // Upper-case hashes and a name after `node` would be second texts of one account.
        if key.to_string() == text { Ok(key) } else { Err(refuse()) }
    }
}

/// Whether a text can be the name of a user, a task, a hold or a kind.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= NAME_LEN_MAX && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_has_one_text() {
        let hash = "ab".repeat(32);
        for text in ["node", "equity", "user:a-1", "income:post_task", "hold:r.1"] {
            assert_eq!(text.parse::<AccountKey>().unwrap().to_string(), text);
        }
        for class in ["topup", "l402", "inflight"] {
            let text = format!("{class}:{hash}");
            assert_eq!(text.parse::<AccountKey>().unwrap().to_string(), text);
        }
        let upper = format!("topup:{}", "AB".repeat(32));
        for text in
            ["", "node:", "node:x", "user", "user:", "user:a b", "bank:x", "topup:00", &upper]
        {
            assert!(text.parse::<AccountKey>().is_err(), "{text:?} was taken");
        }
    }
}
