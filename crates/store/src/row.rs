//! A row that a query found.

use crate::StoreError;
use crate::value::{Cell, FromCell};
use postgres::types::{FromSql, Type};
use rusqlite::types::ValueRef;

/// One row of either database.
pub struct Row<'a>(Inner<'a>);

enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

/// Names a column: by its place, from zero, or by its name.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// Its place, from zero.
    Place(usize),
    /// Its name.
    Name(&'a str),
}

impl From<usize> for Column<'_> {
    fn from(place: usize) -> Self {
        Self::Place(place)
    }
}

impl<'a> From<&'a str> for Column<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self(Inner::Sqlite(row))
    }

    pub(crate) fn postgres(row: &'a postgres::Row) -> Self {
        Self(Inner::Postgres(row))
    }

    /// Reads a column.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when it is not there or holds something else.
    pub fn get<'c, T: FromCell>(&self, column: impl Into<Column<'c>>) -> Result<T, StoreError> {
        let column = column.into();
        let cell = match self.0 {
            Inner::Sqlite(row) => sqlite_cell(row, column),
            Inner::Postgres(row) => postgres_cell(row, column),
        };
        let cell = cell.ok_or_else(|| StoreError::Unreadable(format!("no column {column:?}")))?;
        T::from_cell(cell)
            .ok_or_else(|| StoreError::Unreadable(format!("a value in column {column:?}")))
    }
}

fn sqlite_cell<'a>(row: &'a rusqlite::Row<'_>, column: Column<'_>) -> Option<Cell<'a>> {
    let value = match column {
        Column::Place(place) => row.get_ref(place),
        Column::Name(name) => row.get_ref(name),
    };
    Some(match value.ok()? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text).ok()?),
        ValueRef::Blob(bytes) => Cell::Blob(bytes),
    })
}

fn postgres_cell<'a>(row: &'a postgres::Row, column: Column<'_>) -> Option<Cell<'a>> {
    let cell: Option<PostgresCell<'_>> = match column {
        Column::Place(place) => row.try_get(place),
        Column::Name(name) => row.try_get(name),
    }
    .ok()?;
    Some(cell.map_or(Cell::Null, |cell| cell.0))
}

struct PostgresCell<'a>(Cell<'a>);

impl<'a> FromSql<'a> for PostgresCell<'a> {
    fn from_sql(
        kind: &Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let cell = match *kind {
            Type::INT8 => Cell::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Cell::Integer(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Cell::Integer(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => Cell::Integer(bool::from_sql(kind, raw)?.into()),
            Type::FLOAT8 => Cell::Real(f64::from_sql(kind, raw)?),
            Type::BYTEA => Cell::Blob(<&[u8]>::from_sql(kind, raw)?),
            _ => Cell::Text(<&str>::from_sql(kind, raw)?),
        };
        Ok(Self(cell))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::FLOAT8
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::NAME
        )
    }
}
