//! The cookies of a browser: one for each invoice that it was shown, so that two of its windows
//! never overwrite each other's.

use crate::rails::Site;
use farebox_wire::lightning::PaymentHash;
use http::{HeaderMap, header};

const NAME: &str = "farebox_";
/// Cookies of ours looked at in one request.
const READ_MAX: usize = 64;
/// Browsers ignore longer paths.
const PATH_LEN_MAX: usize = 1_000;

/// The cookies of ours that a request has.
pub(super) struct Jar {
    pub cookies: Vec<(String, String)>,
}

impl Jar {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';'));
        let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        let ours = pairs.filter(|(name, _)| is_ours(name));
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self { cookies: ours.take(READ_MAX).map(owned).collect() }
    }
}

/// Names go back to the browser, so that only ours are read.
fn is_ours(name: &str) -> bool {
    let rest = name.strip_prefix(NAME);
    rest.is_some_and(|rest| {
        rest.len() == 17 && rest.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_')
    })
}

/// What the names of the cookies for one request begin with.
pub(super) fn prefix(digest: [u8; 32]) -> String {
    let mut hex = hex::encode(digest);
    hex.truncate(8);
    format!("{NAME}{hex}_")
}

/// The name of the cookie for one invoice.
pub(super) fn name(prefix: &str, hash: PaymentHash) -> String {
    let mut hex = hash.to_string();
    hex.truncate(8);
    format!("{prefix}{hex}")
}

/// To whom a cookie is sent back.
#[derive(Clone)]
pub(super) struct CookieScope {
    path: String,
    is_secure: bool,
}

impl CookieScope {
    /// `None` for a path that no cookie can be for.
    pub(super) fn of(site: Option<&Site>, path: &str) -> Option<Self> {
        let url = site.map(|site| site.url.as_str()).unwrap_or_default();
        let is_secure = url.starts_with("https://");
        // A site below a path of its host.
        let below = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let below = below.map(|(_, below)| format!("/{below}")).unwrap_or_default();
        let path = format!("{below}{path}");
        let is_graphic = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
        let fits = path.starts_with('/') && path.len() <= PATH_LEN_MAX && is_graphic;
        fits.then_some(Self { path, is_secure })
    }

    /// A `Set-Cookie` value. `Lax`, since a strict one is not sent by a browser that follows a
    /// link of another site: its page would be a new one, with a new invoice, although the first
    /// was paid.
    pub(super) fn set(&self, name: &str, value: &str, lifetime_s: u64) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let path = &self.path;
        format!("{name}={value}; Path={path}; Max-Age={lifetime_s}; HttpOnly; SameSite=Lax{secure}")
    }

    pub(super) fn drop(&self, name: &str) -> String {
        self.set(name, "", 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_cookies_of_ours_are_read_and_not_endlessly_many() {
        let mut headers = HeaderMap::new();
        let line = "a=b; farebox_0123abcd_89abcdef=x=y;farebox_0123abcd_89abcdeg=z; farebox_=; \
                    farebox_0123abcd_89abcdef; =; ;;";
        headers.append(header::COOKIE, HeaderValue::from_static(line));
        let jar = Jar::read(&headers);
        assert_eq!(jar.cookies, [("farebox_0123abcd_89abcdef".to_owned(), "x=y".to_owned())]);
        let many = "farebox_0123abcd_89abcdef=1; ".repeat(1_000);
        headers.append(header::COOKIE, HeaderValue::try_from(many).unwrap());
        assert_eq!(Jar::read(&headers).cookies.len(), READ_MAX);
    }

    #[test]
    fn names_that_are_written_are_read() {
        let name = name(&prefix([0xab; 32]), PaymentHash::new([0xcd; 32]));
        assert_eq!(name, "farebox_abababab_cdcdcdcd");
        assert!(is_ours(&name));
    }

    #[test]
    fn a_cookie_is_for_its_path_and_a_path_cannot_add_to_it() {
        let site = |url: &str| Site { url: url.to_owned(), realm: String::new() };
        let set = |url: &str, path: &str| {
            CookieScope::of(Some(&site(url)), path).map(|scope| scope.set("n", "v", 9))
        };
        let plain = "n=v; Path=/dish; Max-Age=9; HttpOnly; SameSite=Lax";
        assert_eq!(set("http://localhost:4020", "/dish").as_deref(), Some(plain));
        let secure = "n=v; Path=/shop/dish; Max-Age=9; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(set("https://example.com/shop", "/dish").as_deref(), Some(secure));
        assert_eq!(set("https://example.com", "/a;Domain=com"), None);
        assert_eq!(set("https://example.com", &format!("/{}", "a".repeat(1_000))), None);
        assert_eq!(set("https://example.com", "*"), None);
    }
}
