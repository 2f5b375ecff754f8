//! A PostgreSQL, copied and restored with its own programs: `pg_dump`, `pg_restore`, `psql`.

use super::files::{check_room, write_private};
use super::make::refuse_unsound;
use crate::books;
use crate::output::Failure;
use farebox_ledger::Head;
use farebox_store::{Location, PostgresUrl, Store, StoreError, Transaction, lease, params};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Lines of a program's complaint that are passed on.
const COMPLAINT_LEN_MAX: usize = 600;
/// Of a schema's name, so that names made of it fit into PostgreSQL's 63 bytes.
const NAME_KEPT: usize = 24;

/// Dumps the schema that Farebox uses into the new file `to`. The books are checked in the very
/// snapshot that is dumped; returns how far they reach, and the schema's name.
pub async fn dump(url: PostgresUrl, to: PathBuf) -> Result<(Head, String), Failure> {
    let tools = url.clone();
    let look = move |transaction: &Transaction<'_>| {
        no_time_limit(transaction)?;
        let books = books::verify(transaction)?;
        let schema = current_schema(transaction)?.unwrap_or_default();
        let snapshot: String =
            transaction.one("SELECT pg_export_snapshot()", params![], |row| row.get(0))?;
        let sql = "SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS BIGINT) \
                   FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
        let bytes: u64 = transaction.one(sql, params![], |row| row.get(0))?;
        let dumped = refuse_unsound(&books)
            .and_then(|()| check_room(to.parent().unwrap_or(&to), bytes))
            .and_then(|()| run_dump(&tools, &schema, &snapshot, &to));
        Ok(dumped.map(|()| (books.head(), schema)))
    };
    Store::look(Location::Postgres(url), look).await.map_err(Failure::general)?
}

fn run_dump(url: &PostgresUrl, schema: &str, snapshot: &str, to: &Path) -> Result<(), Failure> {
    write_private(to, &[])?;
    let mut dump = program("pg_dump", url);
    dump.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"]);
    dump.arg(format!("--schema={}", quoted(schema))).arg(format!("--snapshot={snapshot}"));
    run(dump.arg("--file").arg(to), "pg_dump")?;
    // Reads the archive from its first byte to its last.
    let mut read = program("pg_restore", url);
    run(read.arg("--file=-").arg(to).stdout(Stdio::null()), "pg_restore")
}

/// The schemas that a restore deals with.
pub struct Schemas {
    url: PostgresUrl,
    /// The one that Farebox uses.
    current: String,
    has_data: bool,
    /// Where the dump is restored and checked first.
    staged: String,
    /// What the current one is called afterwards.
    aside: String,
}

impl Schemas {
    /// Refuses when a server runs on the database, or when it has data that may not be replaced.
    pub async fn look(url: &PostgresUrl, stamp: &str, replace: bool) -> Result<Self, Failure> {
        let found = Store::look(Location::Postgres(url.clone()), find).await;
        let found = found.map_err(Failure::general)?;
        let current = found.schema.ok_or_else(|| {
            Failure::usage("the schema that store.postgres names (search_path) is not there")
        })?;
        if found.alive > 0 {
            return Err(Failure::general(format!(
                "{} servers run on {url}, or ended less than a minute ago; stop them",
                found.alive
            )));
        }
        if found.tables > 0 && !found.is_ours {
            return Err(Failure::usage(format!("the schema {current} has tables of others")));
        }
        if found.tables > 0 && !replace {
            let text = "has data; with --replace it is moved aside";
            return Err(Failure::usage(format!("the schema {current} of {url} {text}")));
        }
        let stem: String = current.chars().take(NAME_KEPT).collect();
        Ok(Self {
            url: url.clone(),
            has_data: found.tables > 0,
            staged: format!("{stem}_restoring_{stamp}"),
            aside: format!("{stem}_before_{stamp}"),
            current,
        })
    }

