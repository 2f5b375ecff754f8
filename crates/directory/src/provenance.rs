//! Field by field who said it, and when. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who said something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// `owner`, `self-registered`, or the list that an import came from.
    pub(crate) source: String,
    /// When it was said.
    pub(crate) at: Timestamp,
}

/// The origins of a listing's fields, by the names that the API gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Provenance(BTreeMap<String, Origin>);

impl Provenance {
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
        for field in fields {
            let origin = Origin { source: source.to_owned(), at };
            self.0.insert(field.to_owned(), origin);
        }
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
}
