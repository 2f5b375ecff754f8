//! How listings fared: what every probe found, kept small enough for years.
//!
//! A probe is one byte ([`Code`]) in a slot of five minutes. A day is 288 of them; the days that
//! windows reach into by the slot keep all of them, older ones what they add up to ([`Sketch`]).
//! Beside that, the times in which the verdict stayed the same are kept to the millisecond
//! ([`Run`]): they are the incident log. Pure: the store brings the rows and the caller the time.

mod chronicle;
mod code;
mod day;
mod outcome;
mod progress;
mod run;
mod score;
mod sketch;
mod slot;
mod track;
mod window;

#[cfg(test)]
mod model_tests;

pub use code::Code;
pub use outcome::Outcome;
pub use run::{Found, Incident, Run, incidents};
pub use score::reliability_score;
pub use sketch::SlotCounts;
pub use window::{Figures, Window};

pub(crate) use chronicle::Chronicle;
pub(crate) use day::{DayCodes, DayRecord};
pub(crate) use progress::{Progress, State};
pub(crate) use run::OpenRun;
pub(crate) use sketch::Sketch;
pub(crate) use slot::{Day, Slot};
pub(crate) use track::{Ended, Needs, Probe, Track};
pub(crate) use window::{Days, Past, to_compact};
