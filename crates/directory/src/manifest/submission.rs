//! What a provider says of a service: read and checked, nothing written yet. Pure.

use super::schema::{Fault, Schemas};
use crate::canonical::canonical_url;
use crate::text::clean::{DESCRIPTION_LEN_MAX, NAME_LEN_MAX, clean_optional, clean_text};
use crate::{ListingFacts, Protocol};
use farebox_money::{MicroUsd, Sats};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashSet;
use url::Url;

/// Bytes of a submission or an update at most.
pub(super) const BODY_LEN_MAX: usize = 64 * 1_024;

/// Judges a URL before anybody looks its name up: the error says in words what is wrong with it.
pub type UrlCheck = dyn Fn(&Url) -> Result<(), String> + Send + Sync;

/// A service as its provider submits it. Texts are untrusted.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Submission {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) endpoints: Vec<Endpoint>,
    #[serde(default)]
    pub(super) categories: Vec<String>,
    pub(super) contact: Option<String>,
    pub(super) docs_url: Option<String>,
    pub(super) health_url: Option<String>,
}

/// What its provider changes; what is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Update {
    pub(super) description: Option<String>,
    pub(super) endpoints: Option<Vec<Endpoint>>,
    pub(super) categories: Option<Vec<String>>,
    pub(super) contact: Option<String>,
    pub(super) docs_url: Option<String>,
}

/// One URL and method.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Endpoint {
    pub(super) url: String,
    #[serde(default = "get")]
    pub(super) method: String,
    #[serde(default = "l402")]
    protocol: String,
    pub(super) description: Option<String>,
    pub(super) pricing: Pricing,
    content_type: Option<String>,
    probe_body: Option<String>,
    consumption: Option<Map<String, Value>>,
}

/// A price.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Pricing {
    amount: f64,
    currency: String,
    #[serde(default = "per_request")]
    pub(super) model: String,
}

/// How a price is meant where nobody says it.
pub(super) const PER_REQUEST: &str = "per-request";

fn get() -> String {
    "GET".to_owned()
}

fn l402() -> String {
    Protocol::L402.name().to_owned()
}

fn per_request() -> String {
    PER_REQUEST.to_owned()
}

impl Submission {
    /// Reads a submission.
    ///
    /// # Errors
    /// Everything that is wrong with it; never empty.
    pub(super) fn read(
        body: &[u8],
        schemas: &Schemas,
        urls: &UrlCheck,
    ) -> Result<Self, Vec<Fault>> {
        let document = document(body)?;
        let read: Self = checked(&document, schemas.check_submission(&document))?;
        let mut faults = Vec::new();
        // What nobody can see is no name.
        for (pointer, text) in [("/name", &read.name), ("/description", &read.description)] {
            if clean_text(text, NAME_LEN_MAX).is_empty() {
                faults.push(Fault::new(pointer, "holds nothing that can be seen"));
            }
        }
        let more = [("/docs_url", &read.docs_url), ("/health_url", &read.health_url)];
        check_urls(&more, &read.endpoints, urls, &mut faults);
        if faults.is_empty() { Ok(read) } else { Err(faults) }
    }
}

impl Update {
    /// Reads an update.
    ///
    /// # Errors
    /// Everything that is wrong with it; never empty.
    pub(super) fn read(
        body: &[u8],
        schemas: &Schemas,
        urls: &UrlCheck,
    ) -> Result<Self, Vec<Fault>> {
        let document = document(body)?;
        let read: Self = checked(&document, schemas.check_update(&document))?;
        let mut faults = Vec::new();
        if read.description.as_ref().is_some_and(|text| clean_text(text, NAME_LEN_MAX).is_empty()) {
            faults.push(Fault::new("/description", "holds nothing that can be seen"));
        }
        let endpoints = read.endpoints.as_deref().unwrap_or_default();
        check_urls(&[("/docs_url", &read.docs_url)], endpoints, urls, &mut faults);
        if faults.is_empty() { Ok(read) } else { Err(faults) }
    }
}

impl Endpoint {
    /// The rail.
    pub(super) fn protocol(&self) -> Protocol {
        Protocol::parse(&self.protocol).unwrap_or(Protocol::L402)
    }

    /// What people and programs read of it.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        let hint = |name: &str| self.consumption.as_ref()?.get(name)?.as_str();
        let hints = [hint("action"), hint("token_encoding")].into_iter().flatten();
        self.description.as_deref().into_iter().chain(hints)
    }

    /// The facts of the listing that it becomes; what the whole service says is put in later.
    pub(super) fn facts(&self, service_name: &str) -> ListingFacts {
        let protocol = self.protocol();
        let (asset, network) = match protocol {
            Protocol::L402 => (Some("BTC"), Some("Lightning")),
            Protocol::Mpp | Protocol::X402 => (None, None),
        };
        let is_usd = self.pricing.currency == "usd";
        let consumption = self.consumption.as_ref().map(|hints| Value::from(hints.clone()));
        ListingFacts {
            description: self.description.clone().unwrap_or_default(),
            price_sats: if is_usd { None } else { self.pricing.sats() },
            price_usd: MicroUsd::from_f64(self.pricing.amount).filter(|_| is_usd),
            payment_asset: asset.map(str::to_owned),
            payment_network: network.map(str::to_owned),
            content_type: self.content_type.clone(),
            probe_body: self.probe_body.clone(),
            consumption: consumption.map(|hints| hints.to_string()),
            ..ListingFacts::new(&self.url, Some(&self.method), protocol, service_name)
        }
    }
}

impl Pricing {
    fn sats(&self) -> Option<Sats> {
        // The schema lets whole numbers through, which a text shows without a fraction.
        format!("{:.0}", self.amount).parse().ok().map(Sats::new)
    }
}

