//! A request that brought no answer.

use std::net::IpAddr;

/// Why there is no answer. Messages name the place, never an address that was looked up: what
/// a private network looks like is nobody's business outside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// The address cannot be used at all.
    #[error("the URL cannot be used: {reason}")]
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Neither `http` nor `https`.
    #[error("only http and https URLs are fetched")]
    Scheme,
    /// A name or password stands in the address.
    #[error("a URL with a user name or password in it is not fetched")]
    UserInfo,
    /// The port belongs to another protocol.
    #[error("port {0} belongs to another protocol than HTTP")]
    Port(u16),
    /// The name is not one of the public internet.
    #[error("{place} is not a name of the public internet")]
    Host {
        /// The origin.
        place: String,
    },
    /// The address, or one of those behind the name, is not public.
    #[error("{place} does not lead to public addresses only")]
    Address {
        /// The origin.
        place: String,
        /// The first that is not. For the operator's log, not for outsiders.
        address: IpAddr,
    },
    /// A redirect that is not followed.
    #[error("{place} redirects to where a redirect may not lead: {reason}")]
    Redirect {
        /// The origin that redirects.
        place: String,
        /// What is wrong with the target.
        reason: &'static str,
    },
    /// More redirects than allowed.
    #[error("{place} redirects more than {limit} times")]
    TooManyRedirects {
        /// The origin that redirects.
        place: String,
        /// How many are followed.
        limit: usize,
    },
    /// The name leads nowhere.
    #[error("{place} cannot be found: {reason}")]
    Dns {
        /// The origin or name.
        place: String,
        /// As the name servers say it.
        reason: String,
    },
    /// The certificate or the handshake is not right.
    #[error("{place} has no valid TLS: {reason}")]
    Tls {
        /// The origin.
        place: String,
        /// As the TLS library says it.
        reason: String,
    },
    /// Nobody listens, or the way is closed.
    #[error("{place} cannot be reached: {reason}")]
    Connect {
        /// The origin.
        place: String,
        /// As the system says it.
        reason: String,
    },
    /// No whole answer in time.
    #[error("{place} did not answer in time")]
    Timeout {
        /// The origin or name.
        place: String,
    },
    /// Header lines beyond the limit.
    #[error("{place} answers with more than {limit} bytes of header lines")]
    HeadersTooLong {
        /// The origin.
        place: String,
        /// In bytes.
        limit: usize,
    },
    /// What came is not HTTP, or breaks off before its body.
    #[error("{place} does not answer in HTTP: {reason}")]
    Answer {
        /// The origin.
        place: String,
        /// As the HTTP library says it.
        reason: String,
    },
}

impl GuardError {
    /// The stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "url_invalid",
            Self::Scheme => "scheme_refused",
            Self::UserInfo => "user_info_refused",
            Self::Port(_) => "port_refused",
            Self::Host { .. } => "host_refused",
            Self::Address { .. } => "address_refused",
            Self::Redirect { .. } => "redirect_refused",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::Dns { .. } => "dns_failure",
            Self::Tls { .. } => "tls_invalid",
            Self::Connect { .. } => "connect_failed",
            Self::Timeout { .. } => "timeout",
            Self::HeadersTooLong { .. } => "headers_too_long",
            Self::Answer { .. } => "answer_malformed",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Url { .. } => "give the whole URL, as in https://api.example.com/v1/thing",
            Self::Scheme => "give an https URL",
            Self::UserInfo => "leave the name and password out of the URL",
            Self::Port(_) => "serve HTTP at another port, best 443",
            Self::Host { .. } => "give a name that the public DNS knows",
            Self::Address { .. } => {
                "let every A and AAAA record of the name be a public address; for a private site \
                 the operator of this server allows its network"
            }
            Self::Redirect { .. } | Self::TooManyRedirects { .. } => {
                "give the URL that answers by itself"
            }
            Self::Dns { .. } => "check the name and the domain's DNS records",
            Self::Tls { .. } => "renew the certificate, for this name and with its whole chain",
            Self::Connect { .. } => "check host and port, and that the server runs",
            Self::Timeout { .. } => "try again; answer sooner, a 402 waits for nothing",
            Self::HeadersTooLong { .. } => "send fewer or shorter header lines",
            Self::Answer { .. } => "check that an HTTP server listens at this port",
        }
    }

    /// Whether nothing was sent because a rule forbids it, which trying again does not change.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Url { .. }
                | Self::Scheme
                | Self::UserInfo
                | Self::Port(_)
                | Self::Host { .. }
                | Self::Address { .. }
                | Self::Redirect { .. }
        )
    }
}
