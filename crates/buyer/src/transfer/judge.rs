//! What an answer to a signed payment calls for. Pure.

use super::settlement::Settlement;
use farebox_wire::x402::{
    BODY_LEN_MAX, ErrorCode, PAYMENT_REQUIRED, PaymentRequired, parse_json_object,
};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is what was bought.
    Delivered,
    /// The same payment is shown again after a while, until time is up.
    NotReady,
    /// The same payment is shown again a few times: the seller failed, and may have taken it.
    Failed,
    /// The seller asks for a payment again without saying what is wrong with this one. The
    /// same payment is shown again a few times.
    AskedAgain,
    /// The seller says that this payment is no good, and why; it did not move any money.
    Refused,
    /// The seller says that this payment was made before.
    Used,
    /// The request itself was refused.
    Error,
}

/// What an answer calls for.
pub(super) fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    peeked: &[u8],
    settlement: &Settlement,
) -> Verdict {
    if status.is_success() || status.is_redirection() {
        return Verdict::Delivered;
    }
    match status {
        StatusCode::PAYMENT_REQUIRED | StatusCode::UNAUTHORIZED => {
            let code = settlement.error_code().or_else(|| error_code(headers, peeked));
            match code {
                Some(ErrorCode::SettlementPending | ErrorCode::DuplicateSettlement) => {
                    Verdict::NotReady
                }
                Some(ErrorCode::NonceUsed) => Verdict::Used,
                // The seller could not find out, or would not say.
                Some(
                    ErrorCode::UnexpectedVerify
                    | ErrorCode::UnexpectedSettle
                    | ErrorCode::TransactionFailed
                    | ErrorCode::SimulationFailed
                    | ErrorCode::TransferMissing,
                ) => Verdict::AskedAgain,
                Some(_) => Verdict::Refused,
                None if is_problem(peeked) => Verdict::Refused,
                None => Verdict::AskedAgain,
            }
        }
        StatusCode::REQUEST_TIMEOUT
        | StatusCode::CONFLICT
        | StatusCode::TOO_EARLY
        | StatusCode::TOO_MANY_REQUESTS => Verdict::NotReady,
        status if status.is_server_error() => Verdict::Failed,
        _ => Verdict::Error,
    }
}

/// The code that a seller of x402 gives beside its new challenge.
fn error_code(headers: &HeaderMap, peeked: &[u8]) -> Option<ErrorCode> {
    let header = headers.get(PAYMENT_REQUIRED).and_then(|value| value.to_str().ok());
    let header = header.and_then(|value| PaymentRequired::parse_header(value).ok());
    let body = parse_json_object(peeked, BODY_LEN_MAX).ok();
    let in_body = |name: &str| Some(body.as_ref()?.get(name)?.as_str()?.to_owned());
    let texts = [
        header.and_then(|required| required.error),
        in_body("error"),
        in_body("errorReason"),
        in_body("invalidReason"),
    ];
    texts.into_iter().flatten().find_map(|text| ErrorCode::parse(&text))
}

/// Whether the seller of an MPP challenge says what is wrong with the credential, and not that it
/// could not check it.
fn is_problem(peeked: &[u8]) -> bool {
    const REFUSALS: [&str; 6] = [
        "payment-insufficient",
        "payment-expired",
        "verification-failed",
        "malformed-credential",
        "invalid-challenge",
        "invalid-payload",
    ];
    let body = parse_json_object(peeked, BODY_LEN_MAX).ok();
    let kind = body.as_ref().and_then(|body| body.get("type")).and_then(Value::as_str);
    kind.is_some_and(|kind| REFUSALS.iter().any(|refusal| kind.ends_with(refusal)))
}
