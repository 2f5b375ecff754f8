//! Who said what about a listing, field by field, and who may say otherwise.

use crate::words::find;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How far a source is believed, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// Nobody said it: made here, to have something to show.
    Guess,
    /// Sample data.
    Sample,
    /// A list that collects what others list.
    Aggregator,
    /// A list whose entries somebody looks at.
    Registry,
    /// A document on the endpoint's own host.
    FirstParty,
    /// Somebody who registered the endpoint here.
    SelfRegistered,
    /// An admin of this directory.
    Admin,
    /// The owner, who proved it.
    Owner,
}

impl Trust {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Guess,
        Self::Sample,
        Self::Aggregator,
        Self::Registry,
        Self::FirstParty,
        Self::SelfRegistered,
        Self::Admin,
        Self::Owner,
    ];

    /// The lower-case word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guess => "guess",
            Self::Sample => "sample",
            Self::Aggregator => "aggregator",
            Self::Registry => "registry",
            Self::FirstParty => "first-party",
            Self::SelfRegistered => "self-registered",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Reads the word in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }
}

/// Who said something, and when it was first said like this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The name of the source.
    pub source: String,
    /// How far it is believed.
    pub trust: Trust,
    /// When.
    pub at: Timestamp,
}

/// The marks of a listing's fields. Its text is a JSON object of sources:
/// `{"bazaar": {"trust": "aggregator", "at": {"1763651200": ["name", "price"]}}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance(BTreeMap<String, Mark>);

impl Provenance {
    /// Reads what a listing keeps; what cannot be read is nobody's word.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let sources: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let mut marks = BTreeMap::new();
        for (source, said) in sources {
            let trust = said.get("trust").and_then(Value::as_str).and_then(Trust::parse);
            let times = said.get("at").and_then(Value::as_object);
            let (Some(trust), Some(times)) = (trust, times) else { continue };
            for (second, fields) in times {
                let at = second.parse().ok().and_then(|at| Timestamp::from_second(at).ok());
                let (Some(at), Some(fields)) = (at, fields.as_array()) else { continue };
                for field in fields.iter().filter_map(Value::as_str) {
                    let mark = Mark { source: source.clone(), trust, at };
                    marks.insert(field.to_owned(), mark);
                }
            }
        }
        Self(marks)
    }

    /// Who said a field.
    #[must_use]
    pub fn mark(&self, field: &str) -> Option<&Mark> {
        self.0.get(field)
    }

    /// Marks a field as said by somebody. All fields of one source have its latest trust.
    pub fn set(&mut self, field: &str, mark: &Mark) {
        self.0.insert(field.to_owned(), mark.clone());
    }

    /// The text that a listing keeps.
    #[must_use]
    pub fn to_json(&self) -> Box<str> {
        let mut sources: BTreeMap<&str, (Trust, BTreeMap<String, Vec<&str>>)> = BTreeMap::new();
        for (field, mark) in &self.0 {
            let (trust, times) =
                sources.entry(&mark.source).or_insert_with(|| (mark.trust, BTreeMap::new()));
            *trust = (*trust).max(mark.trust);
            times.entry(mark.at.as_second().to_string()).or_default().push(field);
        }
        let said = |(source, (trust, at)): (&str, (Trust, BTreeMap<String, Vec<&str>>))| {
            (source.to_owned(), json!({ "trust": trust.name(), "at": at }))
        };
        let object: Map<String, Value> = sources.into_iter().map(said).collect();
        Value::Object(object).to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(source: &str, trust: Trust, second: i64) -> Mark {
        let at = Timestamp::from_second(second).unwrap();
        Mark { source: source.to_owned(), trust, at }
    }

    #[test]
    fn marks_come_back_from_their_text() {
        let mut provenance = Provenance::default();
        provenance.set("name", &mark("bazaar", Trust::Aggregator, 5));
        provenance.set("price", &mark("bazaar", Trust::Aggregator, 7));
        provenance.set("description", &mark("owner", Trust::Owner, 9));
        let text = provenance.to_json();
        assert_eq!(Provenance::parse(&text), provenance);
        let expected = r#"{"bazaar":{"at":{"5":["name"],"7":["price"]},"trust":"aggregator"},"owner":{"at":{"9":["description"]},"trust":"owner"}}"#;
        assert_eq!(&*text, expected);
    }

    #[test]
    fn what_cannot_be_read_is_nobody_s_word() {
        for text in
            ["", "[]", "{\"a\":1}", "{\"a\":{\"trust\":\"king\",\"at\":{\"1\":[\"name\"]}}}"]
        {
            assert_eq!(Provenance::parse(text), Provenance::default());
        }
    }

    #[test]
    fn an_owner_is_believed_before_everybody_else() {
        assert!(Trust::ALL.is_sorted());
        assert_eq!(Trust::ALL.last(), Some(&Trust::Owner));
        for trust in Trust::ALL {
            assert_eq!(Trust::parse(trust.name()), Some(trust));
        }
    }
}
