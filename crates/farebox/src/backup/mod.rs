//! A copy of everything that a server must not lose, made while it runs, and its way back.
//!
//! A backup is a folder: the database, the server's secret, and a manifest that says what they
//! are, with a digest of each. It appears under its name only when it is whole and was checked.

mod files;
mod make;
mod manifest;
mod postgres;
mod progress;
mod restore;
mod unfinished;

pub use make::make;
pub use manifest::Manifest;
pub use progress::Progress;
pub use restore::{Restored, restore};
pub use unfinished::refuse_unfinished;

/// The server's database, as a SQLite file.
const DATABASE: &str = "farebox.sqlite";
/// The server's database, as PostgreSQL's `pg_dump` writes it.
const DUMP: &str = "farebox.dump";
/// The demo's play network.
const PLAY: &str = "play.sqlite";
/// What every token is derived from.
const SECRET: &str = "server.secret";
/// What the backup is.
const MANIFEST: &str = "manifest.json";
