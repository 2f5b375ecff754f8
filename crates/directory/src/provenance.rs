//! Field by field who said it, when, and who may say otherwise. Pure.

use crate::words::find;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Stands for every field that is filled in and has no entry of its own.
const REST: &str = "*";

/// How far a source is believed, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

    /// Of a source that says no more than its name.
    pub(crate) fn of_source(source: &str) -> Self {
        match source {
            "owner" => Self::Owner,
            "admin" => Self::Admin,
            "self-registered" | "exclusive" => Self::SelfRegistered,
            _ => Self::Aggregator,
        }
    }
}

/// Who said something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// `owner`, `self-registered`, or the list that an import came from.
    pub(crate) source: String,
    /// When it was said.
    pub(crate) at: Timestamp,
    /// How far a list is believed; of other sources the name says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trust: Option<Trust>,
}

impl Origin {
    /// How far it is believed.
    pub(crate) fn trust(&self) -> Trust {
        self.trust.unwrap_or_else(|| Trust::of_source(&self.source))
    }
}

/// The origins of a listing's fields, by the names that the API gives them. What one list said of
/// a whole listing stands once, under `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Provenance(BTreeMap<String, Origin>);

impl Provenance {
    /// What one source said as a whole.
    pub(crate) fn whole(origin: Origin) -> Self {
        Self(BTreeMap::from([(REST.to_owned(), origin)]))
    }

    /// Reads what [`Self::render`] wrote; anything else is no provenance.
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// As a JSON object.
    pub(crate) fn render(&self) -> Box<str> {
        // Texts always have a JSON form.
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned()).into()
    }

    /// Notes that `source` said these fields.
    pub(crate) fn mark<'a>(
        &mut self,
        fields: impl IntoIterator<Item = &'a str>,
        source: &str,
        at: Timestamp,
    ) {
        self.set(fields, &Origin { source: source.to_owned(), at, trust: None });
    }

    /// Notes who said these fields.
    pub(crate) fn set<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>, origin: &Origin) {
        for field in fields {
            self.0.insert(field.to_owned(), origin.clone());
        }
    }

    /// Who said one of these fields by its own name: the most trusted, where several are.
    pub(crate) fn of<'a>(&self, fields: impl IntoIterator<Item = &'a str>) -> Option<&Origin> {
        fields.into_iter().filter_map(|field| self.0.get(field)).max_by_key(|one| one.trust())
    }

    /// Who said what has no entry of its own.
    pub(crate) fn rest(&self) -> Option<&Origin> {
        self.0.get(REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_reads_back() {
        let mut provenance = Provenance::parse("{}");
        provenance.mark(["name", "price_sats"], "bazaar", Timestamp::UNIX_EPOCH);
        let later = Timestamp::from_second(5).unwrap();
        provenance.mark(["name"], "owner", later);
        let text = provenance.render();
        assert_eq!(
            &*text,
            r#"{"name":{"source":"owner","at":"1970-01-01T00:00:05Z"},"price_sats":{"source":"bazaar","at":"1970-01-01T00:00:00Z"}}"#
        );
        assert_eq!(Provenance::parse(&text), provenance);
        assert_eq!(Provenance::parse("nonsense"), Provenance::default());
    }

    #[test]
    fn a_list_says_a_whole_listing_in_one_entry() {
        let at = Timestamp::UNIX_EPOCH;
        let trust = Some(Trust::FirstParty);
        let provenance = Provenance::whole(Origin { source: "owner".to_owned(), at, trust });
        let text = provenance.render();
        let expected =
            r#"{"*":{"source":"owner","at":"1970-01-01T00:00:00Z","trust":"first-party"}}"#;
        assert_eq!(&*text, expected);
        let read = Provenance::parse(&text);
        assert_eq!(read, provenance);
        // A list may call itself what it likes.
        assert_eq!(read.rest().unwrap().trust(), Trust::FirstParty);
        assert_eq!(read.of(["name"]), None);
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
