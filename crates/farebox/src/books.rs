//! Everything that can be checked about the money in a server's database.

use farebox_ledger::{ChainHash, Head, Report};
use farebox_store::{StoreError, Transaction};
use std::collections::BTreeMap;
use std::fmt::Display;

/// The ledger's own report, and what else was found.
pub struct Books {
    /// What the ledger says of itself.
    pub report: Report,
    /// What is wrong besides, one line each.
    pub others: Vec<String>,
}

impl Books {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.report.is_sound() && self.others.is_empty()
    }

    /// Everything that was found, one line each.
    pub fn findings(&self) -> impl Iterator<Item = String> + '_ {
        let ledger = self.report.findings.iter().map(ToString::to_string);
        ledger.chain(self.others.iter().cloned())
    }

    /// How far the log reaches.
    pub const fn head(&self) -> Head {
        Head { seq: self.report.transfers, digest: self.report.head }
    }
}

/// Recomputes the ledger, and compares the tables of top-ups, holds and used payments with it.
pub fn verify(transaction: &Transaction<'_>) -> Result<Books, StoreError> {
    let report = farebox_ledger::verify(transaction)?;
    let mut others = lines(farebox_accounts::verify(transaction)?);
    others.extend(lines(farebox_paywall::verify(transaction)?));
    Ok(Books { report, others })
}

/// As [`verify`], and reads every page of a SQLite file first. A file that is damaged too much for
/// the rest is a finding, not an error.
pub fn verify_file(transaction: &Transaction<'_>) -> Result<Books, StoreError> {
    let damage = farebox_store::check(transaction)?;
    match verify(transaction) {
        Ok(mut books) => {
            books.others.extend(damage);
            Ok(books)
        }
        Err(error) if damage.is_empty() => Err(error),
        Err(error) => {
            let mut others = damage;
            others.push(format!("the books cannot be read: {error}"));
            let (head, classes) = (ChainHash::new([0; 32]), BTreeMap::new());
            let report = Report { transfers: 0, head, classes, findings: Vec::new() };
            Ok(Books { report, others })
        }
    }
}

fn lines(findings: Vec<impl Display>) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}
