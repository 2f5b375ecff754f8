//! The elements of one list inside a JSON document, one by one: a document of any length is read
//! in the memory of its longest element, and an element that cannot be read spoils no other.

use super::ROW_LEN_MAX;
use crate::import::Reason;
use std::io::{BufRead, ErrorKind};

/// Bytes of a key that are looked at.
const KEY_LEN_MAX: usize = 64;

/// Walks through the list.
pub(super) struct Elements<R> {
    input: R,
    /// The members of an object that may hold the list.
    list_names: &'static [&'static str],
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    First,
    Within,
    Ended,
}

/// Why the document cannot be walked any further.
type Broken = Reason;

impl<R: BufRead> Elements<R> {
    /// The elements of the document when it is a list, else of its first member that has one of
    /// these names and is a list.
    pub(super) fn new(input: R, list_names: &'static [&'static str]) -> Self {
        Self { input, list_names, state: State::Before }
    }

    /// The text of the next element; `Ok(Err(_))` is one that is too long.
    fn advance(&mut self) -> Result<Option<Result<Vec<u8>, Reason>>, Broken> {
        if self.state == State::Before {
            self.find_list()?;
            self.state = State::First;
        }
        let first = self.state == State::First;
        self.state = State::Within;
        match self.after_space()? {
            b']' => return Ok(None),
            b',' if !first => {
                self.take()?;
            }
            _ if first => {}
            _ => return Err(broken("a list without commas")),
        }
        let mut text = Vec::new();
        let complete = self.value(&mut text, ROW_LEN_MAX)?;
        Ok(Some(if complete { Ok(text) } else { Err(Reason::TooLong(ROW_LEN_MAX)) }))
    }

    fn find_list(&mut self) -> Result<(), Broken> {
        match self.after_space()? {
            b'[' => {
                self.take()?;
                return Ok(());
            }
            b'{' => self.take()?,
            _ => return Err(broken("not JSON")),
        };
        loop {
            match self.after_space()? {
                b'"' => {}
                b',' => {
                    self.take()?;
                    continue;
                }
                b'}' => return Err(Reason::Missing("list of listings")),
                _ => return Err(broken("not JSON")),
            }
            let mut name = Vec::new();
            self.value(&mut name, KEY_LEN_MAX)?;
            if self.after_space()? != b':' {
                return Err(broken("not JSON"));
            }
            self.take()?;
            let wanted = self.list_names.iter().any(|known| is_name(&name, known));
            if self.after_space()? == b'[' && wanted {
                self.take()?;
                return Ok(());
            }
            self.value(&mut Vec::new(), 0)?;
        }
    }

    /// Reads one value of any kind into `text`. Says whether all of it found room.
    fn value(&mut self, text: &mut Vec<u8>, len_max: usize) -> Result<bool, Broken> {
        let (mut depth, mut within_string, mut escaped) = (0_usize, false, false);
        let mut complete = true;
        self.after_space()?;
        loop {
            let byte = match self.peek()? {
                Some(byte) => byte,
                // A number or a word at the very end.
                None if depth == 0 && !within_string && !text.is_empty() => return Ok(complete),
                None => return Err(broken("it ends in the middle")),
            };
            let delimiter =
                matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\n' | b'\r' | b'\t');
            if depth == 0 && !within_string && delimiter {
                return Ok(complete);
            }
            self.take()?;
            complete &= text.len() < len_max;
            if complete {
                text.push(byte);
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if within_string => escaped = true,
                b'"' => within_string = !within_string,
                b'{' | b'[' if !within_string => depth += 1,
                b'}' | b']' if !within_string => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if depth == 0 && !within_string && matches!(byte, b'"' | b'}' | b']') {
                return Ok(complete);
            }
        }
    }

    /// The next byte that is no white space, which stays where it is.
    fn after_space(&mut self) -> Result<u8, Broken> {
        loop {
            match self.peek()? {
                // The bytes of a mark of order are no JSON, but some documents begin with them.
                Some(b' ' | b'\n' | b'\r' | b'\t' | 0xef | 0xbb | 0xbf) => self.take()?,
                Some(byte) => return Ok(byte),
                None => return Err(broken("it ends in the middle")),
            };
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, Broken> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Reason::Broken(error.to_string())),
            }
        }
    }

    /// Moves past the byte that was peeked at.
    fn take(&mut self) -> Result<u8, Broken> {
        let byte = self.peek()?.ok_or_else(|| broken("it ends in the middle"))?;
        self.input.consume(1);
        Ok(byte)
    }
}

impl<R: BufRead> Iterator for Elements<R> {
    type Item = Result<Vec<u8>, Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Ended {
            return None;
        }
        match self.advance() {
            Ok(Some(element)) => Some(element),
            Ok(None) => {
                self.state = State::Ended;
                None
            }
            Err(reason) => {
                self.state = State::Ended;
                Some(Err(reason))
            }
        }
    }
}

fn broken(why: &str) -> Reason {
    Reason::Broken(why.to_owned())
}

fn is_name(quoted: &[u8], name: &str) -> bool {
    quoted.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) == Some(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(text: &str) -> Vec<Result<String, Reason>> {
        let elements = Elements::new(text.as_bytes(), &["items", "resources"]);
        elements.map(|one| one.map(|text| String::from_utf8(text).unwrap())).collect()
    }

    #[test]
    fn a_list_is_found_at_the_top_or_under_its_name() {
        let expected = [Ok(r#"{"a":"]}\"x"}"#.to_owned()), Ok("2".to_owned()), Ok("[]".to_owned())];
        let list = r#"[ {"a":"]}\"x"} ,2, [] ]"#;
        for text in [
            list.to_owned(),
            format!("\u{feff}{list}"),
            format!(r#"{{"x":{{"items":[9]}},"items":{list},"y":1}}"#),
            format!(r#"{{"items":"none", "resources" : {list} }}"#),
        ] {
            assert_eq!(read(&text), expected, "{text}");
        }
        assert_eq!(read("[]"), []);
        assert_eq!(read(r#"{"other":[1]}"#), [Err(Reason::Missing("list of listings"))]);
    }

    #[test]
    fn an_element_that_is_too_long_spoils_no_other() {
        let text = format!(r#"["{}",1]"#, "x".repeat(ROW_LEN_MAX));
        assert_eq!(read(&text), [Err(Reason::TooLong(ROW_LEN_MAX)), Ok("1".to_owned())]);
    }

    #[test]
    fn a_document_that_ends_too_early_says_so() {
        for text in ["", "[", r#"[{"a":1}"#, r#"[{"a":"#, r#"[{"a":"x"#, r#"{"items":"#, "x"] {
            let last = read(text).pop().unwrap();
            assert!(matches!(last, Err(Reason::Broken(_))), "{text}: {last:?}");
        }
        let deep = "[".repeat(300_000);
        assert!(matches!(read(&deep).pop().unwrap(), Err(Reason::Broken(_))));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,6}", inner, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_element_comes_back(list in prop::collection::vec(any_json(), 0..5), pretty: bool) {
            let document = json!({"before": list, "items": list});
            let text = if pretty {
                serde_json::to_string_pretty(&document).unwrap()
            } else {
                document.to_string()
            };
            let found: Vec<Value> =
                read(&text).into_iter().map(|one| serde_json::from_str(&one.unwrap()).unwrap()).collect();
            prop_assert_eq!(found, list);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut input = b"{\"items\":[".to_vec();
            input.extend(bytes);
            let count = Elements::new(input.as_slice(), &["items"]).count();
            prop_assert!(count <= input.len());
        }
    }
}
