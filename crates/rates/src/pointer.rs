//! Where in a source's JSON the price is: a JSON pointer (RFC 6901).

use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

const TEXT_LEN_MAX: usize = 256;
const STEPS_MAX: usize = 16;

/// A JSON pointer such as `/data/amount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

/// A text that is no JSON pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON pointer such as /data/amount, of {STEPS_MAX} steps at most")]
pub struct ParsePointerError;

impl FromStr for Pointer {
    type Err = ParsePointerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let steps = text.strip_prefix('/').ok_or(ParsePointerError)?;
        let steps: Option<Vec<String>> = steps.split('/').map(unescape).collect();
        steps
            .filter(|steps| steps.len() <= STEPS_MAX && text.len() <= TEXT_LEN_MAX)
            .map(Self)
            .ok_or(ParsePointerError)
    }
}

/// `~1` stands for a slash and `~0` for a tilde; no other tilde is allowed.
fn unescape(step: &str) -> Option<String> {
    let mut pieces = step.split('~');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        let (escaped, rest) = match (piece.strip_prefix('0'), piece.strip_prefix('1')) {
            (Some(rest), _) => ('~', rest),
            (_, Some(rest)) => ('/', rest),
            _ => return None,
        };
        text.push(escaped);
        text.push_str(rest);
    }
    Some(text)
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

impl Pointer {
    /// The text of the value there, as it stands in `json`: so that a number keeps its digits.
    pub(crate) fn find<'a>(&self, json: &'a str) -> Option<&'a str> {
        let whole: &RawValue = serde_json::from_str(json).ok()?;
        self.0.iter().try_fold(whole.get(), |here, name| step(here, name))
    }
}

fn step<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    if json.starts_with('{') {
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
        return members.remove(name).map(RawValue::get);
    }
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    let index = name.parse::<usize>().ok().filter(|index| index.to_string() == name)?;
    items.get(index).map(|value| value.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(pointer: &str, json: &'a str) -> Option<&'a str> {
        pointer.parse::<Pointer>().unwrap().find(json)
    }

    #[test]
    fn the_value_keeps_its_text() {
        let json = r#" {"a/b": [ {"x~y": 1.50}, "2" ], "c": 95123.40000000000000000001 } "#;
        assert_eq!(find("/c", json), Some("95123.40000000000000000001"));
        assert_eq!(find("/a~1b/0/x~0y", json), Some("1.50"));
        assert_eq!(find("/a~1b/1", json), Some("\"2\""));
        for missing in ["/d", "/c/0", "/a~1b/2", "/a~1b/01", "/a~1b/-", "/a~1b/+0", "/", "/c/"] {
            assert_eq!(find(missing, json), None, "{missing}");
        }
        assert_eq!(find("/a", "{"), None);
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        let deep = "/a".repeat(17);
        for text in ["", "a", "data/amount", "/a~", "/a~2", deep.as_str(), &format!("/{deep:300}")]
        {
            assert_eq!(text.parse::<Pointer>(), Err(ParsePointerError), "{text:?}");
        }
        for text in ["/", "/data/amount", "/a~1b/~0"] {
            assert_eq!(text.parse::<Pointer>().unwrap().to_string(), text);
        }
    }
}
