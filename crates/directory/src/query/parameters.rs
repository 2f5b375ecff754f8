//! The parameters of endpoints that take only a few. Nothing is ignored.

use super::values::{self, Value};
use super::{InvalidParameter, QueryError};
use crate::text::clean::clean_text;
use url::form_urlencoded;

/// Parameters of one request at most.
const PARAMETERS_MAX: usize = 16;

/// Parameters being read.
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    invalid: Vec<InvalidParameter>,
    known: Vec<&'static str>,
}

impl Parameters {
    /// Reads a query string as it stands in a URL, without the question mark.
    pub(crate) fn read(raw: &str) -> Self {
        let pairs = form_urlencoded::parse(raw.as_bytes()).into_owned();
        let mut parameters = Self { pairs: Vec::new(), invalid: Vec::new(), known: Vec::new() };
        for (name, value) in pairs {
            if parameters.pairs.len() == PARAMETERS_MAX {
                parameters.refuse("", format!("at most {PARAMETERS_MAX} parameters are read"));
                break;
            }
            parameters.pairs.push((name, value));
        }
        parameters
    }

    /// Takes the parameter of this name, read by `read`.
    pub(crate) fn take<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Value<T>,
    ) -> Option<T> {
        self.known.push(name);
        let given = std::mem::take(&mut self.pairs);
        let (mut found, others): (Vec<_>, Vec<_>) =
            given.into_iter().partition(|(given, _)| given == name);
        self.pairs = others;
        let (_, value) = found.pop()?;
        if !found.is_empty() {
            self.refuse(name, "is given more than once".to_owned());
            return None;
        }
        match read(&value) {
            Ok(value) => Some(value),
            Err(message) => {
                self.refuse(name, message);
                None
            }
        }
    }

    /// A whole number.
    pub(crate) fn number(&mut self, name: &'static str, least: i64, most: i64) -> Option<i64> {
        self.take(name, |value| {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let number = value.parse::<i64>().ok().filter(|_| digits);
            let number = number.filter(|number| (least..=most).contains(number));
            number.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
        })
    }

    /// One of a closed set of words, in either case.
    pub(crate) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Option<T> {
        self.take(name, |value| values::word(value, all, word))
    }

    fn refuse(&mut self, name: &str, message: String) {
        let name = clean_text(name, 64);
        let message = format!("{name} {message}").trim_start().to_owned();
        self.invalid.push(InvalidParameter { name, message });
    }

    /// That was all.
    ///
    /// # Errors
    /// [`QueryError`] with every parameter that is wrong or unknown.
    pub(crate) fn finish(mut self) -> Result<(), QueryError> {
        let known = self.known.join(", ");
        for (name, _) in std::mem::take(&mut self.pairs) {
            let message = match known.as_str() {
                "" => "is not known; this takes no parameters".to_owned(),
                known => format!("is not known; this takes {known}"),
            };
            self.refuse(&name, message);
        }
        match self.invalid.is_empty() {
            true => Ok(()),
            false => Err(QueryError { invalid: self.invalid }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Result<Option<i64>, String> {
        let mut parameters = Parameters::read(raw);
        let number = parameters.number("limit", 1, 200);
        parameters.finish().map(|()| number).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_ignored() {
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("limit=5"), Ok(Some(5)));
        for raw in ["limit=0", "limit=+5", "limit=5&limit=6", "limit=", "Limit=5", "x=1"] {
            assert!(read(raw).is_err(), "{raw}");
        }
        assert_eq!(read("x=1").unwrap_err(), "x is not known; this takes limit");
    }
}
