//! What an import did.

use super::merge::{Kept, Outcome};
use super::{Reason, Refused};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Rows that are shown one by one; all are counted.
pub const REFUSED_SHOWN_MAX: usize = 100;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Report {
    /// The name of the source.
    pub source: String,
    /// How it is written.
    pub format: String,
    /// Nothing was written.
    pub dry_run: bool,
    /// Listings that are new.
    pub added: u64,
    /// Listings of which something is different now.
    pub changed: u64,
    /// Listings of which nothing is.
    pub unchanged: u64,
    /// Listings that are not for sources to change, by reason.
    pub kept: BTreeMap<String, u64>,
    /// Rows that make no listing, by reason.
    pub refused: BTreeMap<String, u64>,
    /// The first of them.
    pub refused_rows: Vec<RefusedRow>,
    /// Why rows are missing at the end, where some are.
    pub incomplete: Option<String>,
}

/// A row that makes no listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedRow {
    /// The line, record or entry, from 1.
    pub position: u64,
    /// What it calls itself.
    pub what: Option<String>,
    /// Why, in plain words.
    pub reason: String,
}

impl Report {
    /// Rows that make no listing.
    #[must_use]
    pub fn refused_count(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Listings that are not for sources to change.
    #[must_use]
    pub fn kept_count(&self) -> u64 {
        self.kept.values().sum()
    }

    /// Everything that was read.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.added + self.changed + self.unchanged + self.kept_count() + self.refused_count()
    }

    pub(crate) fn note_refused(&mut self, refused: Refused) {
        *self.refused.entry(refused.reason.code().to_owned()).or_default() += 1;
        let reason = refused.reason.to_string();
        if refused.reason.is_incomplete() {
            self.incomplete.get_or_insert_with(|| reason.clone());
        }
        if self.refused_rows.len() < REFUSED_SHOWN_MAX {
            let Refused { position, what, .. } = refused;
            self.refused_rows.push(RefusedRow { position, what, reason });
        }
    }

    pub(crate) fn note_refusal(&mut self, position: u64, what: &str, reason: Reason) {
        let what = Some(what.chars().take(200).collect());
        self.note_refused(Refused { position, what, reason });
    }

    pub(crate) fn note(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Added(_) => self.added += 1,
            Outcome::Changed(_) => self.changed += 1,
            Outcome::Confirmed(_) | Outcome::Unchanged => self.unchanged += 1,
            Outcome::Kept(kept) => self.note_kept(*kept),
        }
    }

    fn note_kept(&mut self, kept: Kept) {
        *self.kept.entry(kept.reason().to_owned()).or_default() += 1;
    }

    /// Adds what a further page of the same list came to.
    pub fn add(&mut self, page: Self) {
        self.added += page.added;
        self.changed += page.changed;
        self.unchanged += page.unchanged;
        for (into, from) in [(&mut self.kept, page.kept), (&mut self.refused, page.refused)] {
            for (reason, count) in from {
                *into.entry(reason).or_default() += count;
            }
        }
        self.refused_rows.extend(page.refused_rows);
        self.refused_rows.truncate(REFUSED_SHOWN_MAX);
        self.incomplete = self.incomplete.take().or(page.incomplete);
    }
}
