//! What each method puts into a request.

mod chain;
mod lightning;
mod stripe;

use super::{FaultCode, request::Request};
use crate::mpp::methods as wire;

/// Looks at the fields of the method's own.
pub(super) fn examine(request: &mut Request<'_>) {
    let method = request.found.method.to_ascii_lowercase();
    // One that is missing or unknown is named already; the rest of a charge is still worth a look.
    let is_charge = !matches!(&*request.found.intent, "session" | "subscription");
    match method.as_str() {
        wire::lightning::METHOD => lightning::examine(request, is_charge),
        wire::evm::METHOD => chain::examine_evm(request, is_charge),
        wire::tempo::METHOD => chain::examine_tempo(request, is_charge),
        wire::stripe::METHOD => stripe::examine(request, is_charge),
        "" => {}
        other => request.sink.add_found(FaultCode::MethodUnknown, other),
    }
}
