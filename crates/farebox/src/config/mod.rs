//! Settings: a file, then the environment, then flags; later ones win.

pub mod directory;
pub mod embeddings;
mod evm;
mod limits;
mod load;
mod node;
mod prices;
mod probe;
mod rails;
mod rates;
mod settings;
mod withdrawals;

pub use directory::{DirectorySettings, ScheduledImport};
pub use limits::LimitSettings;
pub use load::{Overrides, load};
pub use node::NODE_WALLET;
pub use probe::ProbeSettings;
pub use rails::{ChainSettings, StripeSettings, TempoSettings};
pub use settings::{LogFormat, Settings};
