//! The feed as XML. Names and attributes, and the order of attributes, are what readers of the
//! `l402` namespace look for.

use super::super::xml::legal;
use super::query::FeedQuery;
use crate::Listing;
use farebox_money::{MicroUsd, Sats};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

/// The namespace of the elements that say how a listing is called and paid.
const NAMESPACE: &str = "https://402index.io/ns/l402";
const ATOM: &str = "http://www.w3.org/2005/Atom";

type Xml = Writer<Vec<u8>>;

/// A feed.
pub(super) struct Channel<'a> {
    /// Where this server is reached.
    pub(super) public_url: &'a str,
    /// What was asked for.
    pub(super) query: &'a FeedQuery,
    /// The items, the newest first.
    pub(super) listings: &'a [&'a Listing],
}

impl Channel<'_> {
    /// When something that the feed shows last changed. `None` for an empty feed.
    pub(super) fn last_modified(&self) -> Option<Timestamp> {
        let changed =
            |listing: &&Listing| listing.health.last_checked.max(Some(listing.updated_at));
        self.listings.iter().filter_map(changed).max()
    }

    /// The whole document.
    ///
    /// # Errors
    /// A date that RSS cannot write.
    pub(super) fn to_xml(&self) -> io::Result<Vec<u8>> {
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.create_element("rss")
            .with_attribute(("version", "2.0"))
            .with_attribute(("xmlns:atom", ATOM))
            .with_attribute(("xmlns:l402", NAMESPACE))
            .write_inner_content(|xml| {
                xml.create_element("channel").write_inner_content(|xml| self.write(xml))?;
                Ok(())
            })?;
        Ok(xml.into_inner())
    }

    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        text(xml, "title", "Farebox: paid APIs")?;
        text(xml, "link", self.public_url)?;
        text(xml, "description", "Paid APIs on L402, x402 and MPP, the newest first")?;
        text(xml, "language", "en")?;
        if let Some(changed) = self.last_modified() {
            text(xml, "lastBuildDate", &date(changed)?)?;
        }
        text(xml, "ttl", "5")?;
        let query = self.query.to_query_string();
        let mark = if query.is_empty() { "" } else { "?" };
        xml.create_element("atom:link")
            .with_attribute(("href", format!("{}/feed.xml{mark}{query}", self.public_url).as_str()))
            .with_attribute(("rel", "self"))
            .with_attribute(("type", "application/rss+xml"))
            .write_empty()?;
        for listing in self.listings {
            xml.create_element("item").write_inner_content(|xml| self.item(xml, listing))?;
        }
        Ok(())
    }

    fn item(&self, xml: &mut Xml, listing: &Listing) -> io::Result<()> {
        let facts = &listing.facts;
        let page = format!("{}/service/{}", self.public_url, listing.id);
        text(xml, "title", &facts.name)?;
        text(xml, "link", &page)?;
        xml.create_element("guid")
            .with_attribute(("isPermaLink", "true"))
            .write_text_content(BytesText::new(&page))?;
        text(xml, "pubDate", &date(listing.registered_at)?)?;
        let about = if facts.description.is_empty() { &facts.name } else { &facts.description };
        text(xml, "description", about)?;
        text(xml, "category", &facts.category)?;
        let endpoint = xml.create_element("l402:endpoint");
        let endpoint = endpoint.with_attribute(("url", &*legal(&facts.url)));
        match facts.method.as_deref() {
            Some(method) => endpoint.with_attribute(("method", method)),
            None => endpoint,
        }
        .write_empty()?;
        let score = listing.health.reliability_score.unwrap_or_default();
        xml.create_element("l402:protocol")
            .with_attribute(("type", facts.protocol.name()))
            .with_attribute(("health", listing.health.status.name()))
            .with_attribute(("reliability", score.to_string().as_str()))
            .write_empty()?;
        let sats = facts.price_sats.map(Sats::get).map(|sats| sats.to_string());
        let usd = facts.price_usd.map(MicroUsd::to_f64).map(|usd| usd.to_string());
        xml.create_element("l402:price")
            .with_attribute(("sats", sats.unwrap_or_default().as_str()))
            .with_attribute(("usd", usd.unwrap_or_default().as_str()))
            .write_empty()?;
        Ok(())
    }
}

fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&legal(text)))?;
    Ok(())
}

fn date(at: Timestamp) -> io::Result<String> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).map_err(io::Error::other)
}
