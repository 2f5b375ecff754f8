//! Values that SQLite and PostgreSQL both store: integers, reals, texts, bytes, and nothing.

use std::borrow::Cow;

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// SQL's null.
    Null,
    /// A 64-bit integer; also what truth is stored as, 0 or 1.
    Integer(i64),
    /// A 64-bit float; never money.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
    /// A column of integers, for set-based statements of PostgreSQL.
    Integers(&'a [i64]),
    /// A column of texts, likewise.
    Texts(&'a [String]),
    /// A column of byte strings, likewise.
    Blobs(&'a [Vec<u8>]),
    /// A number that no database column holds; refused when it is bound.
    OutOfRange,
}

/// What can be a parameter.
pub trait ToValue {
    /// As a parameter.
    fn to_value(&self) -> Value<'_>;
}

/// What a column of a row holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// SQL's null.
    Null,
    /// An integer, or truth as 0 or 1.
    Integer(i64),
    /// A float.
    Real(f64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// What a column can be read as.
pub trait FromCell: Sized {
    /// `None` when the column holds something else.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

macro_rules! integers {
    ($($integer:ty),+) => {
        $(
            impl ToValue for $integer {
                fn to_value(&self) -> Value<'_> {
                    i64::try_from(*self).map_or(Value::OutOfRange, Value::Integer)
                }
            }

            impl FromCell for $integer {
                fn from_cell(cell: Cell<'_>) -> Option<Self> {
                    match cell {
                        Cell::Integer(value) => Self::try_from(value).ok(),
                        _ => None,
                    }
                }
            }
        )+
    };
}

integers!(i64, i32, i16, u64, u32, u16, u8, usize);

impl ToValue for bool {
    fn to_value(&self) -> Value<'_> {
        Value::Integer(i64::from(*self))
    }
}

impl FromCell for bool {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Integer(value) => Some(value != 0),
            _ => None,
        }
    }
}

impl ToValue for f64 {
    fn to_value(&self) -> Value<'_> {
        Value::Real(*self)
    }
}

impl FromCell for f64 {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Real(value) => Some(value),
            _ => None,
        }
    }
}

impl ToValue for str {
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value<'_> {
        self.as_str().to_value()
    }
}

impl FromCell for String {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(Cow::Borrowed(self))
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value<'_> {
        self.as_slice().to_value()
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value<'_> {
        self.as_slice().to_value()
    }
}

impl FromCell for Vec<u8> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Blob(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<const N: usize> FromCell for [u8; N] {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Blob(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}

impl ToValue for Value<'_> {
    fn to_value(&self) -> Value<'_> {
        self.clone()
    }
}

/// The parameters of a statement, in the order of `?1`, `?2`, ….
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::ToValue::to_value(&$value)),*]
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_column_holds_is_not_changed_into_another() {
        assert_eq!(u64::MAX.to_value(), Value::OutOfRange);
        assert_eq!(u64::from_cell(Cell::Integer(-1)), None);
        assert_eq!(u8::from_cell(Cell::Integer(256)), None);
        assert_eq!(i64::MAX.to_value(), Value::Integer(i64::MAX));
    }

    #[test]
    fn nothing_is_not_zero() {
        assert_eq!(i64::from_cell(Cell::Null), None);
        assert_eq!(Option::<i64>::from_cell(Cell::Null), Some(None));
        assert_eq!(Option::<i64>::from_cell(Cell::Text("5")), None);
        assert_eq!(None::<String>.to_value(), Value::Null);
    }

    #[test]
    fn digests_have_their_length() {
        assert_eq!(<[u8; 32]>::from_cell(Cell::Blob(&[1; 31])), None);
        assert_eq!(<[u8; 2]>::from_cell(Cell::Blob(&[1, 2])), Some([1, 2]));
    }
}
