//! Statements inside a transaction that the store opened, the same on both databases.

use crate::postgres::Session;
use crate::{Row, StoreError, Value};
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::cell::RefCell;

/// Which SQL a database speaks, where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// An open transaction. Parameters are written `?1`, `?2`, … on both databases.
pub struct Transaction<'a>(Inner<'a>);

enum Inner<'a> {
    Sqlite(&'a Connection),
    Postgres(&'a RefCell<Session>),
}

impl<'a> Transaction<'a> {
    /// On a connection whose transaction the caller opened.
    #[must_use]
    pub const fn sqlite(connection: &'a Connection) -> Self {
        Self(Inner::Sqlite(connection))
    }

    pub(crate) const fn postgres(session: &'a RefCell<Session>) -> Self {
        Self(Inner::Postgres(session))
    }

    /// The connection below, where it is SQLite's.
    #[must_use]
    pub const fn as_sqlite(&self) -> Option<&'a Connection> {
        match self.0 {
            Inner::Sqlite(connection) => Some(connection),
            Inner::Postgres(_) => None,
        }
    }

    /// Which SQL it takes.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self.0 {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// [`StoreError`]; the transaction must be rolled back.
    pub fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, StoreError> {
        match self.0 {
            Inner::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                bind(&mut statement, parameters)?;
                Ok(statement.raw_execute()? as u64)
            }
            Inner::Postgres(session) => session.borrow_mut().execute(sql, parameters),
        }
    }

    /// Runs one statement of SQLite for each of several rows and returns how many each changed:
    /// what [`Value::Integers`] and its like do on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError`]; the transaction must be rolled back.
    pub fn execute_each<'v, const N: usize>(
        &self,
        sql: &str,
        rows: impl Iterator<Item = Result<[Value<'v>; N], StoreError>>,
        mut changed: impl FnMut(u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Inner::Sqlite(connection) = self.0 else {
            return Err(StoreError::Unreadable("one statement for each row".to_owned()));
        };
        let mut statement = connection.prepare_cached(sql)?;
        for row in rows {
            bind(&mut statement, &row?)?;
            changed(statement.raw_execute()? as u64)?;
        }
        Ok(())
    }

    /// Calls `read` with each row that a query finds; the query bounds how many that are, because
    /// PostgreSQL answers them all at once.
    ///
    /// # Errors
    /// [`StoreError`], or what `read` returned.
    pub fn each<E: From<StoreError>>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.0 {
            Inner::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql).map_err(StoreError::from)?;
                bind(&mut statement, parameters)?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().map_err(StoreError::from)? {
                    read(&Row::sqlite(row))?;
                }
                Ok(())
            }
            Inner::Postgres(session) => {
                let rows = session.borrow_mut().query(sql, parameters)?;
                rows.iter().try_for_each(|row| read(&Row::postgres(row)))
            }
        }
    }

    /// Every row that a query finds; the query bounds how many that are.
    ///
    /// # Errors
    /// [`StoreError`], or what `read` returned.
    pub fn all<T, E: From<StoreError>>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let mut found = Vec::new();
        self.each(sql, parameters, |row| {
            found.push(read(row)?);
            Ok::<(), E>(())
        })?;
        Ok(found)
    }

    /// The row that a query finds, if it finds one; the first, if several.
    ///
    /// # Errors
    /// [`StoreError`], or what `read` returned.
    pub fn optional<T, E: From<StoreError>>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        match self.0 {
            Inner::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql).map_err(StoreError::from)?;
                bind(&mut statement, parameters)?;
                let mut rows = statement.raw_query();
                let row = rows.next().map_err(StoreError::from)?;
                row.map(|row| read(&Row::sqlite(row))).transpose()
            }
            Inner::Postgres(session) => {
                let rows = session.borrow_mut().query(sql, parameters)?;
                rows.first().map(|row| read(&Row::postgres(row))).transpose()
            }
        }
    }

    /// Runs one query of SQLite for each of several rows of parameters; what is found comes with
    /// its row's place. On PostgreSQL, one query with columns does this.
    ///
    /// # Errors
    /// [`StoreError`], or what `read` returned.
    pub fn optional_each<'v, const N: usize, T>(
        &self,
        sql: &str,
        rows: impl Iterator<Item = [Value<'v>; N]>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<(usize, T)>, StoreError> {
        let Inner::Sqlite(connection) = self.0 else {
            return Err(StoreError::Unreadable("one query for each row".to_owned()));
        };
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = Vec::new();
        for (place, row) in rows.enumerate() {
            bind(&mut statement, &row)?;
            let mut rows = statement.raw_query();
            if let Some(row) = rows.next()? {
                found.push((place, read(&Row::sqlite(row))?));
            }
        }
        Ok(found)
    }

    /// The row of a query that always finds one, such as a count.
    ///
    /// # Errors
    /// [`StoreError`], or what `read` returned.
    pub fn one<T, E: From<StoreError>>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let found = self.optional(sql, parameters, read)?;
        found.ok_or_else(|| StoreError::Unreadable("a row is missing".to_owned()).into())
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, values: &[Value<'_>]) -> Result<(), StoreError> {
    for (index, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(value))?;
    }
    Ok(())
}

struct Bound<'a>(&'a Value<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let refuse = |what: &str| Err(rusqlite::Error::ToSqlConversionFailure(what.into()));
        let value = match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(value) => ValueRef::Integer(*value),
            Value::Real(value) => ValueRef::Real(*value),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
            Value::OutOfRange => return refuse("a number out of range"),
            Value::Integers(_) | Value::Texts(_) | Value::Blobs(_) => {
                return refuse("SQLite takes no columns as parameters");
            }
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}
