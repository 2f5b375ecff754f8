//! What is set aside before the money of a request is collected, so that nobody pays for what somebody
//! else got in the meantime.

use crate::admission::Refusal;
use crate::collection::Verdict;
use crate::layer::ChargeLayer;
use crate::payment::PaymentId;
use async_trait::async_trait;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;

/// Sets aside what a request needs that is paid for by a good credential whose money is not here yet.
#[async_trait]
pub trait Preparation: Send + Sync {
    /// Sets it aside in the name of the payment, for as long as the payment can be collected. The
    /// same payment may ask again, for the same body.
    ///
    /// # Errors
    /// The answer to a request that cannot be done: nothing is collected.
    async fn prepare(&self, payment: &PaymentId, body: Bytes) -> Result<(), Box<Response>>;

    /// The money will not come: whatever was set aside is free again.
    async fn abandon(&self, payment: &PaymentId);
}

impl ChargeLayer {
    /// Prepares a request before its money is collected; the request, to be answered when it is here.
    pub(crate) async fn prepared(
        &self,
        verdict: &Verdict,
        request: Request<Body>,
    ) -> Result<Request<Body>, Box<Response>> {
        let Some(preparation) = self.route().preparation.clone() else { return Ok(request) };
        let (parts, body) = request.into_parts();
        // It was read whole before the credential was judged.
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let payment = PaymentId::of(verdict.usage.payment.key);
        preparation.prepare(&payment, body.clone()).await?;
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    /// Frees what was prepared, where it is proven that the money will not come.
    pub(crate) async fn collected_or_abandoned(
        &self,
        verdict: &Verdict,
        collected: Result<String, Refusal>,
    ) -> Result<String, Refusal> {
        if let (Err(Refusal::Problem(_)), Some(preparation)) =
            (&collected, &self.route().preparation)
        {
            preparation.abandon(&PaymentId::of(verdict.usage.payment.key)).await;
        }
        collected
    }
}
