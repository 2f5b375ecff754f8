//! The money rules of a human: a policy, and the decision that follows from it.
//!
//! Pure, but for [`load`]: [`decide`] is given the policy, what was spent before, the payment and
//! the time, and says whether it is allowed, refused, or for the human to answer.

mod decide;
mod denial;
mod file;
mod history;
mod limit;
mod pattern;
mod policy;
mod rates;
mod raw;
mod token;
mod window;

pub use decide::{Decision, Moment, decide};
pub use denial::{AskReason, Denial, Scope};
pub use file::{LoadError, POLICY_FILE, POLICY_TEMPLATE, load};
pub use history::{History, Spent, Sum};
pub use limit::{Limit, ParseLimitError};
pub use pattern::{HostPattern, PayeePattern};
pub use policy::{Action, AskAbove, Caps, Hook, Policy, Rule};
pub use rates::RateSource;
pub use raw::PolicyError;
pub use token::KnownToken;
pub(crate) use token::{TEMPO, TEMPO_TEST, find as find_token};
pub use window::{Calendar, Window, WindowKind};
