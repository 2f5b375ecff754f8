//! Recomputes everything from the log and compares.

use crate::writer::{SELECT_TRANSFER, account_key, from_db, read_transfer};
use crate::{AccountClass, AccountKey, Balance, ChainHash, GENESIS, Transfer, TransferId};
use farebox_money::Msat;
use farebox_store::StoreError;
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Findings listed at most; one is enough to distrust the books.
const FINDINGS_MAX: usize = 100;

/// The sums of all accounts of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassTotals {
    /// Accounts that were ever used.
    pub accounts: u64,
    /// Accounts that are not at zero.
    pub open: u64,
    /// All debits.
    pub debits: Msat,
    /// All credits.
    pub credits: Msat,
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A row that cannot be read as what this version writes.
    Unreadable(String),
    /// The log skips or repeats a place.
    Gap {
        /// The place that was expected.
        expected: u64,
        /// The place that is there.
        found: u64,
    },
    /// The stored digest is not the one of the log up to there.
    BrokenChain {
        /// The first place where they differ.
        seq: u64,
    },
    /// A transfer's id is not made from what it books.
    ForeignId {
        /// The transfer's place.
        seq: u64,
    },
    /// An account went below its floor.
    BelowFloor {
        /// The transfer that did it.
        seq: u64,
        /// The account.
        account: AccountKey,
    },
    /// The stored totals of an account are not the sums of its transfers.
    WrongTotals {
        /// The account.
        account: AccountKey,
        /// As stored.
        stored: Balance,
        /// From the log.
        computed: Balance,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(what) => write!(f, "a row cannot be read: {what}"),
            Self::Gap { expected, found } => {
                write!(f, "transfer {expected} is missing: {found} is in its place")
            }
            Self::BrokenChain { seq } => {
                write!(f, "transfer {seq} or one before it was changed: the digest differs")
            }
            Self::ForeignId { seq } => write!(f, "transfer {seq} has an id that is not its own"),
            Self::BelowFloor { seq, account } => {
                write!(f, "transfer {seq} takes more out of {account} than was in it")
            }
            Self::WrongTotals { account, stored, computed } => write!(
                f,
                "{account} is kept as {} in and {} out, its transfers are {} in and {} out",
                stored.credits, stored.debits, computed.credits, computed.debits
            ),
        }
    }
}

/// What a verification found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Transfers read.
    pub transfers: u64,
    /// The digest over all of them.
    pub head: ChainHash,
    /// The sums by class.
    pub classes: BTreeMap<AccountClass, ClassTotals>,
    /// What must not be, at most a hundred of it.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Reads the whole log and checks it: places without gaps, the hash chain, ids, floors after
/// every transfer, and the stored totals of every account. Call it inside a transaction: several
/// statements must see the books of one moment.
///
/// # Errors
/// [`StoreError`] when the database cannot be read at all; what can be read and is wrong is a
/// [`Finding`].
pub fn verify(connection: &Connection) -> Result<Report, StoreError> {
    let mut check = Check::default();
    let sql = format!("{SELECT_TRANSFER} ORDER BY t.seq");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match read_transfer(row) {
            Ok((transfer, stored)) => check.transfer(&transfer, stored),
            Err(StoreError::Sqlite(error)) => check.find(Finding::Unreadable(error.to_string())),
            Err(error) => check.find(Finding::Unreadable(error.to_string())),
        }
    }
    check.rows_without_accounts(connection)?;
    check.totals(connection)?;
    Ok(check.report())
}

#[derive(Default)]
struct Check {
    seq: u64,
    chain: Option<ChainHash>,
    chain_is_broken: bool,
    balances: HashMap<AccountKey, Balance>,
    findings: Vec<Finding>,
}

