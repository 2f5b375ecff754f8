//! Who may use the proxy: programs of this machine, and no page in a browser.

use super::refused::Refused;
use super::target::{Form, Target, is_localhost};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HOST, ORIGIN, PROXY_AUTHORIZATION, REFERER, USER_AGENT};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};

/// What every browser says of itself, and no page in it can change.
const BROWSER: &[u8] = b"Mozilla/";

/// What a request has to show.
#[derive(Debug)]
pub(super) struct Gate {
    /// Where the proxy listens.
    pub(super) own: SocketAddr,
    /// SHA-256 of the token, where one is needed.
    pub(super) token: Option<[u8; 32]>,
}

impl Gate {
    /// Refuses what a browser sent, or whoever lacks the token.
    pub(super) fn check(&self, headers: &HeaderMap, target: &Target) -> Result<(), Refused> {
        refuse_pages(headers)?;
        if target.form == Form::Url && !self.is_own_host(headers) {
            return Err(Refused::new(
                StatusCode::FORBIDDEN,
                "foreign_host",
                format_args!("the Host header has to be that of this proxy, {}", self.own),
            ));
        }
        let Some(expected) = &self.token else { return refuse_browsers(headers) };
        let shown = target.token.clone().or_else(|| shown_token(headers));
        // Of digests, a difference in time tells nothing.
        match shown.is_some_and(|shown| digest(&shown) == *expected) {
            true => Ok(()),
            false => Err(Refused::new(
                StatusCode::PROXY_AUTHENTICATION_REQUIRED,
                "token_required",
                format_args!(
                    "this proxy wants its token: as the password of the proxy's address, \
                     http://farebox:TOKEN@{own}, or in the path, \
                     http://{own}/token/TOKEN/https://...",
                    own = self.own
                ),
            )),
        }
    }

    /// A page whose name was pointed at this machine (DNS rebinding) cannot name it.
    fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let Ok(authority) = host.to_str().unwrap_or_default().parse::<http::uri::Authority>()
        else {
            return false;
        };
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        let is_here = name.parse::<IpAddr>().map_or_else(|_| is_localhost(name), is_loopback);
        is_here && authority.port_u16().unwrap_or(80) == self.own.port()
    }
}

/// Whether only programs of this machine reach an address.
pub(super) const fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// The digest that a token is compared by.
pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// What browsers add to the requests of pages.
fn refuse_pages(headers: &HeaderMap) -> Result<(), Refused> {
    let of_pages = |name: &str| {
        name == ORIGIN.as_str() || name == REFERER.as_str() || name.starts_with("sec-fetch-")
    };
    match headers.keys().find(|name| of_pages(name.as_str())) {
        Some(name) => Err(browser(format_args!("a request with the header {name} is a page's"))),
        None => Ok(()),
    }
}

fn refuse_browsers(headers: &HeaderMap) -> Result<(), Refused> {
    let mut agents = headers.get_all(USER_AGENT).iter();
    match agents.any(|agent| agent.as_bytes().starts_with(BROWSER)) {
        true => Err(browser(format_args!(
            "a User-Agent that begins with Mozilla/ is a browser's; a program that has to call \
             itself so can show a token (--require-token)"
        ))),
        false => Ok(()),
    }
}

fn browser(why: std::fmt::Arguments<'_>) -> Refused {
    let message = format_args!("browsers cannot spend through this proxy: {why}");
    Refused::new(StatusCode::FORBIDDEN, "browser_refused", message)
}

/// The token of `Proxy-Authorization`: the password of `Basic`, or what follows `Bearer`.
fn shown_token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(PROXY_AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    let pair = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(rest).ok())??;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}
