//! The one outbound HTTP client for every URL that an outsider can influence.
//!
//! It goes to public addresses only. A name is looked up once for each request, every address in
//! the answer is judged, and the connection goes to the judged addresses: there is no second
//! look-up that could say something else. Addresses written as such are judged before each
//! request, and every hop of a redirect is judged like a first request.

mod address;
mod client;
mod error;
mod exchange;
mod host;
mod judged;
mod options;
mod port;
mod redirect;
mod resolver;
mod special;
mod url_rules;

pub use address::AddressPolicy;
pub use client::GuardedClient;
pub use error::GuardError;
pub use options::{Fetched, GuardOptions, Limits, RedirectScope};
pub use resolver::{DnsResolver, Resolve, ResolveError};
