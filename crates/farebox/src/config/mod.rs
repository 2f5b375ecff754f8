//! Settings: a file, then the environment, then flags; later ones win.

mod load;
mod rates;
mod settings;
mod withdrawals;

pub use load::{Overrides, load};
pub use settings::{LogFormat, Settings};
