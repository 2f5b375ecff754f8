//! Hands the HTTP library judged addresses only.

use super::{AddressPolicy, Resolve, ResolveError, host};
use reqwest::dns::{Addrs, Name, Resolving};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Addresses that are tried for one connection.
const TRIED_MAX: usize = 8;

/// The resolver of the HTTP library: what it answers is connected to, and nothing else.
#[derive(Clone)]
pub(super) struct JudgedResolver {
    pub(super) addresses: AddressPolicy,
    pub(super) resolver: Arc<dyn Resolve>,
}

/// A name that is not connected to, found again among the sources of the library's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("the name is not one of the public internet")]
    Host,
    #[error("an address is not public")]
    Address(IpAddr),
    #[error(transparent)]
    NotFound(#[from] ResolveError),
}

impl JudgedResolver {
    /// All addresses of a name, if every one of them is allowed.
    async fn judge(&self, name: &str) -> Result<Vec<SocketAddr>, Refused> {
        // Checked with the URL already; a name never gets past both by accident.
        if !host::is_allowed(&name.to_ascii_lowercase(), &self.addresses) {
            return Err(Refused::Host);
        }
        let found = self.resolver.addresses(name).await?;
        match found.iter().find(|address| !self.addresses.allows(**address)) {
            Some(refused) => Err(Refused::Address(*refused)),
            // The library puts the port of the URL in place of zero.
            None => Ok(found.into_iter().take(TRIED_MAX).map(|ip| (ip, 0).into()).collect()),
        }
    }
}

impl reqwest::dns::Resolve for JudgedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let judged = resolver.judge(name.as_str()).await?;
            let addresses: Addrs = Box::new(judged.into_iter());
            Ok(addresses)
        })
    }
}

impl Refused {
    /// The refusal in an error of the library, if it is one.
    pub(super) fn within(error: &reqwest::Error) -> Option<&Self> {
        let mut next = error.source();
        while let Some(source) = next {
            if let Some(refused) = source.downcast_ref::<Self>() {
                return Some(refused);
            }
            next = source.source();
        }
        None
    }
}
