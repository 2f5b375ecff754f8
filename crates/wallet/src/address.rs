//! Lightning addresses (LUD-16): `user@host`, behind which a server hands out invoices (LUD-06).

use crate::http::harmless;
use farebox_money::Msat;
use farebox_wire::bolt11::Invoice;
use reqwest::{Client, Response, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// Answers are cut off here; real ones are a few kilobytes.
const ANSWER_LEN_MAX: usize = 256 * 1_024;
/// Redirects that are followed: people put their address at their own domain.
const REDIRECTS_MAX: usize = 3;
const ADDRESS_LEN_MAX: usize = 320;

/// Somebody who can be paid by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LightningAddress {
    user: String,
    host: String,
    /// Where its server answers.
    url: Url,
}

/// An address that no invoice could be had from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `user@host`.
    #[error("not a Lightning address: write user@host")]
    NotAnAddress,
    /// Its server cannot be reached.
    #[error("the address's server cannot be reached: {0}")]
    Unreachable(String),
    /// Its server leads to a place without TLS.
    #[error("the address's server leads to a place that is not https")]
    NotSecure,
    /// Its server says no.
    #[error("the address's server refused: {0}")]
    Refused(String),
    /// Its server answers something else.
    #[error("the address's server gave an answer that cannot be read: {0}")]
    Unreadable(String),
    /// The amount is outside what the payee takes.
    #[error("{address} takes {min} to {max}, not {amount}")]
    Amount {
        /// Who.
        address: String,
        /// The least.
        min: Msat,
        /// The most.
        max: Msat,
        /// What was to be paid.
        amount: Msat,
    },
    /// The payee takes no comment, or a shorter one.
    #[error("{address} takes no comment of more than {max} characters")]
    Comment {
        /// Who.
        address: String,
        /// Characters at most.
        max: u64,
    },
    /// The invoice is not over what was asked for.
    #[error("the address's server gave an invoice over another amount than {0}")]
    OtherAmount(Msat),
}

/// What the server says of the payee. Amounts are millisatoshis.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayRequest {
    tag: String,
    callback: String,
    min_sendable: Msat,
    max_sendable: Msat,
    /// Characters of a comment (LUD-12); some servers write other things than numbers.
    comment_allowed: Option<Value>,
}

/// The invoice.
#[derive(Deserialize)]
struct Payable {
    pr: String,
}

/// That something is wrong, whatever the HTTP status says.
#[derive(Deserialize)]
struct Complaint {
    status: String,
    #[serde(default)]
    reason: String,
}

impl FromStr for LightningAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (user, host) = text.trim().split_once('@').ok_or(AddressError::NotAnAddress)?;
        let user = user.to_ascii_lowercase();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
        let is_user =
            !user.is_empty() && user.bytes().all(is_name) && user.starts_with(|c| c != '.');
        let is_host =
            host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
        if !is_user || !is_host || text.len() > ADDRESS_LEN_MAX {
            return Err(AddressError::NotAnAddress);
        }
        let parse = |scheme: &str| Url::parse(&format!("{scheme}://{host}/"));
        let mut url = parse("https").map_err(|_| AddressError::NotAnAddress)?;
        if is_this_machine(&url) {
            url = parse("http").map_err(|_| AddressError::NotAnAddress)?;
        }
        url.set_path(&format!("/.well-known/lnurlp/{user}"));
        Ok(Self { user, host: host.to_ascii_lowercase(), url })
    }
}

impl fmt::Display for LightningAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)
    }
}

