//! Recomputes everything from the log and compares.

use crate::writer::{TransferRow, account_key, each_transfer, from_db};
use crate::{AccountClass, AccountKey, Balance, ChainHash, GENESIS, Transfer};
use farebox_money::Msat;
use farebox_store::{Row, StoreError, Transaction, params};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Findings listed at most; one is enough to distrust the books.
const FINDINGS_MAX: usize = 100;
/// Accounts read at once.
const PAGE_LEN: usize = 4_096;

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
    /// The transfer that a transfer, or an account, names as the account's last is another one.
    WrongLink {
        /// The transfer's place.
        seq: u64,
        /// The account.
        account: AccountKey,
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
            Self::WrongLink { seq, account } => {
                write!(f, "transfer {seq} is not where {account} says that it is")
            }
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

/// Reads the whole log and checks it: places without gaps, the hash chain, floors after every
/// transfer, the links of every account, and the stored totals. Call it inside a transaction:
/// several statements must see the books of one moment.
///
/// # Errors
/// [`StoreError`] when the database cannot be read at all; what can be read and is wrong is a
/// [`Finding`].
pub fn verify(transaction: &Transaction<'_>) -> Result<Report, StoreError> {
    let mut check = Check::default();
    each_transfer(transaction, |row| match row {
        Ok(row) => check.transfer(&row),
        Err(error) => check.find(Finding::Unreadable(error.to_string())),
    })?;
    check.rows_without_accounts(transaction)?;
    check.totals(transaction)?;
    Ok(check.report())
}

#[derive(Default)]
struct Check {
    seq: u64,
    chain: Option<ChainHash>,
    chain_is_broken: bool,
    balances: HashMap<AccountKey, Balance>,
    last_seqs: HashMap<AccountKey, u64>,
    findings: Vec<Finding>,
}

impl Check {
    fn find(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    fn transfer(&mut self, row: &TransferRow) {
        let transfer = &row.transfer;
        let expected = self.seq + 1;
        if transfer.seq != expected {
            self.find(Finding::Gap { expected, found: transfer.seq });
        }
        self.seq = transfer.seq;
        let computed = self.chain.unwrap_or(GENESIS).then(transfer);
        if computed != row.chain && !self.chain_is_broken {
            // One change breaks every later link; the first says where it is.
            self.chain_is_broken = true;
            self.find(Finding::BrokenChain { seq: transfer.seq });
        }
        self.chain = Some(row.chain);
        self.link(transfer.seq, &transfer.asked.debit, row.debit_before);
        self.link(transfer.seq, &transfer.asked.credit, row.credit_before);
        self.book(transfer);
    }

    fn link(&mut self, seq: u64, account: &AccountKey, stored_before: u64) {
        let before = self.last_seqs.insert(account.clone(), seq).unwrap_or(0);
        if before != stored_before {
            self.find(Finding::WrongLink { seq, account: account.clone() });
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

    fn rows_without_accounts(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let sql = "SELECT count(*) FROM ledger_transfer t WHERE NOT EXISTS \
                   (SELECT 1 FROM ledger_account a WHERE a.id = t.debit) OR NOT EXISTS \
                   (SELECT 1 FROM ledger_account a WHERE a.id = t.credit)";
        let lost: u64 = transaction.one(sql, params![], |row| row.get(0))?;
        if lost > 0 {
            self.find(Finding::Unreadable(format!("{lost} transfers name no account")));
        }
        Ok(())
    }

    fn totals(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let sql = "SELECT key, has_floor, debits_msat, credits_msat, last_seq, id \
                   FROM ledger_account WHERE id > ?1 ORDER BY id LIMIT ?2";
        let mut after = i64::MIN;
        loop {
            let (mut rows, page) = (0, after);
            transaction.each(sql, params![page, PAGE_LEN], |row| {
                rows += 1;
                after = row.get(5)?;
                match read_account(row) {
                    Ok(stored) => self.account(stored),
                    Err(_) => self.find(Finding::Unreadable(format!("account {after}"))),
                }
                Ok::<_, StoreError>(())
            })?;
            if rows < PAGE_LEN {
                return Ok(());
            }
        }
    }

    fn account(&mut self, stored: StoredAccount) {
        let StoredAccount { account, has_floor, balance, last_seq } = stored;
        if has_floor != account.class().has_floor() {
            self.find(Finding::Unreadable(format!("the floor of {account}")));
        }
        if self.last_seqs.get(&account).copied().unwrap_or(0) != last_seq {
            self.find(Finding::WrongLink { seq: last_seq, account: account.clone() });
        }
        let computed = self.balances.get(&account).copied().unwrap_or_default();
        if computed != balance {
            self.find(Finding::WrongTotals { account, stored: balance, computed });
        }
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

struct StoredAccount {
    account: AccountKey,
    has_floor: bool,
    balance: Balance,
    last_seq: u64,
}

fn read_account(row: &Row<'_>) -> Result<StoredAccount, StoreError> {
    Ok(StoredAccount {
        account: account_key(&row.get::<String>(0)?)?,
        has_floor: row.get(1)?,
        balance: Balance { debits: from_db(row.get(2)?)?, credits: from_db(row.get(3)?)? },
        last_seq: row.get(4)?,
    })
}

/// Sums for reports: past all bitcoin they stay there, and the totals differ.
fn sum(one: Msat, other: Msat) -> Msat {
    one.checked_add(other).unwrap_or(Msat::MAX)
}
