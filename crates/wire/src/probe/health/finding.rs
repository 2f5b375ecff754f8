//! What a look at an endpoint can find beside the faults of a challenge.

use super::super::Severity;

/// What a finding makes of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing: it is worth knowing.
    None,
    /// Degraded: it is alive and cannot be paid as it is.
    Degraded,
    /// Degraded for the first failures in a row, down from the third on.
    Failing,
    /// Down at once: it does not come back by itself.
    Down,
    /// Unknown: it says nothing about the endpoint.
    Unknown,
}

impl Effect {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Degraded => "degraded",
            Self::Failing => "degraded; down from the third in a row on",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// What one look came to, for a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Some offer can be paid.
    Payable,
    /// It asks for payment, and nobody can pay what it asks, or should.
    NotPayable,
    /// Nothing came in time.
    Timeout,
    /// The name leads nowhere.
    Dns,
    /// The connection was refused or broke.
    Connect,
    /// The certificate or the handshake failed.
    Tls,
    /// A status from 500 on.
    ServerError,
    /// Another status that says nothing about payment.
    ClientError,
    /// No payment is asked for.
    Free,
    /// It leads elsewhere.
    Redirect,
    /// More than clients read.
    TooLarge,
    /// Nothing is there.
    Gone,
    /// It wants fewer requests.
    RateLimited,
    /// It wants a login or other input.
    NeedsMore,
    /// A wall against programs.
    Wall,
    /// It was not asked.
    NotAsked,
}

macro_rules! findings {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $code:literal, $effect:ident, $cause:ident, $fix:literal;)*) => {
        /// What a look at an endpoint can find beside the faults of a challenge.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Finding { $($(#[doc = $meaning])+ $variant,)* }

        impl Finding {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What it makes of the endpoint.
            #[must_use]
            pub const fn effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect,)* }
            }

            /// What the look came to, where it is this.
            #[must_use]
            pub const fn cause(self) -> Cause {
                match self { $(Self::$variant => Cause::$cause,)* }
            }

            /// What was found, in one line.
            #[must_use]
            pub fn message(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning,)+).trim(),)* }
            }

            /// What the seller does about it, in one line; empty where there is nothing to do.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)* }
            }
        }
    };
}

