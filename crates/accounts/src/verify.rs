//! Whether the tables of prepaid accounts agree with the ledger.

use crate::tokens::amount;
use crate::withdrawal;
use farebox_money::Msat;
use farebox_store::{Dialect, StoreError, Transaction, params};
use farebox_wire::lightning::PaymentHash;
use std::collections::BTreeMap;
use std::fmt;

/// Findings of one kind listed at most; one is enough to distrust the books.
pub(crate) const FINDINGS_MAX: usize = 100;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// What an account has set aside in the ledger is not the sum of its holds.
    Holds {
        /// The account.
        account: String,
        /// By the rows.
        rows: Msat,
        /// By the ledger.
        ledger: Msat,
    },
    /// A top-up that was paid or claimed without the transfer that says so.
    Unbooked {
        /// The top-up's payment hash.
        payment_hash: String,
        /// The transfer's code.
        code: String,
    },
    /// A transfer of a top-up without its top-up, or of one in another state.
    NoTopup {
        /// The transfer's place.
        seq: u64,
        /// The transfer's code.
        code: String,
    },
    /// A withdrawal whose money under way, transfers or proof are not what its row says, or money
    /// under way without a withdrawal.
    Withdrawal {
        /// Names the payment.
        payment_hash: PaymentHash,
    },
    /// A child token's holds are more than what it counts as spent.
    Cap {
        /// The token's id.
        child: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds { account, rows, ledger } => {
                write!(f, "the holds of {account} are {rows}, in the ledger {ledger}")
            }
            Self::Unbooked { payment_hash, code } => {
                write!(f, "top-up {payment_hash} has no transfer {code} that fits it")
            }
            Self::NoTopup { seq, code } => {
                write!(f, "transfer {seq} ({code}) has no top-up that fits it")
            }
            Self::Withdrawal { payment_hash } => {
                write!(f, "withdrawal {payment_hash} does not agree with the ledger")
            }
            Self::Cap { child } => {
                write!(f, "token {child} has more set aside than it counts as spent")
            }
        }
    }
}

/// Compares holds, top-ups, withdrawals and tokens with the ledger. Call it inside a transaction: several
/// statements must see the books of one moment.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub fn verify(transaction: &Transaction<'_>) -> Result<Vec<Finding>, StoreError> {
    let mut findings = holds(transaction)?;
    findings.extend(unbooked(transaction, SETTLED)?);
    findings.extend(unbooked(transaction, CLAIMED)?);
    findings.extend(without_topup(transaction)?);
    findings.extend(caps(transaction)?);
    findings.extend(withdrawal::verify(transaction)?);
    Ok(findings)
}

/// There are as many holds as requests under way: both sides fit in the memory.
fn holds(transaction: &Transaction<'_>) -> Result<Vec<Finding>, StoreError> {
    let mut sums: BTreeMap<String, (Msat, Msat)> = BTreeMap::new();
    let rows = "SELECT account, CAST(sum(amount_msat) AS BIGINT) FROM hold GROUP BY account";
    transaction.each(rows, params![], |row| {
        sums.entry(row.get(0)?).or_default().0 = amount(row, 1)?;
        Ok::<_, StoreError>(())
    })?;
    let ledger = "SELECT substr(key, 6), credits_msat - debits_msat FROM ledger_account \
                  WHERE key >= 'hold:' AND key < 'hold;' AND credits_msat > debits_msat";
    transaction.each(ledger, params![], |row| {
        sums.entry(row.get(0)?).or_default().1 = amount(row, 1)?;
        Ok::<_, StoreError>(())
    })?;
    let differing = sums.into_iter().filter(|(_, (rows, ledger))| rows != ledger);
    let finding = |(account, (rows, ledger))| Finding::Holds { account, rows, ledger };
    Ok(differing.map(finding).take(FINDINGS_MAX).collect())
}

/// A transfer that top-ups in a state must have.
struct Due {
    code: &'static str,
    /// Which top-ups.
    topups: &'static str,
    debit: &'static str,
    credit: &'static str,
}

const SETTLED: Due = Due {
    code: "topup_settled",
    topups: "t.state IN ('settled', 'claimed')",
    debit: "d.key = 'node'",
    credit: "c.key = CASE WHEN t.account IS NULL THEN 'topup:' || l.reference \
             ELSE 'user:' || t.account END",
};

const CLAIMED: Due = Due {
    code: "topup_claimed",
    topups: "t.state = 'claimed' AND t.account IS NULL",
    debit: "d.key = 'topup:' || l.reference",
    credit: "c.key LIKE 'user:%'",
};

fn unbooked(transaction: &Transaction<'_>, due: Due) -> Result<Vec<Finding>, StoreError> {
    let Due { code, topups, debit, credit } = due;
    let hash = hash_as_text(transaction.dialect());
    let sql = format!(
        "SELECT {hash} FROM topup t WHERE {topups} AND NOT EXISTS \
         (SELECT 1 FROM ledger_transfer l JOIN ledger_account d ON d.id = l.debit \
         JOIN ledger_account c ON c.id = l.credit WHERE l.reference = {hash} \
         AND l.code = '{code}' AND l.leg = 0 AND l.amount_msat = t.amount_msat \
         AND {debit} AND {credit}) LIMIT ?1"
    );
    transaction.all(&sql, params![FINDINGS_MAX], |row| {
        Ok(Finding::Unbooked { payment_hash: row.get(0)?, code: code.to_owned() })
    })
}

fn without_topup(transaction: &Transaction<'_>) -> Result<Vec<Finding>, StoreError> {
    let sql = format!(
        "SELECT l.seq, l.code FROM ledger_transfer l \
         WHERE l.code IN ('topup_settled', 'topup_claimed') AND NOT EXISTS \
         (SELECT 1 FROM topup t WHERE t.payment_hash = {} AND t.state <> 'pending' \
         AND (l.code = 'topup_settled' OR t.state = 'claimed')) LIMIT ?1",
        reference_as_hash(transaction.dialect())
    );
    transaction.all(&sql, params![FINDINGS_MAX], |row| {
        Ok(Finding::NoTopup { seq: row.get(0)?, code: row.get(1)? })
    })
}

fn caps(transaction: &Transaction<'_>) -> Result<Vec<Finding>, StoreError> {
    let sql = "SELECT t.child_id FROM account_token t JOIN hold h ON h.token = t.digest \
               WHERE t.child_id IS NOT NULL GROUP BY t.child_id, t.spent_msat \
               HAVING sum(h.amount_msat) > t.spent_msat LIMIT ?1";
    transaction.all(sql, params![FINDINGS_MAX], |row| Ok(Finding::Cap { child: row.get(0)? }))
}

/// A payment hash as transfers refer to it.
const fn hash_as_text(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "lower(hex(t.payment_hash))",
        Dialect::Postgres => "encode(t.payment_hash, 'hex')",
    }
}

/// What a transfer refers to, as a payment hash; matches none where it is something else.
const fn reference_as_hash(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "unhex(l.reference)",
        Dialect::Postgres => {
            "decode(CASE WHEN l.reference ~ '^[0-9a-f]{64}$' THEN l.reference ELSE '' END, 'hex')"
        }
    }
}
