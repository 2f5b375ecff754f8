//! Reads the parameters of a query string. Nothing is ignored: what is unknown, repeated or
//! malformed is an error, so that nobody reads an unfiltered answer as a filtered one.

use super::values::Value;
use super::{InvalidParameter, QueryError};
use crate::text::clean::clean_text;
use url::form_urlencoded;

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
    }
    if pairs.next().is_some() {
        reading.refuse("", format!("at most {PARAMETERS_MAX} parameters are read"));
    }
    match reading.invalid.is_empty() {
        true => Ok(()),
        false => Err(QueryError { invalid: reading.invalid }),
    }
}

struct Reading<'a> {
    names: &'a [&'static str],
    seen: Vec<&'static str>,
    invalid: Vec<InvalidParameter>,
}

impl Reading<'_> {
    fn take(
        &mut self,
        name: &str,
        value: &str,
        read: &mut impl FnMut(&'static str, &str) -> Value<()>,
    ) {
        let Some(known) = self.names.iter().copied().find(|known| *known == name) else {
            return self.refuse_unknown(name);
        };
        if self.seen.contains(&known) {
            return self.refuse(known, format!("{known} is given more than once"));
        }
        self.seen.push(known);
        // Decoding puts this character where the bytes were no UTF-8.
        let read = if value.contains('\u{fffd}') {
            Err("is not valid UTF-8 in percent-encoding".to_owned())
        } else {
            read(known, value)
        };
        if let Err(reason) = read {
            self.refuse(known, format!("{known} {reason}"));
        }
    }

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
            }
            Some(_) => {
                format!("{shown:?} is not a parameter; known are {}", self.names.join(", "))
            }
            None => format!("{shown:?} is not a parameter; none is taken"),
        };
        self.refuse(&shown, message);
    }

    fn refuse(&mut self, name: &str, message: String) {
        self.invalid.push(InvalidParameter { name: name.to_owned(), message });
    }
}
