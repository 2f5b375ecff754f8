//! What the OpenAPI document says of withdrawals: the shapes of what [`super::collect`] writes.

use farebox_wire::api_error::ErrorBody;
use utoipa::{IntoResponses, ToSchema};

/// A withdrawal as its account sees it.
#[derive(ToSchema)]
#[schema(as = Withdrawal)]
#[expect(dead_code, reason = "the shape of an answer")]
pub(super) struct WithdrawalView {
    status: WithdrawalStatus,
    withdrawal_id: String,
    payment_hash: String,
    amount_sats: u64,
    balance_sats: u64,
    /// Why it failed.
    #[schema(nullable = false)]
    reason: Option<String>,
    #[schema(nullable = false)]
    payment: Option<Payment>,
    #[schema(nullable = false)]
    fee_sats: Option<u64>,
    #[schema(nullable = false)]
    fee_msat: Option<u64>,
}

/// A withdrawal that arrived.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of an answer")]
pub(super) struct PaidWithdrawal {
    status: WithdrawalStatus,
    withdrawal_id: String,
    payment_hash: String,
    amount_sats: u64,
    balance_sats: u64,
    payment: Payment,
    fee_sats: u64,
    fee_msat: u64,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the words of an answer")]
enum WithdrawalStatus {
    Paid,
    Pending,
    Failed,
}

/// How it was paid, as phoenixd says it.
#[derive(ToSchema)]
#[schema(as = WithdrawalPayment, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape of an answer")]
struct Payment {
    recipient_amount_sat: u64,
    routing_fee_sat: u64,
    payment_id: String,
    payment_hash: String,
    payment_preimage: String,
}

/// How a withdrawal can be refused.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "says what `refuse` answers")]
pub(super) enum CollectRefusals {
    /// The invoice or the amount cannot be used.
    #[response(status = 400)]
    Bad(ErrorBody),
    /// There is no token, or none that is known here.
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// The balance does not cover the amount and the fee.
    #[response(status = 402)]
    Short(ErrorBody),
    /// The token may only spend.
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// The invoice was used already, or is being paid.
    #[response(status = 409)]
    Conflict(ErrorBody),
    /// Too many withdrawals in a time.
    #[response(status = 429)]
    TooMany(ErrorBody),
    /// The payment failed, and the money is back in the balance.
    #[response(status = 502)]
    Failed(ErrorBody),
    /// Nothing was done; `Retry-After` says when to ask again.
    #[response(status = 503)]
    Unavailable(ErrorBody),
}
