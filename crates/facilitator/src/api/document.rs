//! The bodies of the facilitator's interface as the OpenAPI document shows them. What they are is
//! in [`farebox_wire::x402`].

use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is asked of `POST /verify` and `POST /settle`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of a body")]
pub(super) struct FacilitatorQuestion {
    /// 1 or 2.
    x402_version: Option<u64>,
    /// The payment as the buyer sent it, decoded.
    #[schema(value_type = Object)]
    payment_payload: Value,
    /// What the seller asked for.
    #[schema(value_type = Object)]
    payment_requirements: Value,
}

/// Whether a payment would be settled now.
#[derive(ToSchema)]
#[schema(as = X402Verification, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of a body")]
pub(super) struct Verification {
    is_valid: bool,
    /// Who pays.
    #[schema(nullable = false)]
    payer: Option<String>,
    /// Why not, as a code.
    #[schema(nullable = false)]
    invalid_reason: Option<String>,
    /// Why not, for people.
    #[schema(nullable = false)]
    invalid_message: Option<String>,
}

/// What became of a payment.
#[derive(ToSchema)]
#[schema(as = X402Settlement, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of a body")]
pub(super) struct Settlement {
    success: bool,
    /// Empty when there is none.
    transaction: String,
    network: String,
    /// Who paid.
    #[schema(nullable = false)]
    payer: Option<String>,
    /// How much was taken, where it is not the amount that was asked for.
    #[schema(nullable = false)]
    amount: Option<String>,
    /// Why not, as a code.
    #[schema(nullable = false)]
    error_reason: Option<String>,
    /// Why not, for people.
    #[schema(nullable = false)]
    error_message: Option<String>,
}

/// What is settled here.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of a body")]
pub(super) struct Supported {
    kinds: Vec<SupportedPayment>,
    extensions: Vec<String>,
    /// The facilitator's own accounts by network.
    signers: BTreeMap<String, Vec<String>>,
}

/// A kind of payment that is settled.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of a body")]
struct SupportedPayment {
    x402_version: u64,
    scheme: String,
    network: String,
    /// What the scheme needs besides.
    #[schema(value_type = Option<Object>, nullable = false)]
    extra: Option<Value>,
}

/// A page of paid resources.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of a body")]
pub(super) struct ResourcePage {
    x402_version: u64,
    items: Vec<Resource>,
    pagination: ResourcePagination,
}

/// Paid resources that were searched for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of a body")]
pub(super) struct ResourceSearch {
    x402_version: u64,
    resources: Vec<Resource>,
    /// Whether there may be more than was looked at.
    partial_results: bool,
    pagination: SearchPagination,
}

/// A paid resource.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of a body")]
struct Resource {
    /// Its URL.
    resource: String,
    /// `http`, `mcp` or another.
    r#type: String,
    x402_version: u64,
    /// Ways to pay, each `PaymentRequirements` of x402 version 2.
    #[schema(value_type = Vec<Object>)]
    accepts: Vec<Value>,
    #[schema(format = DateTime, nullable = false)]
    last_updated: Option<String>,
    #[schema(nullable = false)]
    service_name: Option<String>,
    #[schema(nullable = false)]
    description: Option<String>,
}

/// Where a page stands in the list.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of a body")]
struct ResourcePagination {
    limit: u64,
    offset: u64,
    total: u64,
}

/// How to read on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of a body")]
struct SearchPagination {
    /// Rows of this page at most.
    limit: u64,
    /// To be sent as `cursor` for the next page; null on the last one.
    cursor: Option<String>,
}
