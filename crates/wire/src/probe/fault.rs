//! Faults of every rail in one form, and those of the answer as a whole.

use super::{Rail, RailReport, RecordedAnswer};
use serde::Serialize;

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody can pay it, or must not.
    Error,
    /// Some clients cannot pay it, or pay for something else than they think.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// In lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// How much it matters.
    pub severity: Severity,
    /// The stable name, unique within a rail.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// What the seller does about it, in one line.
    pub fix: String,
    /// The offer that it is about, by its place; `None` for the rail or answer as a whole.
    pub offer: Option<usize>,
}

macro_rules! http_faults {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $severity:ident, $code:literal, $fix:literal;)*) => {
        /// What can be wrong with an answer whatever the rail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum HttpFault { $($(#[doc = $meaning])+ $variant,)* }

        impl HttpFault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// How much it matters.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What is wrong.
            #[must_use]
            pub fn message(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim(),)* }
            }

            /// What the seller does about it.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)* }
            }
        }
    };
}

http_faults! {
    /// A 402 that says in no known way how to pay.
    ChallengeMissing = Error, "challenge_missing", "Send a challenge: WWW-Authenticate (L402 or Payment) or PAYMENT-REQUIRED (x402).";
    /// The 402 belongs to another scheme of payment, which these clients do not know.
    OtherScheme = Error, "other_402_scheme", "Offer L402, x402 or MPP as well, to be paid by clients of these protocols.";
    /// A header has a line break inside its value.
    FoldedLine = Error, "folded_header_line", "Write every header on one line: line breaks inside a value are refused by HTTP libraries.";
    /// A challenge stands in an answer whose status is not 402.
    ChallengeWithoutStatus = Error, "challenge_without_402", "Answer unpaid requests with status 402: clients pay for no other.";
    /// The payment error is inside an MCP answer; clients of HTTP do not see it.
    McpTransport = Note, "mcp_transport", "Nothing to do: MCP clients read it there. Probe tools/call with POST.";
    /// The answer was asked for with HEAD, and its headers have no challenge.
    HeadLacksChallenge = Warning, "head_lacks_challenge", "Send the same headers to HEAD as to GET, or answer HEAD with 405.";
    /// The answer does not forbid caches to keep it.
    CacheControlMissing = Warning, "cache_control_missing", "Send Cache-Control: no-store with every 402: a cached challenge hands one invoice to many.";
    /// The answer came from a cache.
    ChallengeCached = Warning, "challenge_cached", "Keep 402 answers out of caches: send Cache-Control: no-store, and exclude the route.";
    /// The endpoint is asked for payment without encryption.
    NotEncrypted = Warning, "not_encrypted", "Serve paid endpoints over https: a credential that is seen on the way can be spent.";
    /// The body is longer than clients read.
    BodyTooLarge = Warning, "body_too_large", "Keep the body of a 402 under 64 KiB.";
    /// The headers are larger than many servers and clients take.
    HeadersTooLarge = Warning, "headers_too_large", "Keep all headers of an answer under 16 KiB: move details into the body.";
}

/// Bytes of headers above which many programs refuse an answer.
const HEADERS_LEN_MAX: usize = 16 * 1_024;

impl From<HttpFault> for Fault {
    fn from(fault: HttpFault) -> Self {
        Self {
            severity: fault.severity(),
            code: fault.code(),
            message: fault.message().to_owned(),
            fix: fault.fix().to_owned(),
            offer: None,
        }
    }
}

/// What is wrong with the answer itself.
pub(super) fn of_answer(answer: &RecordedAnswer, rails: &[RailReport]) -> Vec<Fault> {
    let findings = if answer.status == 402 {
        of_402(answer, rails)
    } else {
        [
            (has_challenge(answer), HttpFault::ChallengeWithoutStatus),
            (is_mcp_payment_error(answer), HttpFault::McpTransport),
        ]
        .to_vec()
    };
    let mut faults: Vec<Fault> =
        findings.into_iter().filter(|(found, _)| *found).map(|(_, fault)| fault.into()).collect();
    faults.sort_by_key(|fault| fault.severity);
    faults
}

fn of_402(answer: &RecordedAnswer, rails: &[RailReport]) -> Vec<(bool, HttpFault)> {
    let is_head = answer.method.eq_ignore_ascii_case("HEAD");
    let is_other = is_other_scheme(answer);
    let nothing = rails.is_empty();
    let is_kept =
        answer.text("age").is_some_and(|age| age.trim().parse().is_ok_and(|s: u64| s > 0));
    let is_plain = answer.url.starts_with("http://") && !answer.is_local();
    vec![
        (nothing && is_head, HttpFault::HeadLacksChallenge),
        (nothing && !is_head && is_other, HttpFault::OtherScheme),
        (nothing && !is_head && !is_other, HttpFault::ChallengeMissing),
        (answer.headers.iter().any(is_folded), HttpFault::FoldedLine),
        (!nothing && !forbids_caches(answer), HttpFault::CacheControlMissing),
        (is_kept, HttpFault::ChallengeCached),
        (is_plain, HttpFault::NotEncrypted),
        (answer.body.len() > super::BODY_LEN_MAX, HttpFault::BodyTooLarge),
        (headers_len(answer) > HEADERS_LEN_MAX, HttpFault::HeadersTooLarge),
    ]
}

fn is_folded((_, value): &(String, Vec<u8>)) -> bool {
    value.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}

fn headers_len(answer: &RecordedAnswer) -> usize {
    answer.headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum()
}

fn forbids_caches(answer: &RecordedAnswer) -> bool {
    answer.values("cache-control").any(|value| {
        let text = String::from_utf8_lossy(value).to_ascii_lowercase();
        text.split(',').any(|directive| matches!(directive.trim(), "no-store" | "private"))
    })
}

/// Payment per crawl, by its header's name.
fn is_other_scheme(answer: &RecordedAnswer) -> bool {
    answer.has("crawler-price") || answer.has("crawler-exact-price")
}

fn has_challenge(answer: &RecordedAnswer) -> bool {
    let is_rail = |challenge: &crate::http_auth::RawChallenge| {
        ["L402", "LSAT", "Payment"].iter().any(|scheme| challenge.is(scheme))
            && !challenge.params.is_empty()
    };
    crate::http_auth::challenges(answer.challenge_lines()).iter().any(is_rail)
        || answer.has(crate::x402::PAYMENT_REQUIRED)
}

/// The JSON-RPC error by which an MCP server asks for payment.
pub(super) fn is_mcp_payment_error(answer: &RecordedAnswer) -> bool {
    const PAYMENT_REQUIRED: i64 = -32_042;
    let body = crate::x402::parse_json_object(&answer.body, super::BODY_LEN_MAX).ok();
    body.and_then(|body| body.get("error")?.get("code")?.as_i64()) == Some(PAYMENT_REQUIRED)
}

/// Whether the body is an object of JSON.
pub(super) fn is_json_object(answer: &RecordedAnswer) -> bool {
    crate::x402::parse_json_object(&answer.body, super::BODY_LEN_MAX).is_ok()
}

/// A text as one sentence: with a capital, unless it begins with a parameter, and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let first_word = text.split(' ').next().unwrap_or_default();
    let mut characters = text.chars();
    let mut sentence = match characters.next() {
        Some(first) if !first_word.contains('=') => first.to_uppercase().collect::<String>(),
        first => first.into_iter().collect(),
    };
    sentence.push_str(characters.as_str());
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

impl Rail {
    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L402 => "L402",
            Self::X402 => "x402",
            Self::Mpp => "MPP",
        }
    }
}
