//! What several endpoints say in the OpenAPI document.

use farebox_wire::api_error::ErrorBody;
use utoipa::IntoResponses;

/// How every endpoint that needs a token can refuse.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "says what `refusal` answers")]
pub(super) enum TokenRefusals {
    /// What was sent cannot be used, or two different tokens were sent.
    #[response(status = 400)]
    Bad(ErrorBody),
    /// There is no token, or none that is known here.
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// The token may only spend.
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// Nothing was done; `Retry-After` says when to ask again.
    #[response(status = 503)]
    Unavailable(ErrorBody),
}
