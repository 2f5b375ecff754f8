//! x402: a 402 answer that lists what a payment may be, a signed payment in a request header,
//! and a receipt in a header of the answer. Versions 1 and 2; the scheme `exact` on EVM chains
//! with EIP-3009 tokens can be signed and verified here, other schemes are read and described.
//!
//! Sources: the x402 specification (`x402-specification-v1/v2`, transports for HTTP, scheme
//! `exact` for EVM), and what its reference implementation sends and accepts.

mod build;
mod check;
mod discovery;
mod error_code;
mod exact;
mod facilitator;
mod header;
mod json;
mod matching;
mod payment;
mod receipt;
mod required;
mod requirements;
mod slack;
mod terms;
mod v1;
mod verify;

pub use build::{SignInputs, VALIDITY_MAX_S, pay_v1, pay_v2};
pub use check::{
    CheckedOption, CheckedPrice, Fault, FaultCode, ProbeAnswer, Severity, Source, X402Check, check,
};
pub use discovery::{DiscoveryItem, DiscoveryPage, LastUpdated, Pagination};
pub use error_code::{CodeFamily, ErrorCode};
pub use exact::{ExactEvmPayload, PayloadError};
pub use facilitator::{FacilitatorRequest, SupportedKind, SupportedResponse, VerifyResponse};
pub use header::{
    HEADER_LEN_MAX, PAYMENT_REQUIRED, PAYMENT_RESPONSE, PAYMENT_SIGNATURE, WireError, X_PAYMENT,
    X_PAYMENT_RESPONSE, decode_header, encode_header,
};
pub use json::{
    ACCEPTS_MAX, BODY_LEN_MAX, JSON_DEPTH_MAX, JsonError, STRING_LEN_MAX, parse_json_object,
};
pub use matching::accepted_matches;
pub use payment::{Payment, PaymentPayload};
pub use receipt::SettleResponse;
pub use required::{PaymentRequired, ResourceInfo};
pub use requirements::{PaymentRequirements, SCHEME_EXACT, SCHEME_UPTO};
pub use slack::VersionTag;
pub use terms::{ExactTerms, ProtocolVersion, TermsError};
pub use v1::{PaymentPayloadV1, PaymentRequiredV1, RequirementsV1};
pub use verify::{
    Payer, SignerCheck, Timing, VerifiedAuthorization, VerifyError, verify_authorization,
    verify_exact,
};