findings! {
    /// It asks for payment and can be paid.
    ChallengeOk = "challenge_ok", None, Payable, "";
    /// It asks for payment, and not by the protocol that it is listed for.
    RailNotOffered = "rail_not_offered", Degraded, NotPayable, "Offer the protocol that is listed, or list the one that is offered.";
    /// It asks for much more than is listed.
    PriceChanged = "price_changed", Degraded, NotPayable, "Ask for the price that is listed, or change the listing; a new price counts from the second look on.";
    /// The price differs from the listed one by little, or is lower.
    PriceUpdated = "price_updated", None, Payable, "";
    /// The payee is another than the known one.
    PaytoChanged = "payto_changed", Degraded, NotPayable, "If you changed the address, confirm it by a claim, or wait for the second look; if not, somebody else takes your money.";
    /// The request for payment lacks what its draft requires, so that common clients refuse it.
    MppRequestNonstandard = "mpp_request_nonstandard", Degraded, NotPayable, "Put amount, currency and methodDetails.invoice into request, as the draft has it.";
    /// It answers without asking for payment: it is free, or the price comes later.
    Free = "free_answer", Degraded, Free, "Answer requests without payment with status 402.";
    /// A tunnel's warning page stands before the endpoint.
    Interstitial = "interstitial", Degraded, Free, "Serve the endpoint under a name of its own, without the tunnel's page.";
    /// It wants a login or an API key, or refuses the request, before it speaks of payment.
    AuthRequired = "auth_required", Degraded, NeedsMore, "Answer requests without credentials with 402, if payment alone is enough.";
    /// It wants a body that nobody told us.
    NeedsRequestBody = "needs_request_body", Degraded, NeedsMore, "Answer 402 before the input is checked, or list a probe_body.";
    /// It wants parameters before it speaks of payment.
    NeedsParameters = "needs_parameters", Degraded, NeedsMore, "Answer 402 before the input is checked, or list the address with parameters.";
    /// It does not answer what clients accept.
    NeedsAcceptHeader = "needs_accept_header", Degraded, NeedsMore, "Answer 402 whatever Accept says; MCP servers want application/json, text/event-stream.";
    /// It does not take the method, and no other that was tried.
    MethodNotAllowed = "method_not_allowed", Degraded, ClientError, "List the method that buyers call, and name it in Allow.";
    /// It has been asked too often.
    RateLimited = "rate_limited", Degraded, RateLimited, "Answer unpaid requests with 402 even when there are many, or say when in Retry-After.";
    /// It redirects to another site, which buyers do not follow to pay.
    RedirectCrossOrigin = "redirect_cross_origin", Degraded, Redirect, "Answer under the address that is listed, or list the other one.";
    /// It redirects from https to http.
    RedirectDowngrade = "redirect_downgrade", Degraded, Redirect, "Redirect to https only.";
    /// It redirects without saying where to.
    RedirectNoLocation = "redirect_no_location", Degraded, Redirect, "Send Location with the final address of the endpoint.";
    /// It redirects in a circle or too often.
    RedirectLoop = "redirect_loop", Failing, Redirect, "Let the address that buyers call answer by itself.";
    /// It redirects within its site, which was not followed.
    RedirectUnfollowed = "redirect_unfollowed", Degraded, Redirect, "Let the address that buyers call answer by itself.";
    /// It answers with a status that says nothing about payment.
    UnexpectedStatus = "unexpected_status", Degraded, ClientError, "Answer requests without payment with status 402.";
    /// The server failed before it spoke of payment.
    ServerError = "server_error", Failing, ServerError, "Look into the server's log; make the 402 without reading the request's body.";
    /// No answer came in time.
    Timeout = "timeout", Failing, Timeout, "Answer 402 without waiting for anything.";
    /// The connection was refused.
    ConnectRefused = "connect_refused", Failing, Connect, "Check that the server runs, and listens at this port.";
    /// No connection could be made, or it broke.
    ConnectFailed = "connect_failed", Failing, Connect, "Check that the server runs and can be reached from outside.";
    /// What came is not HTTP, or breaks off.
    AnswerMalformed = "answer_malformed", Failing, Connect, "Check that an HTTP server listens at this port.";
    /// The answer has more header lines than clients read.
    AnswerTooLarge = "answer_too_large", Degraded, TooLarge, "Keep all headers of an answer under 16 KiB.";
    /// The name servers of the domain gave no answer.
    DnsUnanswered = "dns_unanswered", Failing, Dns, "Check the domain's name servers.";
    /// The name of the host does not exist.
    DnsFailure = "dns_failure", Down, Dns, "Check the domain's DNS records.";
    /// The certificate is not valid for this name, or the handshake failed.
    TlsInvalid = "tls_invalid", Down, Tls, "Renew the certificate, for this name and with its whole chain.";
    /// There is nothing under this address, by this method or by others.
    NotFound = "not_found", Down, Gone, "Check the address and the method of the listing.";
    /// The tunnel says that nothing runs behind the name.
    TunnelGone = "tunnel_gone", Down, Gone, "Start the tunnel again under this name, or move to a name that stays.";
    /// The host says that no such service runs there.
    HostingGone = "hosting_gone", Down, Gone, "Deploy the service again, or list its new address.";
    /// The host has switched the service off.
    HostingDisabled = "hosting_disabled", Down, Gone, "See the host's account: it was suspended, paused, or not paid.";
    /// The domain is parked or for sale.
    Parked = "parked", Down, Gone, "Renew the domain, or list the new address.";
    /// A wall against programs answers in place of the endpoint.
    BotWall = "bot_wall", Unknown, Wall, "Let programs pass on paid routes: their payment is what sets them apart.";
    /// The address, or where it redirects to, is none that this server may ask.
    BlockedByGuard = "blocked_by_guard", Unknown, NotAsked, "List a public address.";
    /// The address has placeholders that a caller must fill first.
    UrlTemplate = "url_template", Unknown, NotAsked, "List an address that can be called as it is.";
    /// It was not asked.
    NotProbed = "not_probed", Unknown, NotAsked, "";
    /// The address redirects to another one on the same site.
    Redirected = "redirected", None, Payable, "List the address that it redirects to.";
    /// It takes another method than the one that was asked with first.
    MethodCorrected = "method_corrected", None, Payable, "List the method that it takes.";
    /// It was asked with HEAD first, and its headers had no challenge then.
    HeadLacksChallenge = "head_lacks_challenge", None, Payable, "Send the same headers to HEAD as to GET, or answer HEAD with 405.";
    /// The first answer was slow or failed, the second was good.
    SlowStart = "slow_start", None, Payable, "Keep the service awake, or answer 402 before it wakes up.";
    /// The challenge stands in the header, and the body shows something else.
    BodyIsPreview = "body_is_preview", None, Payable, "";
    /// The body names protocols that are not offered.
    BodyNamesOtherProtocols = "body_names_other_protocols", None, Payable, "Name only the protocols that the answer has a challenge for.";
    /// The same invoice is offered under several names.
    DuplicateChallenge = "duplicate_challenge_same_invoice", None, Payable, "";
    /// Several challenges share one header line.
    MultiChallengeJoined = "multi_challenge_joined", None, Payable, "Give every challenge a WWW-Authenticate line of its own.";
    /// A token stands among the parameters of a challenge of another protocol.
    TokenInOtherChallenge = "token_param_inside_other_challenge", None, Payable, "Put token and macaroon into the L402 challenge, before any other one.";
    /// A value stands in single quotes.
    SingleQuotes = "single_quotes", None, Payable, "Put every value in double quotes.";
    /// The macaroon is of version 2, which every client reads.
    MacaroonV2 = "macaroon_v2", None, Payable, "";
    /// The 402 of MCP: it stands inside an answer with another status.
    McpTransport = "mcp_transport", None, Payable, "";
}

impl Finding {
    /// How much it matters.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match (self.effect(), self.fix().is_empty()) {
            (Effect::None, true) => Severity::Note,
            (Effect::None, false) => Severity::Warning,
            _ => Severity::Error,
        }
    }
}
