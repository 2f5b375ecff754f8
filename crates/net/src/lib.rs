//! Outbound HTTP and the keys by which clients are counted.

mod certificate;
mod client;
mod client_key;
mod guard;
mod proxies;

pub use certificate::{NotACertificate, TrustedCertificate};
pub use client::{ClientError, ClientOptions, http_client, prepare_tls};
pub use client_key::ClientKey;
pub use guard::{
    AddressPolicy, DnsResolver, Fetched, GuardError, GuardOptions, GuardedClient, Limits,
    RedirectScope, Resolve, ResolveError,
};
pub use proxies::{ParseProxyError, TrustedProxies};
