//! Whether what is paid for is what was asked for.

use super::fault::{FaultCode, Severity};
use std::net::IpAddr;
use url::{Host, Url};

/// Compares the resource of a challenge with the URL that was requested.
pub(super) fn examine(resource: &str, request_url: &str) -> Option<(FaultCode, Severity)> {
    let Ok(request) = Url::parse(request_url) else {
        return None;
    };
    let Some(resource) = Url::parse(resource).ok().filter(|url| url.has_host()) else {
        return Some((FaultCode::ResourceInvalid, Severity::Warning));
    };
    if resource.host() == request.host() {
        let is_open = resource.scheme() == "http" && !is_local(&resource);
        return is_open.then_some((FaultCode::ResourceHttpScheme, Severity::Warning));
    }
    if is_local(&resource) {
        return Some((FaultCode::ResourceLocal, Severity::Warning));
    }
    if shares_domain(&resource, &request) {
        return Some((FaultCode::ResourceHostDiffers, Severity::Warning));
    }
    if is_placeholder(&resource) {
        return Some((FaultCode::ResourcePlaceholder, Severity::Warning));
    }
    Some((FaultCode::ResourceOriginMismatch, Severity::Error))
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost" || !name.contains('.') || name.ends_with(".local")
        }
        Some(Host::Ipv4(address)) => {
            let is_here = address.is_loopback() || address.is_unspecified();
            is_here || address.is_private() || address.is_link_local()
        }
        Some(Host::Ipv6(address)) => {
            let mapped = address.to_ipv4_mapped().map(IpAddr::from);
            address.is_loopback() || address.is_unspecified() || mapped.is_some()
        }
        None => false,
    }
}

/// The domains that templates are written with (RFC 2606, section 3): nobody's, so that no other
/// site's challenge is passed on. Names that cannot be looked up at all are not among them.
fn is_placeholder(url: &Url) -> bool {
    let domains = ["example.com", "example.net", "example.org"];
    let is_of = |name: &str, domain: &str| {
        name.strip_suffix(domain).is_some_and(|left| left.is_empty() || left.ends_with('.'))
    };
    url.domain().is_some_and(|name| domains.iter().any(|domain| is_of(name, domain)))
}

/// Whether the last two labels are the same: one owner, as a rule.
fn shares_domain(a: &Url, b: &Url) -> bool {
    let domain = |url: &Url| -> Option<(String, String)> {
        let mut labels = url.domain()?.rsplit('.').map(str::to_owned);
        Some((labels.next()?, labels.next()?))
    };
    domain(a).is_some_and(|shared| domain(b) == Some(shared))
}
