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
//! Reads the parameters of a query string. Nothing is ignored: what is unknown, repeated or
//! malformed is an error, so that nobody reads an unfiltered answer as a filtered one.
use super::values::Value;
use crate::clean::clean_text;
/// Parameters of one request at most; what follows is not read.
const PARAMETERS_MAX: usize = 64;
/// Below this likeness (0 to 1) no other name is suggested.
const LIKENESS_MIN: f64 = 0.8;
/// Hands each parameter of `raw`, a query string without its question mark, to `read` as one of
/// `names` and its decoded value; `read` answers what is wrong with the value.
///
/// # Errors
/// [`QueryError`] with every parameter that is unknown, repeated or not taken by `read`.
pub(crate) fn read_parameters(
    raw: &str,
    names: &[&'static str],
    mut read: impl FnMut(&'static str, &str) -> Value<()>,
) -> Result<(), QueryError> {
    let mut reading = Reading { names, seen: Vec::new(), invalid: Vec::new() };
    let mut pairs = form_urlencoded::parse(raw.as_bytes());
    for (name, value) in pairs.by_ref().take(PARAMETERS_MAX) {
        reading.take(&name, &value, &mut read);
    if pairs.next().is_some() {
        reading.refuse("", format!("at most {PARAMETERS_MAX} parameters are read"));
    match reading.invalid.is_empty() {
        true => Ok(()),
        false => Err(QueryError { invalid: reading.invalid }),
struct Reading<'a> {
    names: &'a [&'static str],
    seen: Vec<&'static str>,
impl Reading<'_> {
    fn take(
        name: &str,
        value: &str,
        read: &mut impl FnMut(&'static str, &str) -> Value<()>,
    ) {
        let Some(known) = self.names.iter().copied().find(|known| *known == name) else {
            return self.refuse_unknown(name);
        };
        if self.seen.contains(&known) {
            return self.refuse(known, format!("{known} is given more than once"));
        self.seen.push(known);
        // Decoding puts this character where the bytes were no UTF-8.
        let read = if value.contains('\u{fffd}') {
            Err("is not valid UTF-8 in percent-encoding".to_owned())
        } else {
            read(known, value)
        };
        if let Err(reason) = read {
            self.refuse(known, format!("{known} {reason}"));
    fn refuse_unknown(&mut self, name: &str) {
        let shown = clean_text(name, 40);
        let nearest = self
            .names
            .iter()
            .map(|known| (strsim::jaro_winkler(known, &shown), known))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let message = match nearest {
            Some((likeness, known)) if likeness >= LIKENESS_MIN => {
                format!("{shown:?} is not a parameter; did you mean {known}?")
            Some(_) => {
                format!("{shown:?} is not a parameter; known are {}", self.names.join(", "))
            None => format!("{shown:?} is not a parameter; none is taken"),
        };
        self.refuse(&shown, message);
        self.invalid.push(InvalidParameter { name: name.to_owned(), message });
    }
}
