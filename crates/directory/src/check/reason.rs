//! Why a listing has the health that it has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Reasons kept of a check at most, those that matter most first.
pub const REASONS_MAX: usize = 12;

/// One reason, with what the seller can do about it. The message can hold words of the endpoint's
/// own, cleaned; the rest is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HealthReason)]
pub struct Reason {
    /// Stable: `docs/probing.md` lists them.
    pub code: String,
    /// What was found, in one line.
    pub message: String,
    /// What the seller does about it, in one line; empty where there is nothing to do.
    pub fix: String,
}
