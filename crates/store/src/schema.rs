//! The tables that a crate brings.

/// The tables of one crate: its migrations, counted apart from those of other crates.
pub struct Schema {
    /// Lower-case letters only; names the table that remembers which migrations ran.
    pub name: &'static str,
    /// For SQLite, from `refinery::embed_migrations!`.
    pub sqlite: refinery::Runner,
    /// The same tables for PostgreSQL; `None` for what only ever lives in a file.
    pub postgres: Option<refinery::Runner>,
}
