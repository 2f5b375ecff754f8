//! Why a search went without the vectors of the service.

use http::HeaderName;

/// The header of a search's answer that names the reason. Not sent where no service is set: then
/// nothing is missing.
pub const DEGRADED_HEADER: HeaderName = HeaderName::from_static("x-402index-search-degraded");

/// Why a search went without the vectors of the service, and used our own model's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Degraded {
    /// The file that should hold the key holds none, or the service takes the key for a wrong one.
    NoApiKey,
    /// The service did not answer in time.
    Timeout,
    /// The service is not reached, refuses, or answers something else than a vector.
    Failed,
    /// The service is not asked, because it failed lately or too many are waiting for it.
    CircuitOpen,
    /// The listings' vectors are not all there yet, or were not compared in time.
    VectorDeadline,
}

impl Degraded {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NoApiKey, Self::Timeout, Self::Failed, Self::CircuitOpen, Self::VectorDeadline];

    /// The value of [`DEGRADED_HEADER`].
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoApiKey => "no-api-key",
            Self::Timeout => "embed-timeout",
            Self::Failed => "embed-error",
            Self::CircuitOpen => "circuit-open",
            Self::VectorDeadline => "vec-deadline",
        }
    }
}