    /// Restores the dump of the schema `dumped` beside the current one, and checks it there.
    pub async fn stage(&self, dump: PathBuf, dumped: String, head: Head) -> Result<(), Failure> {
        if let Err(error) = self.restore(&dump, &dumped).await {
            // Half of it may be there, when the dump could not be read to its end.
            self.drop_staged()?;
            return Err(error);
        }
        let staged = quoted(&self.staged);
        let look = move |transaction: &Transaction<'_>| {
            no_time_limit(transaction)?;
            transaction.execute(&format!("SET LOCAL search_path TO {staged}"), params![])?;
            books::verify(transaction)
        };
        let books = Store::look(Location::Postgres(self.url.clone()), look).await;
        let checked = match books {
            Ok(books) if books.head() == head => refuse_unsound(&books),
            Ok(books) => Err(Failure::general(format!(
                "the restored books reach to {}, and the manifest says {head}",
                books.head()
            ))),
            Err(error) => Err(Failure::general(error)),
        };
        if checked.is_err() {
            self.drop_staged()?;
        }
        checked
    }

    /// What this restore made itself.
    fn drop_staged(&self) -> Result<(), Failure> {
        self.sql(&[format!("DROP SCHEMA IF EXISTS {} CASCADE", quoted(&self.staged))])
    }

    /// One transaction: a dump names its own schema, which may be there and be somebody's.
    async fn restore(&self, dump: &Path, dumped: &str) -> Result<(), Failure> {
        let name = dumped.to_owned();
        let look = move |transaction: &Transaction<'_>| -> Result<bool, StoreError> {
            let sql = "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = ?1)";
            transaction.one(sql, params![name], |row| row.get(0))
        };
        let is_there = Store::look(Location::Postgres(self.url.clone()), look).await;
        let (schema, away) = (quoted(dumped), quoted(&format!("{}_away", self.staged)));
        let mut before = vec![format!("CREATE SCHEMA {schema}")];
        let mut after = vec![format!("ALTER SCHEMA {schema} RENAME TO {}", quoted(&self.staged))];
        if is_there.map_err(Failure::general)? {
            before.insert(0, format!("ALTER SCHEMA {schema} RENAME TO {away}"));
            after.push(format!("ALTER SCHEMA {away} RENAME TO {schema}"));
        }
        let mut read = program("pg_restore", &self.url);
        read.args(["--no-owner", "--no-privileges", "--file=-"]);
        read.arg(format!("--schema={dumped}"));
        let mut read = spawn(read.arg(dump).stdout(Stdio::piped()), "pg_restore")?;
        let script = read.stdout.take().map_or_else(Stdio::null, Stdio::from);
        let mut write = psql(&self.url);
        for command in before {
            write.arg("--command").arg(command);
        }
        write.arg("--file=-");
        for command in after {
            write.arg("--command").arg(command);
        }
        let written = run(write.stdin(script), "psql");
        let was_read = read.wait_with_output().is_ok_and(|output| output.status.success());
        written?;
        match was_read {
            true => Ok(()),
            false => Err(Failure::general("pg_restore did not read the dump to its end")),
        }
    }

    /// The checked one takes the place of the current one. Where the old data is now, if any.
    pub fn change_places(&self) -> Result<Option<String>, Failure> {
        let current = quoted(&self.current);
        let clear = match self.has_data {
            true => format!("ALTER SCHEMA {current} RENAME TO {}", quoted(&self.aside)),
            false => format!("DROP SCHEMA {current}"),
        };
        let take = format!("ALTER SCHEMA {} RENAME TO {current}", quoted(&self.staged));
        if let Err(error) = self.sql(&[clear, take]) {
            self.drop_staged()?;
            return Err(error);
        }
        Ok(self.has_data.then(|| format!("schema {}", self.aside)))
    }

    fn sql(&self, commands: &[String]) -> Result<(), Failure> {
        let mut psql = psql(&self.url);
        for command in commands {
            psql.arg("--command").arg(command);
        }
        run(&mut psql, "psql")
    }
}

struct Found {
    schema: Option<String>,
    tables: u64,
    is_ours: bool,
    alive: usize,
}

fn find(transaction: &Transaction<'_>) -> Result<Found, StoreError> {
    let tables = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    let ours = "SELECT to_regclass(quote_ident(current_schema()) || '.ledger_transfer') IS NOT NULL \
                AND to_regclass(quote_ident(current_schema()) || '.lease') IS NOT NULL";
    let is_ours = transaction.one(ours, params![], |row| row.get::<Option<bool>>(0))?;
    let is_ours = is_ours.unwrap_or(false);
    Ok(Found {
        schema: current_schema(transaction)?,
        tables: transaction.one(tables, params![], |row| row.get(0))?,
        is_ours,
        alive: if is_ours { lease::alive(transaction)?.len() } else { 0 },
    })
}

fn current_schema(transaction: &Transaction<'_>) -> Result<Option<String>, StoreError> {
    transaction.one("SELECT current_schema()", params![], |row| row.get(0))
}

/// A dump takes as long as it takes; ordinary sessions are cut off.
fn no_time_limit(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    for limit in ["idle_in_transaction_session_timeout", "statement_timeout"] {
        transaction.execute(&format!("SET LOCAL {limit} = 0"), params![])?;
    }
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn psql(url: &PostgresUrl) -> Command {
    let mut psql = program("psql", url);
    psql.args(["--no-psqlrc", "--quiet", "--no-password", "--single-transaction"]);
    psql.args(["--set=ON_ERROR_STOP=1"]).stdout(Stdio::null());
    psql
}

fn program(name: &str, url: &PostgresUrl) -> Command {
    let mut command = Command::new(name);
    for (variable, value) in url.environment() {
        // A stricter mode of whoever runs this, with certificates that libpq knows, counts.
        if variable != "PGSSLMODE" || std::env::var_os(variable).is_none() {
            command.env(variable, value);
        }
    }
    command.stdin(Stdio::null());
    command
}

fn spawn(command: &mut Command, name: &str) -> Result<std::process::Child, Failure> {
    command.spawn().map_err(|error| not_started(name, &error))
}

fn run(command: &mut Command, name: &str) -> Result<(), Failure> {
    let child = command.stderr(Stdio::piped()).spawn();
    let output = child.and_then(std::process::Child::wait_with_output);
    let output = output.map_err(|error| not_started(name, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint: String =
        String::from_utf8_lossy(&output.stderr).trim().chars().take(COMPLAINT_LEN_MAX).collect();
    Err(Failure::general(format!("{name} failed: {complaint}")))
}

fn not_started(name: &str, error: &std::io::Error) -> Failure {
    Failure::general(match error.kind() {
        std::io::ErrorKind::NotFound => format!(
            "{name} is needed for a PostgreSQL and was not found; install PostgreSQL's client \
             programs (often the package postgresql-client)"
        ),
        _ => format!("{name} could not be run: {error}"),
    })
}