impl Check {
    fn find(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    fn transfer(&mut self, transfer: &Transfer, stored: ChainHash) {
        let expected = self.seq + 1;
        if transfer.seq != expected {
            self.find(Finding::Gap { expected, found: transfer.seq });
        }
        self.seq = transfer.seq;
        let computed = self.chain.unwrap_or(GENESIS).then(transfer);
        if computed != stored && !self.chain_is_broken {
            // One change breaks every later link; the first says where it is.
            self.chain_is_broken = true;
            self.find(Finding::BrokenChain { seq: transfer.seq });
        }
        self.chain = Some(stored);
        self.check_id(transfer);
        self.book(transfer);
    }

    fn check_id(&mut self, transfer: &Transfer) {
        let asked = &transfer.asked;
        let legs = 0..=u8::MAX;
        let own = |leg| TransferId::of(asked.code, &asked.reference, leg) == asked.id;
        if !legs.into_iter().any(own) {
            self.find(Finding::ForeignId { seq: transfer.seq });
        }
    }

    fn book(&mut self, transfer: &Transfer) {
        let asked = &transfer.asked;
        let debit = self.balances.entry(asked.debit.clone()).or_default();
        debit.debits = sum(debit.debits, asked.amount);
        if asked.debit.class().has_floor() && debit.available().is_none() {
            let (seq, account) = (transfer.seq, asked.debit.clone());
            self.find(Finding::BelowFloor { seq, account });
        }
        let credit = self.balances.entry(asked.credit.clone()).or_default();
        credit.credits = sum(credit.credits, asked.amount);
    }

    fn rows_without_accounts(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let sql = "SELECT count(*) FROM ledger_transfer t WHERE NOT EXISTS \
                   (SELECT 1 FROM ledger_account a WHERE a.id = t.debit) OR NOT EXISTS \
                   (SELECT 1 FROM ledger_account a WHERE a.id = t.credit)";
        let lost: u64 = connection.query_row(sql, [], |row| row.get(0))?;
        if lost > 0 {
            self.find(Finding::Unreadable(format!("{lost} transfers name no account")));
        }
        Ok(())
    }

    fn totals(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let sql = "SELECT key, has_floor, debits_msat, credits_msat FROM ledger_account";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut stored_accounts = HashMap::new();
        while let Some(row) = rows.next()? {
            let key = account_key(&row.get::<_, String>(0)?);
            let totals = (from_db(row.get(2)?), from_db(row.get(3)?));
            let (Ok(key), (Ok(debits), Ok(credits))) = (key, totals) else {
                self.find(Finding::Unreadable("an account".to_owned()));
                continue;
            };
            if row.get::<_, bool>(1)? != key.class().has_floor() {
                self.find(Finding::Unreadable(format!("the floor of {key}")));
            }
            stored_accounts.insert(key, Balance { debits, credits });
        }
        let computed = std::mem::take(&mut self.balances);
        for (account, stored) in &stored_accounts {
            let computed = computed.get(account).copied().unwrap_or_default();
            if computed != *stored {
                let (account, stored) = (account.clone(), *stored);
                self.find(Finding::WrongTotals { account, stored, computed });
            }
        }
        self.balances = computed;
        Ok(())
    }

    fn report(self) -> Report {
        let mut classes: BTreeMap<_, ClassTotals> =
            AccountClass::ALL.iter().map(|class| (*class, ClassTotals::default())).collect();
        for (account, balance) in &self.balances {
            let totals = classes.entry(account.class()).or_default();
            totals.accounts += 1;
            totals.open += u64::from(balance.debits != balance.credits);
            totals.debits = sum(totals.debits, balance.debits);
            totals.credits = sum(totals.credits, balance.credits);
        }
        let head = self.chain.unwrap_or(GENESIS);
        Report { transfers: self.seq, head, classes, findings: self.findings }
    }
}

/// Sums for reports: past all bitcoin they stay there, and the totals differ.
fn sum(one: Msat, other: Msat) -> Msat {
    one.checked_add(other).unwrap_or(Msat::MAX)
}
