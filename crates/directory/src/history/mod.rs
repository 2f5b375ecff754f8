//! How listings fared: what every probe found, kept small enough for years.

mod outcome;

pub use outcome::Outcome;
