//! The exact command that buys one call.

use farebox_directory::{Listing, Protocol};
use farebox_money::{BtcUsd, Sats};

/// The limit when a listing names no price, in satoshis.
const LIMIT_UNKNOWN: Sats = Sats::new(100);

/// A command for a POSIX shell, and what to know before running it.
pub(crate) struct Purchase {
    /// One line.
    pub(crate) command: String,
    /// Sentences.
    pub(crate) notes: Vec<&'static str>,
}

/// How to buy one call of a listing.
pub(crate) fn purchase(listing: &Listing, rate: Option<BtcUsd>) -> Purchase {
    let facts = &listing.facts;
    let mut command = "farebox get".to_owned();
    if let Some(method) = facts.method.as_deref().filter(|method| *method != "GET") {
        command.push_str(&format!(" -X {method}"));
        if matches!(method, "POST" | "PUT" | "PATCH") {
            // Other beginnings, such as `@`, mean something to the command.
            let body = facts.probe_body.as_deref().filter(|body| body.starts_with(['{', '[']));
            let body = body.unwrap_or("{}");
            command.push_str(&format!(" -d {}", quoted(body)));
        }
    }
    let limit = limit(listing, rate);
    command.push_str(&format!(" --max-cost {} {}", limit.get(), quoted(&facts.url)));
    Purchase { command, notes: notes(listing, rate) }
}

/// The price itself where it is in satoshis; a tenth more where it is converted, since the
/// exchange rate moves.
fn limit(listing: &Listing, rate: Option<BtcUsd>) -> Sats {
    let converted = listing.price_in_sats(rate).map(|sats| {
        let margin = sats.get().div_ceil(10);
        Sats::new(sats.get().saturating_add(margin))
    });
    listing.facts.price_sats.or(converted).unwrap_or(LIMIT_UNKNOWN)
}

fn notes(listing: &Listing, rate: Option<BtcUsd>) -> Vec<&'static str> {
    let facts = &listing.facts;
    let mut notes = Vec::new();
    if listing.is_template() {
        notes.push("Fill in the placeholders of the URL first.");
    }
    if facts.method.is_none() {
        notes.push("The listing names a whole service; its documentation has the paths.");
    }
    match (facts.price_sats, facts.price_usd) {
        (Some(_), _) => {}
        (None, Some(_)) if rate.is_some() => {
            notes.push(
                "The limit is the price in satoshis at the last known rate and a tenth on top.",
            );
        }
        (None, Some(_)) => {
            notes.push("The exchange rate is not known: the command pays 100 sats at most.");
        }
        (None, None) => {
            notes.push("The listing names no price: the command pays 100 sats at most.");
        }
    }
    match facts.protocol {
        Protocol::L402 => {}
        Protocol::Mpp => {
            notes.push("Farebox pays over Lightning: the seller must offer it for MPP.")
        }
        Protocol::X402 => {
            notes.push("Farebox pays over Lightning: the seller must take that besides x402.");
        }
    }
    notes
}

/// One word of a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_directory::{ListingFacts, canonical_url};
    use farebox_money::MicroUsd;

    fn command(change: impl FnOnce(&mut ListingFacts)) -> String {
        let url = "https://api.example/x?a=1&b=2";
        let mut facts = ListingFacts::new(url, Some("GET"), Protocol::L402, "x");
        facts.price_sats = Some(Sats::new(5));
        change(&mut facts);
        let canonical = canonical_url(&facts.url).unwrap();
        let listing = Listing::new(facts, canonical, jiff::Timestamp::UNIX_EPOCH);
        let rate = BtcUsd::new(MicroUsd::new(100_000_000_000));
        purchase(&listing, rate).command
    }

    #[test]
    fn the_limit_is_the_price() {
        let expected = "farebox get --max-cost 5 'https://api.example/x?a=1&b=2'";
        assert_eq!(command(|_| {}), expected);
    }

    #[test]
    fn a_price_in_dollars_leaves_room_for_the_rate() {
        let in_dollars = |facts: &mut ListingFacts| {
            facts.price_sats = None;
            facts.price_usd = Some(MicroUsd::new(20_000));
        };
        assert!(command(in_dollars).contains("--max-cost 22 "));
    }

    #[test]
    fn a_price_in_dollars_without_a_rate_is_limited_and_says_so() {
        let mut facts =
            ListingFacts::new("https://api.example/x", Some("GET"), Protocol::L402, "x");
        facts.price_usd = Some(MicroUsd::new(20_000));
        let canonical = canonical_url(&facts.url).unwrap();
        let listing = Listing::new(facts, canonical, jiff::Timestamp::UNIX_EPOCH);
        let purchase = purchase(&listing, None);
        assert!(purchase.command.contains("--max-cost 100 "));
        assert!(purchase.notes.iter().any(|note| note.contains("rate is not known")));
    }

    #[test]
    fn a_body_goes_with_a_post() {
        let post = |facts: &mut ListingFacts| facts.method = Some("POST".to_owned());
        assert!(command(post).starts_with("farebox get -X POST -d '{}' --max-cost 5 "));
        let with_body = |facts: &mut ListingFacts| {
            post(facts);
            facts.probe_body = Some(r#"{"text":"it's"}"#.to_owned());
        };
        assert!(command(with_body).contains(r#"-d '{"text":"it'\''s"}' "#));
    }

    #[test]
    fn a_body_cannot_name_a_file() {
        let hostile = |facts: &mut ListingFacts| {
            facts.method = Some("PUT".to_owned());
            facts.probe_body = Some("@/etc/passwd".to_owned());
        };
        assert!(command(hostile).starts_with("farebox get -X PUT -d '{}' "));
    }

    #[test]
    fn a_url_cannot_leave_its_quotes() {
        let hostile = |facts: &mut ListingFacts| {
            facts.url = "https://api.example/';rm -rf ~;'".to_owned();
        };
        let expected = r"'https://api.example/'\'';rm -rf ~;'\'''";
        assert!(command(hostile).ends_with(expected));
    }
}
