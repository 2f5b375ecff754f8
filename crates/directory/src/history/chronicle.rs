//! The history of a listing as it is read: days, runs, latest checks.

use super::window::sum_of;
use super::{Days, Incident, Run, Sketch, Slot, Window, incidents};
use crate::Observation;

/// The history of a listing, as far back as was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chronicle {
    /// The days, the one under way among them.
    pub(crate) days: Days,
    /// Times of one verdict each, oldest first, the one under way last.
    pub(crate) runs: Vec<Run>,
    /// The latest checks, newest first.
    pub(crate) recent: Vec<Observation>,
}

impl Chronicle {
    /// What the window that ends with `slot` adds up to.
    pub(crate) fn sum(&self, window: Window, slot: Slot) -> Sketch {
        sum_of(&self.days, window, slot)
    }

    /// When it was down, the latest first.
    pub(crate) fn incidents(&self) -> Vec<Incident> {
        incidents(&self.runs)
    }
}
