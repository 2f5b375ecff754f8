//! The price of one bitcoin in dollars.
//!
//! It is fixed, or asked of several sources over HTTP: each answer is read without floats and
//! must lie within bounds, a majority must agree, and their median counts. A rate that is older
//! than its limit is nobody's price any more: whoever charges asks [`Rates::current`] and refuses
//! when there is none.
//!
//! Reading, agreeing and ageing are pure; only [`Refresher`] does I/O.

mod agreement;
mod answer;
mod decimal;
mod pointer;
mod rates;
mod refresher;
mod source;

pub use agreement::{Agreement, Disagreement, agree};
pub use answer::{AnswerError, Bounds, read_answer};
pub use pointer::{ParsePointerError, Pointer};
pub use rates::{Publisher, RETRY_AFTER_S, RateUnavailable, Rates};
pub use refresher::{RefreshOptions, RefreshStats, Refresher, SourceStats};
pub use source::{Source, SourceProblem};
