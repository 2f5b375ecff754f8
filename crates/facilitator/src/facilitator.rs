//! What every facilitator does, here or elsewhere.

use async_trait::async_trait;
use farebox_wire::x402::{FacilitatorRequest, SettleResponse, SupportedResponse, VerifyResponse};

/// Checks and settles payments of x402.
#[async_trait]
pub trait Facilitator: Send + Sync {
    /// Whether a payment would be settled now.
    ///
    /// # Errors
    /// [`FacilitatorError`] when that is not known.
    async fn verify(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<VerifyResponse, FacilitatorError>;

    /// Settles a payment. The code `settlement_pending` says that it may have been: then, as after
    /// [`FacilitatorError::Unknown`], the same facilitator is to be asked again with the very same
    /// request, and the buyer never for another payment.
    ///
    /// # Errors
    /// [`FacilitatorError`].
    async fn settle(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<SettleResponse, FacilitatorError>;

    /// What it settles.
    ///
    /// # Errors
    /// [`FacilitatorError`] when that is not known.
    async fn supported(&self) -> Result<SupportedResponse, FacilitatorError>;
}

/// A facilitator that did not answer the question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FacilitatorError {
    /// Certainly nothing was done: another facilitator may be asked.
    #[error("the facilitator is not available: {0}")]
    Unavailable(String),
    /// The payment may have been settled.
    #[error("the facilitator's answer got lost: {0}")]
    Unknown(String),
}
