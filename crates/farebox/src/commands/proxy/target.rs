//! Where a request is to go, by one of the two ways to say so.

use super::refused::Refused;
use http::uri::{Scheme, Uri};
use http::{Method, StatusCode};
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

/// Before a token in a path.
const TOKEN_PREFIX: &str = "/token/";

/// How the target was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As to any HTTP proxy: `GET http://host/path`.
    Proxy,
    /// In the path: `GET /https://host/path`.
    Url,
}

/// The target of one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) url: String,
    pub(super) form: Form,
    /// The token that stood before it in the path.
    pub(super) token: Option<String>,
}

impl Target {
    /// Reads the target of a request.
    ///
    /// # Errors
    /// [`Refused`] for CONNECT and for whatever names no http or https address.
    pub(super) fn read(method: &Method, uri: &Uri, own: SocketAddr) -> Result<Self, Refused> {
        if *method == Method::CONNECT {
            let host = uri.authority().map_or("HOST", |authority| authority.as_str());
            let host = host.strip_suffix(":443").unwrap_or(host);
            return Err(Refused::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "connect_refused",
                format_args!(
                    "TLS cannot be looked into, so a price inside it cannot be paid: fetch \
                     http://{own}/https://{host}/... instead, without a proxy"
                ),
            ));
        }
        let target = match uri.scheme() {
            Some(_) => Self { url: uri.to_string(), form: Form::Proxy, token: None },
            None => in_path(uri, own)?,
        };
        if is_own(&target.url, own) {
            let status = StatusCode::LOOP_DETECTED;
            return Err(Refused::new(status, "loop", "that is the address of this proxy itself"));
        }
        Ok(target)
    }
}

fn in_path(uri: &Uri, own: SocketAddr) -> Result<Target, Refused> {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let (token, path) = match path.strip_prefix(TOKEN_PREFIX).and_then(|rest| rest.split_once('/'))
    {
        Some((token, rest)) => (Some(token.to_owned()), rest),
        None => (None, path.strip_prefix('/').unwrap_or(path)),
    };
    // Programs that tidy paths up make one slash of two.
    let schemes = [Scheme::HTTPS, Scheme::HTTP];
    let found = schemes.iter().find_map(|scheme| {
        let rest = strip_prefix_ignoring_case(path, scheme.as_str())?.strip_prefix(":/")?;
        Some((scheme, rest.trim_start_matches('/')))
    });
    let Some((scheme, rest)) = found.filter(|(_, rest)| !rest.is_empty()) else {
        return Err(Refused::new(
            StatusCode::NOT_FOUND,
            "no_target",
            format_args!(
                "name what to fetch in the path, as http://{own}/https://HOST/PATH, or use \
                 http://{own} as an HTTP proxy"
            ),
        ));
    };
    Ok(Target { url: format!("{scheme}://{rest}"), form: Form::Url, token })
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether an address is the proxy's own, under any name of this machine.
pub(super) fn is_own(url: &str, own: SocketAddr) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let here = match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => is_here(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_here(IpAddr::V6(address)),
        None => false,
    };
    here && url.port_or_known_default() == Some(own.port())
}

/// Whether a name is one that always means this machine.
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn is_here(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 4021))
    }

    fn read(uri: &str) -> Result<Target, Refused> {
        Target::read(&Method::GET, &uri.parse().unwrap(), own())
    }

    #[test]
    fn both_forms_name_the_same_target() {
        for (uri, url, form) in [
            ("http://a.example/x?y=1", "http://a.example/x?y=1", Form::Proxy),
            ("/http://a.example/x?y=1", "http://a.example/x?y=1", Form::Url),
            ("/https://a.example:8443/x//y", "https://a.example:8443/x//y", Form::Url),
            ("/https:/a.example/x", "https://a.example/x", Form::Url),
            ("/HTTPS://a.example/?u=http://b", "https://a.example/?u=http://b", Form::Url),
            ("/https://[::1]:9/", "https://[::1]:9/", Form::Url),
        ] {
            let target = read(uri).unwrap();
            assert_eq!(
                (target.url.as_str(), target.form, target.token),
                (url, form, None),
                "{uri}"
            );
        }
        let with_token = read("/token/abc/https://a.example/x").unwrap();
        assert_eq!(with_token.token.as_deref(), Some("abc"));
        assert_eq!(with_token.url, "https://a.example/x");
    }

    #[test]
    fn what_names_no_target_is_refused() {
        for uri in ["/", "/x", "/https:", "/https://", "/ftp://a.example/", "/token/abc", "/é"] {
            let Ok(uri) = uri.parse::<Uri>() else { continue };
            let refused = Target::read(&Method::GET, &uri, own()).unwrap_err();
            assert_eq!(refused.code, "no_target", "{uri}");
        }
        let connect = "a.example:443".parse().unwrap();
        let refused = Target::read(&Method::CONNECT, &connect, own()).unwrap_err();
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(refused.message.contains("http://127.0.0.1:4021/https://a.example/"));
    }

    #[test]
    fn it_does_not_ask_itself() {
        for uri in [
            "http://127.0.0.1:4021/x",
            "http://localhost:4021/",
            "/http://127.9.9.9:4021/",
            "/http://a.localhost:4021/",
            "/http://[::1]:4021/",
            "/http://[::ffff:127.0.0.1]:4021/",
            "/http://0.0.0.0:4021/",
            "/http://2130706433:4021/",
        ] {
            assert_eq!(read(uri).unwrap_err().code, "loop", "{uri}");
        }
        assert!(read("/http://127.0.0.1:4020/").is_ok());
    }
}
