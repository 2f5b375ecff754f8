//! Where a PostgreSQL is, and how it is reached.

use super::Session;
use crate::StoreError;
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::ClientConfig;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A peer that is gone is noticed after so long without an answer.
const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// What every connection is told: a commit is on the disk before it is acknowledged, and a node
/// that hangs in a transaction does not keep the others from writing for long.
const SESSION: &str = "SET statement_timeout = '30s'; \
    SET idle_in_transaction_session_timeout = '30s'; \
    SET lock_timeout = '20s'; \
    SELECT set_config('synchronous_commit', 'on', false) \
        WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// What the writing connection is told besides: everything it does is found by a key. A plan that
/// was made while a table was new would read all of it, for as long as the connection lives.
const WRITING: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off";

/// `postgres://USER:PASSWORD@HOST:PORT/NAME`, with the parameters that libpq takes, such as
/// `sslmode=require`. Never shows its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

/// A text that does not say where a PostgreSQL is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a PostgreSQL database is written postgres://USER:PASSWORD@HOST:PORT/NAME: {0}")]
pub struct PostgresUrlError(String);

impl FromStr for PostgresUrl {
    type Err = PostgresUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(PostgresUrlError("another scheme, or none".to_owned()));
        }
        let config: Config = text.parse().map_err(|error: postgres::Error| {
            PostgresUrlError(error.to_string().replace(text, "***"))
        })?;
        if config.get_hosts().is_empty() {
            return Err(PostgresUrlError("no host".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl PostgresUrl {
    /// The same for PostgreSQL's own programs, as environment variables: an argument would show
    /// the password to everybody on the machine.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let Ok(config) = self.0.parse::<Config>() else { return Vec::new() };
        let hosts: Vec<_> = config.get_hosts().iter().map(host_name).collect();
        let ports: Vec<_> = config.get_ports().iter().map(u16::to_string).collect();
        let mode = match config.get_ssl_mode() {
            SslMode::Disable => "disable",
            SslMode::Require => "require",
            _ => "prefer",
        };
        let password = config.get_password().map(String::from_utf8_lossy);
        let found = [
            ("PGHOST", Some(hosts.join(","))),
            ("PGPORT", Some(ports.join(",")).filter(|ports| !ports.is_empty())),
            ("PGUSER", config.get_user().map(str::to_owned)),
            ("PGPASSWORD", password.map(std::borrow::Cow::into_owned)),
            ("PGDATABASE", config.get_dbname().map(str::to_owned)),
            ("PGOPTIONS", config.get_options().map(str::to_owned)),
            ("PGSSLMODE", Some(mode.to_owned())),
        ];
        found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(config) = self.0.parse::<Config>() else { return f.write_str("postgres://***") };
        let hosts = config.get_hosts().iter().zip(config.get_ports().iter().cycle());
        let hosts: Vec<_> = hosts.map(|(host, port)| address(host, *port)).collect();
        write!(f, "postgres://***@{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
    }
}

fn address(host: &Host, port: u16) -> String {
    match host {
        Host::Tcp(name) => format!("{name}:{port}"),
        #[cfg(unix)]
        Host::Unix(_) => host_name(host),
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

/// A server to connect to, again and again.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Target {
    pub(crate) fn new(url: &PostgresUrl) -> Result<Self, StoreError> {
        let mut config: Config = url.0.parse()?;
        config.application_name("farebox").connect_timeout(CONNECT_TIMEOUT);
        config.tcp_user_timeout(USER_TIMEOUT);
        Ok(Self { config, tls: MakeRustlsConnect::new(trusting_the_system()?) })
    }

    /// Opens a connection. Blocks; not for an async task.
    pub(crate) fn connect(&self) -> Result<Session, StoreError> {
        let client = match self.config.get_ssl_mode() {
            SslMode::Disable => self.config.connect(NoTls)?,
            _ => self.config.connect(self.tls.clone())?,
        };
        let mut session = Session::new(client);
        session.batch(SESSION)?;
        Ok(session)
    }

    /// As [`Self::connect`], for the connection that writes.
    pub(crate) fn connect_to_write(&self) -> Result<Session, StoreError> {
        let mut session = self.connect()?;
        session.batch(WRITING)?;
        Ok(session)
    }

    /// As [`Self::connect`], for migrations.
    pub(crate) fn connect_client(&self) -> Result<Client, StoreError> {
        Ok(match self.config.get_ssl_mode() {
            SslMode::Disable => self.config.connect(NoTls)?,
            _ => self.config.connect(self.tls.clone())?,
        })
    }
}

fn trusting_the_system() -> Result<ClientConfig, StoreError> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| StoreError::Unreadable(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
