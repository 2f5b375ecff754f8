//! What becomes of a listing when a source says something about it. Pure.
//!
//! Each field remembers who said it. A source that is believed more replaces what one that is
//! believed less said; among equals the first stays, so that two lists do not undo each other's
//! word at every turn. What nobody said is filled in by anybody. A listing that a source does not
//! name any more stays.

use super::said::Said;
use crate::provenance::{Origin, Provenance, Trust};
use crate::text::{KnownNames, content_flags};
use crate::{Listing, ListingStatus, UNCATEGORIZED};

/// What becomes of it.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It is new.
    Added(Box<Listing>),
    /// Something is different now.
    Changed(Box<Listing>),
    /// The same was said by somebody who is believed more.
    Confirmed(Box<Listing>),
    /// Nothing new.
    Unchanged,
    /// It is not for sources to change.
    Kept(Kept),
}

/// Why no source changes a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// It waits for an admin.
    Pending,
    /// An admin turned it down.
    Rejected,
    /// It was deleted.
    Deleted,
    /// This server answers it.
    Own,
}

impl Kept {
    /// Why, in plain words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Pending => "is here and waits for review",
            Self::Rejected => "was turned down in review",
            Self::Deleted => "was deleted",
            Self::Own => "is answered by this server itself",
        }
    }
}

/// A field that is said and marked as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Method,
    Name,
    Description,
    Provider,
    Category,
    Tags,
    Price,
    Payment,
    Offers,
    ProbeBody,
    InputSchema,
    OutputSchema,
    Licence,
}

impl Field {
    const ALL: [Self; 13] = [
        Self::Method,
        Self::Name,
        Self::Description,
        Self::Provider,
        Self::Category,
        Self::Tags,
        Self::Price,
        Self::Payment,
        Self::Offers,
        Self::ProbeBody,
        Self::InputSchema,
        Self::OutputSchema,
        Self::Licence,
    ];

    /// The names that the API gives what belongs to the field.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Method => &["http_method"],
            Self::Name => &["name"],
            Self::Description => &["description"],
            Self::Provider => &["provider"],
            Self::Category => &["category"],
            Self::Tags => &["tags"],
            Self::Price => &["price_sats", "price_usd", "price_note"],
            Self::Payment => &["payment_asset", "payment_network"],
            Self::Offers => &["offers"],
            Self::ProbeBody => &["probe_body"],
            Self::InputSchema => &["input_schema"],
            Self::OutputSchema => &["output_schema"],
            Self::Licence => &["licence"],
        }
    }

    /// Whether a listing says anything here.
    fn is_filled(self, listing: &Listing) -> bool {
        let facts = &listing.facts;
        match self {
            Self::Method => facts.method.is_some(),
            Self::Name => !facts.name.is_empty(),
            Self::Description => !facts.description.is_empty(),
            Self::Provider => !facts.provider.is_empty(),
            Self::Category => facts.category != UNCATEGORIZED,
            Self::Tags => !facts.tags.is_empty(),
            Self::Price => {
                facts.price_sats.is_some()
                    || facts.price_usd.is_some()
                    || facts.price_note.is_some()
            }
            Self::Payment => facts.payment_asset.is_some() || facts.payment_network.is_some(),
            Self::Offers => !listing.offers.is_empty(),
            Self::ProbeBody => facts.probe_body.is_some(),
            Self::InputSchema => facts.input_schema.is_some(),
            Self::OutputSchema => facts.output_schema.is_some(),
            Self::Licence => facts.licence.is_some(),
        }
    }

    /// Takes the field over. Says whether that made a difference.
    fn copy(self, from: &Listing, to: &mut Listing) -> bool {
        fn put<T: Clone + PartialEq>(from: &T, to: &mut T) -> bool {
            let differs = from != to;
            if differs {
                to.clone_from(from);
            }
            differs
        }
        let (said, facts) = (&from.facts, &mut to.facts);
        match self {
            Self::Method => put(&said.method, &mut facts.method),
            Self::Name => put(&said.name, &mut facts.name),
            Self::Description => put(&said.description, &mut facts.description),
            Self::Provider => put(&said.provider, &mut facts.provider),
            Self::Category => put(&said.category, &mut facts.category),
            Self::Tags => put(&said.tags, &mut facts.tags),
            Self::Price => {
                let sats = put(&said.price_sats, &mut facts.price_sats);
                let usd = put(&said.price_usd, &mut facts.price_usd);
                put(&said.price_note, &mut facts.price_note) | usd | sats
            }
            Self::Payment => {
                let asset = put(&said.payment_asset, &mut facts.payment_asset);
                put(&said.payment_network, &mut facts.payment_network) | asset
            }
            Self::Offers => put(&from.offers, &mut to.offers),
            Self::ProbeBody => put(&said.probe_body, &mut facts.probe_body),
            Self::InputSchema => put(&said.input_schema, &mut facts.input_schema),
            Self::OutputSchema => put(&said.output_schema, &mut facts.output_schema),
            Self::Licence => put(&said.licence, &mut facts.licence),
        }
    }
}

