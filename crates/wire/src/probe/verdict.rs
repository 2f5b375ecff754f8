//! What an answer comes to, in one word and one sentence.

use super::{RailReport, RecordedAnswer, fault::is_mcp_payment_error};
use serde::Serialize;

macro_rules! verdicts {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $code:literal, $message:literal, $fix:expr;)*) => {
        /// What an answer comes to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        pub enum Verdict { $($(#[doc = $meaning])+ #[serde(rename = $code)] $variant,)* }

        impl Verdict {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// In one sentence.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }

            /// What to do about it, where something can be done.
            #[must_use]
            pub const fn fix(self) -> Option<&'static str> {
                match self { $(Self::$variant => $fix,)* }
            }
        }
    };
}

verdicts! {
    /// 402, and some rail can be paid now.
    Payable = "payable", "It asks for payment and can be paid.", None;
    /// 402, and no rail can be paid.
    NotPayable = "not_payable", "It asks for payment, and nobody can pay what it asks.",
        Some("mend what is marked as an error below");
    /// 2xx without payment.
    Free = "free", "It answers without payment: it is free, or the price comes later.", None;
    /// 2xx whose body asks for payment by MCP.
    McpPayment = "mcp_payment", "An MCP server asks for payment inside its answer.",
        Some("call it with an MCP client: over HTTP alone there is nothing to pay");
    /// 2xx of a page that a tunnel shows first.
    Interstitial = "interstitial", "A tunnel's warning page stands before the endpoint.",
        Some("serve the endpoint under a name of its own, without the tunnel's page");
    /// 3xx to another host.
    RedirectElsewhere = "redirect_elsewhere", "It redirects to another host, which was not followed.",
        Some("probe that address, if you trust it");
    /// 3xx to the same host that was not followed any more.
    RedirectHere = "redirect_same_host", "It redirects within its host, in a circle, too often or to http.",
        Some("let the address that buyers call answer by itself");
    /// 3xx that leads nowhere.
    RedirectBroken = "redirect_broken", "It redirects without saying where to.",
        Some("send Location with the final address of the endpoint");
    /// 401.
    AuthRequired = "auth_required", "It wants a login or an API key before it speaks of payment.",
        Some("answer requests without credentials with 402, if payment alone is enough");
    /// 403 of a wall against programs.
    BotWall = "bot_wall", "A wall against programs answers in place of the endpoint.",
        Some("let programs pass on paid routes: their payment is what sets them apart");
    /// 403.
    Forbidden = "forbidden", "It refuses the request, with or without payment.",
        Some("answer unpaid requests with 402, if payment would open it");
    /// 404 or 410.
    NotFound = "not_found", "There is nothing under this address, for this method.",
        Some("check the address and the method; POST endpoints want -X POST");
    /// 405.
    MethodNotAllowed = "method_not_allowed", "It does not take this method.",
        Some("ask with another method: -X POST -d '{}'");
    /// 406.
    NotAcceptable = "not_acceptable", "It does not answer in JSON; MCP servers want more in Accept.",
        Some("ask with -H 'Accept: application/json, text/event-stream'");
    /// 400, 411, 413, 415, 422.
    NeedsInput = "needs_input", "It wants other input before it speaks of payment.",
        Some("ask with the parameters or the body it wants (-d); sellers: answer 402 before validating");
    /// 429.
    RateLimited = "rate_limited", "It has been asked too often; it says nothing about payment now.",
        Some("wait as long as Retry-After says, and ask again");
    /// A tunnel or host that says that nothing runs behind the name.
    Gone = "gone", "The tunnel or host says that nothing runs under this name.",
        Some("start the service again, or move it to a name that stays");
    /// 5xx.
    ServerError = "server_error", "The server failed before it could speak of payment.",
        Some("look into the server's log; make the 402 without reading the request's body");
    /// Any other status.
    Unexpected = "unexpected_status", "It answers with a status that says nothing about payment.", None;
}

impl Verdict {
    /// What the status and the rails come to.
    pub(super) fn of(answer: &RecordedAnswer, rails: &[RailReport]) -> Self {
        if is_gone(answer) {
            return Self::Gone;
        }
        match answer.status {
            402 if rails.iter().any(|rail| rail.is_payable) => Self::Payable,
            402 => Self::NotPayable,
            200..300 if answer.has("ngrok-error-code") => Self::Interstitial,
            200..300 if is_mcp_payment_error(answer) => Self::McpPayment,
            200..300 => Self::Free,
            300..400 => Self::of_redirect(answer),
            _ => Self::of_error(answer),
        }
    }

    fn of_redirect(answer: &RecordedAnswer) -> Self {
        let from = answer.parsed_url();
        let to = from.as_ref().zip(answer.text("location"));
        match to.and_then(|(from, to)| from.join(to.trim()).ok()) {
            None => Self::RedirectBroken,
            Some(to) if from.is_some_and(|from| from.host() == to.host()) => Self::RedirectHere,
            Some(_) => Self::RedirectElsewhere,
        }
    }

    fn of_error(answer: &RecordedAnswer) -> Self {
        match answer.status {
            401 => Self::AuthRequired,
            403 | 429 | 503 if answer.has("cf-mitigated") => Self::BotWall,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            400 | 411 | 413 | 415 | 422 => Self::NeedsInput,
            429 => Self::RateLimited,
            500.. => Self::ServerError,
            _ => Self::Unexpected,
        }
    }
}

/// Marks by which tunnels and hosts tell that a name leads nowhere any more.
fn is_gone(answer: &RecordedAnswer) -> bool {
    let says = |text: &[u8]| answer.body.windows(text.len()).any(|window| window == text);
    match answer.status {
        530 => says(b"1033"),
        404 => {
            answer.text("ngrok-error-code") == Some("ERR_NGROK_3200")
                || answer.text("x-railway-fallback") == Some("true")
        }
        _ => false,
    }
}
