//! `WWW-Authenticate`, from every line of an answer.

use super::{ITEMS_MAX, LINE_LEN_MAX, PARAMS_MAX, TOTAL_LEN_MAX, is_token};

/// One challenge as it was found: untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawChallenge {
    /// The scheme as it was written; to be compared without regard to case.
    pub scheme: String,
    /// The parameters in their order, those of the same name included.
    pub params: Vec<Param>,
    /// The one value without a name that some schemes have instead of parameters.
    pub token68: Option<String>,
    /// The line that it is from, counted from 0.
    pub line: usize,
    /// Its place among the challenges of its line, counted from 0.
    pub place: usize,
}

/// One parameter of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The name as it was written; to be compared without regard to case.
    pub name: String,
    /// The value, without quotes and with escapes undone.
    pub value: String,
    /// How the value was written.
    pub quoting: Quoting,
    /// What stands between this parameter and what comes before it: `" "` after the scheme and
    /// `", "` elsewhere in the form that every client takes.
    pub separator: String,
}

/// How the value of a parameter was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// `name="value"`, as it should be.
    Double,
    /// `name='value'`
    Single,
    /// `name=value`
    None,
    /// `name="value` without an end; the value is all that follows.
    Unclosed,
}

impl RawChallenge {
    /// Whether the challenge is of this scheme, in any case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The values of every parameter of this name, in any case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.params.iter().filter(|param| param.name.eq_ignore_ascii_case(name));
        named.map(|param| &*param.value)
    }

    /// The first value of this name.
    #[must_use]
    pub fn value<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// Whether a name, in any case, occurs more than once.
    #[must_use]
    pub fn has_duplicates(&self) -> bool {
        let (mut names, params) = (self.params.iter(), &self.params);
        names.any(|param| {
            params.iter().filter(|other| other.name.eq_ignore_ascii_case(&param.name)).count() > 1
        })
    }
}

/// Cuts every `WWW-Authenticate` line into its challenges, in their order. Bytes that are no text
/// become `U+FFFD`, which no token has. A line above [`LINE_LEN_MAX`] is left out.
#[must_use]
pub fn challenges<V: AsRef<[u8]>>(lines: impl IntoIterator<Item = V>) -> Vec<RawChallenge> {
    let mut budget = TOTAL_LEN_MAX;
    let mut found = Vec::new();
    for (line, value) in lines.into_iter().enumerate() {
        let value = value.as_ref();
        let rest = budget.checked_sub(value.len());
        let Some(rest) = rest.filter(|_| value.len() <= LINE_LEN_MAX) else {
            continue;
        };
        budget = rest;
        let text = String::from_utf8_lossy(value);
        Scanner { rest: &text, line, places: 0 }.read(&mut found);
        if found.len() >= ITEMS_MAX {
            break;
        }
    }
    found
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    places: usize,
}

enum Item<'a> {
    Scheme(&'a str),
    Token68(&'a str),
    Param(Param),
    /// A word that is nothing of these.
    Stray,
}

impl<'a> Scanner<'a> {
    /// Appends what the line has to `found`.
    fn read(mut self, found: &mut Vec<RawChallenge>) {
        let mut current: Option<RawChallenge> = None;
        while found.len() < ITEMS_MAX {
            let after_scheme = current
                .as_ref()
                .is_some_and(|open| open.params.is_empty() && open.token68.is_none());
            let Some(item) = self.next_item(after_scheme, current.is_none()) else {
                found.extend(current);
                return;
            };
            match (item, &mut current) {
                (Item::Scheme(name), _) => {
                    let next = self.begin(name);
                    found.extend(current.replace(next));
                }
                (Item::Token68(text), Some(open)) => open.token68 = Some(text.to_owned()),
                (Item::Param(param), Some(open)) if open.params.len() < PARAMS_MAX => {
                    open.params.push(param);
                }
                _ => {}
            }
        }
    }

    fn begin(&mut self, scheme: &str) -> RawChallenge {
        let place = self.places;
        self.places += 1;
        RawChallenge {
            scheme: scheme.to_owned(),
            params: Vec::new(),
            token68: None,
            line: self.line,
            place,
        }
    }

    /// What stands next. A word before `=` is the name of a parameter. Another word is a scheme,
    /// unless it ends what it stands in: then it is the scheme's token68 or nothing.
    fn next_item(&mut self, after_scheme: bool, is_first: bool) -> Option<Item<'a>> {
        let body = self.rest.trim_start_matches(is_separator);
        let (separator, body) = self.rest.split_at(self.rest.len() - body.len());
        if body.is_empty() {
            return None;
        }
        let has_comma = is_first || separator.contains(',');
        if after_scheme
            && !has_comma
            && let Some((token68, rest)) = split_token68(body)
        {
            self.rest = rest;
            return Some(Item::Token68(token68));
        }
        let end = body.find(|c: char| is_separator(c) || c == '=').unwrap_or(body.len());
        let (word, tail) = body.split_at(end);
        if let Some(value) = tail.trim_start_matches([' ', '\t']).strip_prefix('=') {
            let (value, quoting, rest) = split_value(value.trim_start_matches([' ', '\t']));
            self.rest = rest;
            let (name, separator) = (word.to_owned(), separator.to_owned());
            return Some(if is_token(word.as_bytes()) {
                Item::Param(Param { name, value, quoting, separator })
            } else {
                Item::Stray
            });
        }
        self.rest = tail;
        let scheme = word.trim_end_matches(':');
        let is_scheme = is_token(scheme.as_bytes()) && (has_comma || !is_end(tail));
        Some(if is_scheme { Item::Scheme(scheme) } else { Item::Stray })
    }
}

fn is_separator(character: char) -> bool {
    matches!(character, ',' | ';') || character.is_ascii_whitespace()
}

/// Whether a challenge ends here: at a comma, or with the line.
fn is_end(tail: &str) -> bool {
    let tail = tail.trim_ascii_start();
    tail.is_empty() || tail.starts_with(',')
}

/// A token68 that ends its challenge, and what follows it.
fn split_token68(body: &str) -> Option<(&str, &str)> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let digits = body.bytes().take_while(|byte| is_part(byte)).count();
    let padding = body.bytes().skip(digits).take_while(|byte| *byte == b'=').count();
    let (text, tail) = body.split_at_checked(digits + padding)?;
    (digits > 0 && is_end(tail)).then_some((text, tail))
}

/// The value at the start of a text, and what follows it.
fn split_value(text: &str) -> (String, Quoting, &str) {
    if let Some(inner) = text.strip_prefix('"') {
        return match split_quoted(inner, '"') {
            (value, Some(rest)) => (value, Quoting::Double, rest),
            (value, None) => (value, Quoting::Unclosed, ""),
        };
    }
    // An apostrophe can be part of a value without quotes.
    if let Some(inner) = text.strip_prefix('\'')
        && let (value, Some(rest)) = split_quoted(inner, '\'')
        && (rest.is_empty() || rest.starts_with(is_separator))
    {
        return (value, Quoting::Single, rest);
    }
    let (value, rest) = text.split_at(text.find(is_separator).unwrap_or(text.len()));
    (value.to_owned(), Quoting::None, rest)
}

/// The text up to an unescaped quote, and what follows the quote; `None` when there is none.
fn split_quoted(text: &str, quote: char) -> (String, Option<&str>) {
    let mut value = String::new();
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => {
                value.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            _ if character == quote => return (value, text.get(index + 1..)),
            _ => value.push(character),
        }
    }
    (value, None)
}

#[cfg(test)]
mod tests;
