//! Databases for the tests of the other crates: what holds on one must hold on the other.
//!
//! SQLite needs nothing. PostgreSQL is used where `TEST_POSTGRES` holds the URL of a
//! server on which schemas may be made; `./test` starts one and sets it.

pub mod evm_node;
pub mod listings;
pub mod name_server;

use farebox_store::{Location, Schema, Store};
use postgres::error::SqlState;
use tempfile::TempDir;

/// Deadlocks in a row after which a schema is left standing, loudly.
const DEADLOCKS_MAX: usize = 10;

/// The environment variable with the URL of a PostgreSQL for tests.
pub const POSTGRES_VARIABLE: &str = "TEST_POSTGRES";

/// The environment variable with the URL of a test chain's RPC: an anvil with a stand-in for USDC
/// at the address of Base Sepolia's. `tests/chain/server` starts one.
pub const CHAIN_VARIABLE: &str = "TEST_CHAIN";

/// The URL of the test chain, if there is one.
#[must_use]
pub fn chain() -> Option<String> {
    let url = std::env::var(CHAIN_VARIABLE).ok();
    if url.is_none() {
        eprintln!("no chain: {CHAIN_VARIABLE} is not set");
    }
    url
}

/// An empty database that is gone when this is dropped.
pub struct TestDatabase {
    /// Where it is.
    pub location: Location,
    _folder: Option<TempDir>,
    schema: Option<PostgresSchema>,
}

/// One of each database that there is: SQLite always, PostgreSQL where one is set.
#[must_use]
pub fn databases() -> Vec<TestDatabase> {
    [Some(sqlite()), postgres()].into_iter().flatten().collect()
}

/// The one that `TEST_DATABASE` names, `sqlite` or `postgres`; SQLite when it is not set.
/// Whole suites run twice, once on each.
#[must_use]
pub fn database() -> TestDatabase {
    match std::env::var("TEST_DATABASE").as_deref() {
        Err(_) | Ok("sqlite") => sqlite(),
        Ok("postgres") => postgres().expect("a PostgreSQL to test on"),
        Ok(other) => panic!("TEST_DATABASE is sqlite or postgres, not {other:?}"),
    }
}

/// An empty SQLite file.
#[must_use]
pub fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("test.sqlite"));
    TestDatabase { location, _folder: Some(folder), schema: None }
}

/// An empty schema on the PostgreSQL for tests, if there is one.
#[must_use]
pub fn postgres() -> Option<TestDatabase> {
    let Ok(server) = std::env::var(POSTGRES_VARIABLE) else {
        eprintln!("no PostgreSQL: {POSTGRES_VARIABLE} is not set");
        return None;
    };
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    let name = format!("test_{}", hex::encode(bytes));
    on_a_thread(&server, format!("CREATE SCHEMA {name}"));
    let separator = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{separator}options=-csearch_path%3D{name}");
    let location = Location::Postgres(url.parse().unwrap());
    Some(TestDatabase {
        location,
        _folder: None,
        schema: Some(PostgresSchema { server, name, url }),
    })
}

impl TestDatabase {
    /// The URL of the schema, where it is on a PostgreSQL: for a process of its own.
    #[must_use]
    pub fn postgres_url(&self) -> Option<&str> {
        self.schema.as_ref().map(|schema| schema.url.as_str())
    }

    /// Opens it, with the tables that `schemas` names.
    pub async fn open(&self, schemas: fn() -> Vec<Schema>) -> Store {
        loop {
            match Store::open(self.location.clone(), schemas()).await {
                Ok(store) => return store,
                // An earlier handle's writer thread ends a moment after the handle.
                Err(farebox_store::OpenError::InUse { .. }) => {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

struct PostgresSchema {
    server: String,
    name: String,
    url: String,
}

impl Drop for PostgresSchema {
    fn drop(&mut self) {
        // With those that a restore made beside it.
        let sql = format!(
            "DO $$ DECLARE name text; BEGIN FOR name IN SELECT nspname FROM pg_namespace \
             WHERE starts_with(nspname, '{}') LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); \
             END LOOP; END $$",
            self.name
        );
        on_a_thread(&self.server, sql);
    }
}

/// The client blocks, which an async test must not.
fn on_a_thread(server: &str, sql: String) {
    let server = server.to_owned();
    let run = move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        // What a test that is over left running may still hold rows for a moment.
        for _ in 0..DEADLOCKS_MAX {
            match client.batch_execute(&sql) {
                Err(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED) => {}
                done => return done.unwrap(),
            }
        }
        panic!("{sql}: deadlocks without an end");
    };
    std::thread::spawn(run).join().unwrap();
}