/// A text on one line, or `None` where nothing is left of it.
pub(super) fn contact(text: Option<&str>) -> Option<String> {
    clean_optional(text, NAME_LEN_MAX)
}

/// A description on one line.
pub(super) fn description(text: &str) -> String {
    clean_text(text, DESCRIPTION_LEN_MAX)
}

fn document(body: &[u8]) -> Result<Value, Vec<Fault>> {
    serde_json::from_slice(body)
        .map_err(|error| vec![Fault::new("", format!("the body is not JSON: {error}"))])
}

fn checked<T: serde::de::DeserializeOwned>(
    document: &Value,
    faults: Vec<Fault>,
) -> Result<T, Vec<Fault>> {
    if !faults.is_empty() {
        return Err(faults);
    }
    T::deserialize(document).map_err(|error| vec![Fault::new("", error.to_string())])
}

fn check_urls(
    more: &[(&str, &Option<String>)],
    endpoints: &[Endpoint],
    urls: &UrlCheck,
    faults: &mut Vec<Fault>,
) {
    for (pointer, url) in more {
        if let Some(reason) = url.as_deref().and_then(|url| unusable(url, urls)) {
            faults.push(Fault::new(*pointer, reason));
        }
    }
    let mut seen = HashSet::new();
    for (place, endpoint) in endpoints.iter().enumerate() {
        let pointer = format!("/endpoints/{place}");
        if let Some(reason) = unusable(&endpoint.url, urls) {
            faults.push(Fault::new(format!("{pointer}/url"), reason));
            continue;
        }
        let canonical = canonical_url(&endpoint.url);
        if !seen.insert((canonical, endpoint.method.as_str(), endpoint.protocol.as_str())) {
            let reason = "is the same URL, method and protocol as an endpoint before it";
            faults.push(Fault::new(format!("{pointer}/url"), reason));
        }
        if endpoint.probe_body.as_deref().is_some_and(|body| !is_json(body)) {
            faults.push(Fault::new(format!("{pointer}/probe_body"), "is not JSON"));
        }
        let player = endpoint.consumption.as_ref().and_then(|hints| hints.get("player_url"));
        if let Some(reason) = player.and_then(Value::as_str).and_then(|url| unusable(url, urls)) {
            faults.push(Fault::new(format!("{pointer}/consumption/player_url"), reason));
        }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Why a URL cannot be listed, where it cannot.
fn unusable(url: &str, urls: &UrlCheck) -> Option<String> {
    let plain = canonical_url(url).and_then(|_| Url::parse(url).ok());
    let Some(url) = plain else {
        return Some("is not a plain http or https URL".to_owned());
    };
    urls(&url).err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::LazyLock;

    static SCHEMAS: LazyLock<Schemas> =
        LazyLock::new(|| Schemas::new("https://farebox.example").unwrap());

    fn read(document: &Value) -> Result<Submission, Vec<Fault>> {
        let urls = |url: &Url| match url.host_str() {
            Some("localhost") => Err("leads nowhere in public".to_owned()),
            _ => Ok(()),
        };
        Submission::read(document.to_string().as_bytes(), &SCHEMAS, &urls)
    }

    fn with_endpoints(endpoints: &Value) -> Value {
        json!({"name": "N", "description": "D", "endpoints": endpoints})
    }

    #[test]
    fn defaults_are_filled_in_and_prices_keep_their_currency() {
        let endpoints = json!([
            {"url": "https://a.example/x", "pricing": {"amount": 10, "currency": "sats"}},
            {"url": "https://a.example/y", "method": "POST", "protocol": "x402",
             "pricing": {"amount": 0.001, "currency": "usd", "model": "time-bounded"}},
        ]);
        let submission = read(&with_endpoints(&endpoints)).unwrap();
        let facts = submission.endpoints[0].facts("N");
        assert_eq!((facts.method.as_deref(), facts.protocol), (Some("GET"), Protocol::L402));
        assert_eq!((facts.price_sats, facts.price_usd), (Some(Sats::new(10)), None));
        assert_eq!(submission.endpoints[0].pricing.model, PER_REQUEST);
        let facts = submission.endpoints[1].facts("N");
        assert_eq!((facts.price_sats, facts.price_usd), (None, Some(MicroUsd::new(1_000))));
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked_too() {
        let endpoint =
            |url: &str| json!({"url": url, "pricing": {"amount": 1, "currency": "sats"}});
        let pointers = |document: &Value| {
            let faults = read(document).unwrap_err();
            faults.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
        };
        let twice = [endpoint("https://a.example/x"), endpoint("https://A.example:443/x/")];
        assert_eq!(pointers(&with_endpoints(&json!(twice))), ["/endpoints/1/url"]);
        let bad = [endpoint("http://localhost/x"), endpoint("https://u:p@a.example/")];
        let expected = ["/endpoints/0/url", "/endpoints/1/url"];
        assert_eq!(pointers(&with_endpoints(&json!(bad))), expected);
        let mut unseen = with_endpoints(&json!([endpoint("https://a.example/x")]));
        unseen["name"] = json!("\u{200b}");
        assert_eq!(pointers(&unseen), ["/name"]);
        let mut body = endpoint("https://a.example/x");
        body["probe_body"] = json!("@/etc/passwd");
        body["consumption"] = json!({"type": "browser", "player_url": "http://localhost/"});
        let expected = ["/endpoints/0/probe_body", "/endpoints/0/consumption/player_url"];
        assert_eq!(pointers(&with_endpoints(&json!([body]))), expected);
    }

    proptest! {
        #[test]
        fn any_body_is_answered(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Submission::read(&body, &SCHEMAS, &|_| Ok(())).is_err());
        }
    }
}