impl LightningAddress {
    /// Asks for an invoice over `amount`, with a `comment` for the payee. `client` must follow no
    /// redirects and have timeouts. Each call gets another invoice, which is another payment.
    ///
    /// Everything goes over https, but for an address on this machine.
    ///
    /// # Errors
    /// [`AddressError`]; an invoice over another amount is one.
    pub async fn invoice(
        &self,
        client: &Client,
        amount: Msat,
        comment: Option<&str>,
    ) -> Result<String, AddressError> {
        let request: PayRequest = self.ask(client, self.url.clone()).await?;
        if request.tag != "payRequest" {
            return Err(AddressError::Unreadable("it is not there to be paid".into()));
        }
        let (min, max) = (request.min_sendable, request.max_sendable);
        if amount < min || amount > max {
            return Err(AddressError::Amount { address: self.to_string(), min, max, amount });
        }
        let max = request.comment_allowed.as_ref().and_then(Value::as_u64).unwrap_or_default();
        if comment.is_some_and(|comment| comment.chars().count() as u64 > max) {
            return Err(AddressError::Comment { address: self.to_string(), max });
        }
        let mut callback = Url::parse(&request.callback)
            .map_err(|error| AddressError::Unreadable(error.to_string()))?;
        let mut query = callback.query_pairs_mut();
        query.append_pair("amount", &amount.get().to_string());
        query.extend_pairs(comment.map(|comment| ("comment", comment)));
        drop(query);
        let answer: Payable = self.ask(client, callback).await?;
        let invoice = Invoice::decode(&answer.pr)
            .map_err(|error| AddressError::Unreadable(error.to_string()))?;
        match invoice.amount == Some(amount) {
            true => Ok(answer.pr),
            false => Err(AddressError::OtherAmount(amount)),
        }
    }

    /// Reads JSON, a few redirects further where there are any.
    async fn ask<T: DeserializeOwned>(&self, client: &Client, url: Url) -> Result<T, AddressError> {
        let mut url = url;
        for _ in 0..=REDIRECTS_MAX {
            if !self.may_ask(&url) {
                return Err(AddressError::NotSecure);
            }
            let response = client.get(url.clone()).send().await.map_err(unreachable)?;
            match redirect(&url, &response) {
                Some(further) => url = further,
                None => return read(response).await,
            }
        }
        Err(AddressError::Unreadable("too many redirects".into()))
    }

    /// Whether a URL is as safe as the address: nobody leads a buyer to a port of its own
    /// machine, or to a place where others listen in.
    fn may_ask(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => !is_this_machine(url) || is_this_machine(&self.url),
            "http" => is_this_machine(url) && is_this_machine(&self.url),
            _ => false,
        }
    }
}

fn redirect(url: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    url.join(location).ok().filter(|_| response.status().is_redirection())
}

async fn read<T: DeserializeOwned>(mut response: Response) -> Result<T, AddressError> {
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_LEN_MAX {
            return Err(AddressError::Unreadable("the answer is too long".into()));
        }
    }
    let complaint = serde_json::from_slice(&body).ok();
    if let Some(Complaint { reason, .. }) =
        complaint.filter(|complaint: &Complaint| complaint.status.eq_ignore_ascii_case("error"))
    {
        return Err(AddressError::Refused(harmless(&reason)));
    }
    if !status.is_success() {
        return Err(AddressError::Unreadable(format!("HTTP {status}")));
    }
    serde_json::from_slice(&body).map_err(|error| AddressError::Unreadable(error.to_string()))
}

fn unreachable(error: reqwest::Error) -> AddressError {
    AddressError::Unreachable(error.without_url().to_string())
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<LightningAddress, AddressError> {
        text.parse()
    }

    #[test]
    fn an_address_is_asked_over_https_but_for_this_machine() {
        let url = |text: &str| parse(text).unwrap().url.to_string();
        assert_eq!(url("Ann@Shop.example"), "https://shop.example/.well-known/lnurlp/ann");
        assert_eq!(url("a+b.c@[::1]:80"), "http://[::1]/.well-known/lnurlp/a+b.c");
        assert_eq!(url("a@127.0.0.1:9"), "http://127.0.0.1:9/.well-known/lnurlp/a");
        for text in ["", "a", "@host", "a@", "a@b/c", "a/b@c", "a@b@c", "../x@c", "a b@c", "a@b c"]
        {
            assert_eq!(parse(text), Err(AddressError::NotAnAddress), "{text:?}");
        }
    }

    #[test]
    fn a_stranger_leads_nobody_to_this_machine_or_to_plain_http() {
        let (far, near) = (parse("a@shop.example").unwrap(), parse("a@localhost").unwrap());
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(far.may_ask(&url("https://cdn.example/x")));
        for text in ["http://shop.example/", "http://127.0.0.1/", "https://localhost/", "file:///x"]
        {
            assert!(!far.may_ask(&url(text)), "{text}");
        }
        assert!(near.may_ask(&url("http://127.0.0.1:3/x")));
        assert!(!near.may_ask(&url("http://shop.example/")));
    }
}