/// What becomes of the listing that is known of the same endpoint, where there is one.
pub(crate) fn merge(known: Option<&Listing>, said: &Said) -> Outcome {
    let fresh = fresh(said);
    let Some(known) = known else {
        let content_flags = content_flags(&fresh.facts, &KnownNames::default());
        return Outcome::Added(Box::new(Listing { content_flags, ..fresh }));
    };
    if let Some(kept) = kept(known) {
        return Outcome::Kept(kept);
    }
    let marks = Provenance::parse(&known.provenance);
    let implied = implied_origin(known);
    let mut provenance = marks.clone();
    let mut merged = known.clone();
    let mut differs = add_source(&mut merged.facts.source, &said.mark.source);
    for field in Field::ALL {
        let is_said = field.is_filled(&fresh) && (field != Field::Name || said.has_name);
        let rest = || field.is_filled(known).then(|| marks.rest().unwrap_or(&implied));
        let origin = marks.of(field.names().iter().copied()).or_else(rest);
        if !is_said || !may_say(origin, &said.mark) || was_seen(field, known) {
            continue;
        }
        let changed = field.copy(&fresh, &mut merged);
        differs |= changed;
        if changed || origin.is_none_or(|origin| origin.trust() < said.mark.trust()) {
            provenance.set(field.names().iter().copied(), &said.mark);
        }
    }
    if merged.facts.sample_data && said.mark.trust() > Trust::Sample {
        merged.facts.sample_data = false;
        differs = true;
    }
    let is_marked = provenance != marks;
    if is_marked {
        merged.provenance = provenance.render();
    }
    match (differs, is_marked) {
        (true, _) => Outcome::Changed(Box::new(Listing { updated_at: said.mark.at, ..merged })),
        (false, true) => Outcome::Confirmed(Box::new(merged)),
        (false, false) => Outcome::Unchanged,
    }
}

/// The listing that a source describes, with a mark on all that it says.
fn fresh(said: &Said) -> Listing {
    let mut listing = Listing::new(said.facts.clone(), said.canonical_url.clone(), said.mark.at);
    listing.offers.clone_from(&said.offers);
    let mut provenance = Provenance::whole(said.mark.clone());
    if !said.has_name {
        let guess = Some(Trust::Guess);
        let of_address = Origin { source: "address".to_owned(), trust: guess, ..said.mark.clone() };
        provenance.set(["name"], &of_address);
    }
    listing.provenance = provenance.render();
    listing
}

fn kept(known: &Listing) -> Option<Kept> {
    if known.facts.is_demo {
        return Some(Kept::Own);
    }
    match known.status {
        ListingStatus::Active => None,
        ListingStatus::Pending => Some(Kept::Pending),
        ListingStatus::Rejected => Some(Kept::Rejected),
        ListingStatus::Deleted => Some(Kept::Deleted),
    }
}

/// Whether somebody may replace what somebody else said.
fn may_say(known: Option<&Origin>, new: &Origin) -> bool {
    known.is_none_or(|known| {
        let (known_trust, new_trust) = (known.trust(), new.trust());
        known_trust < new_trust || (known_trust == new_trust && known.source == new.source)
    })
}

/// What was seen at the endpoint itself is not replaced by what somebody says.
fn was_seen(field: Field, known: &Listing) -> bool {
    field == Field::Offers && known.offers.iter().any(|offer| offer.is_payable.is_some())
}

/// Who said what nothing is noted of: whoever brought the listing here.
fn implied_origin(known: &Listing) -> Origin {
    let facts = &known.facts;
    let trust = match facts.domain_verified {
        true => Trust::Owner,
        false if facts.sample_data => Trust::Sample,
        false => Trust::of_source(&facts.source),
    };
    Origin { source: facts.source.clone(), trust: Some(trust), at: known.registered_at }
}

/// Adds a source to the list of those that name a listing. Says whether it is new.
fn add_source(sources: &mut String, source: &str) -> bool {
    let is_there = sources.split(',').any(|own| own.trim().eq_ignore_ascii_case(source));
    let fits = sources.chars().count() + source.chars().count() < crate::text::clean::SHORT_LEN_MAX;
    if is_there || !fits {
        return false;
    }
    if !sources.is_empty() {
        sources.push(',');
    }
    sources.push_str(source);
    true
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
