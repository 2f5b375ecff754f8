//! How the money of a verified payment comes in, and what its payer is told.

use crate::problem::Problem;
use crate::redemption::Use;
use crate::unavailable::Unavailable;
use async_trait::async_trait;
use http::{HeaderName, HeaderValue};
use std::sync::Arc;

/// A credential that is good for a request: what it is used for, and how its money comes in.
#[derive(Clone)]
pub(crate) struct Verdict {
    pub usage: Use,
    pub collection: Arc<dyn Collection>,
}

/// What became of an attempt to collect.
#[derive(Clone, Debug)]
pub(crate) enum Collected {
    /// The money is here; where it can be looked up.
    Yes(String),
    /// It is proven that it will not come.
    No(Problem),
    /// Nobody knows: the same credential is collected again later, and never another.
    Unknown(Unavailable),
}

/// The money of one payment.
#[async_trait]
pub(crate) trait Collection: Send + Sync {
    /// Whether it can only be collected before the handler runs.
    fn is_collected_first(&self) -> bool;

    /// Gets the money in. A repeat collects nothing twice.
    async fn collect(&self) -> Collected;

    /// The headers that prove the payment to its payer, at `now` in seconds since 1970.
    fn receipt(&self, settled_as: &str, now: u64) -> Vec<(HeaderName, HeaderValue)>;
}
