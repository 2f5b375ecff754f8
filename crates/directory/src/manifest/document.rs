//! The manifest: what this API is and how to use it, for programs that read before they ask.

use super::schema::{MUTABLE, Schemas};
use super::services::{Services, ServicesOptions};
use crate::api::answer::json as answer;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

/// Where the manifest is found without knowing anything.
pub const WELL_KNOWN_PATH: &str = "/.well-known/l402-directory.json";

/// `GET /api`: the manifest.
///
/// 200 with what the directory is, how L402 works, every endpoint with its price, and where to begin.
#[utoipa::path(
    get,
    path = "/api",
    tag = "services",
    responses((status = 200, description = "The manifest", body = Value))
)]
pub(super) async fn manifest(State(services): State<Services>) -> Response {
    answer(services.manifest().to_owned())
}

/// The same at its well-known address.
#[utoipa::path(
    get,
    path = "/.well-known/l402-directory.json",
    tag = "services",
    responses((status = 200, description = "The manifest", body = Value))
)]
pub(super) async fn well_known(services: State<Services>) -> Response {
    manifest(services).await
}

/// Writes the manifest.
pub(super) fn write(options: &ServicesOptions, schemas: &Schemas) -> String {
    let example = schemas.example();
    let manifest = json!({
        "name": "Farebox directory",
        "description": "Machine-readable, health-checked directory of paid APIs. What is listed here \
            takes Lightning payments by L402; ?protocol= opens the other rails.",
        "version": env!("CARGO_PKG_VERSION"),
        "listing_price_sats": options.listing_price,
        "listing_model": "pay-once-forever",
        "protocol": "L402",
        "l402_protocol": l402_protocol(),
        "endpoints": endpoints(options),
        "example_listing": {
            "description": "A submission with consumption hints. POST its body to /api/submit.",
            "body": example,
        },
        "getting_started": getting_started(options),
        "agent_quickstart": "To find services: GET /api/services (those that take payment now), or \
            GET /api/services?q=keyword to search. Each has an endpoints[] array: call \
            endpoints[N].url as it stands, and read no URLs out of descriptions. To consume one: \
            follow l402_protocol.flow (steps 1 to 7), then the endpoint's consumption field. To list \
            your own: GET /api/schema, then POST /api/submit. To claim a listing that was \
            discovered: POST /api/claim/{service_id}, place the challenge at the .well-known URL, \
            then POST /api/claim/{service_id}/verify.",
    });
    manifest.to_string()
}

fn l402_protocol() -> Value {
    json!({
        "description": "L402 sells access to an API over Lightning. An endpoint that answers 402 \
            with a WWW-Authenticate header can be called by paying the invoice in it and asking \
            again with the token.",
        "flow": [
            "1. Request the resource.",
            "2. The server answers 402 with: WWW-Authenticate: L402 macaroon=\"<base64>\", invoice=\"<bolt11>\"",
            "3. Decode the invoice: the amount and the description are what you decide on.",
            "4. Pay it. Your wallet returns a preimage (hex).",
            "5. Request again with: Authorization: L402 <macaroon>:<preimage_hex>",
            "6. The server answers with the resource.",
            "7. Deliver it to the user as the endpoint's consumption field in the listing says (a player_url template, a browser to open)."
        ],
        "header_format": {
            "challenge": "WWW-Authenticate: L402 macaroon=\"<base64>\", invoice=\"<bolt11>\"",
            "token": "Authorization: L402 <macaroon_base64>:<preimage_hex>"
        },
        "notes": "The macaroon is the base64 text of the challenge, the preimage the 64 hexadecimal \
            digits that the wallet returns. A colon between them, no spaces.",
        "consumption": {
            "description": "What to do with a resource once it is there, endpoint by endpoint.",
            "types": {
                "browser": "Make a URL from the player_url template and open it in the user's browser",
                "display": "Show the content of the answer to the user",
                "download": "Save the answer to a file",
                "stream": "The answer is a media stream for a player",
                "api_response": "The data of the answer is the result: give it to the user"
            },
            "note": "Without a consumption field the data can be shown as it is (api_response)."
        }
    })
}

fn endpoints(options: &ServicesOptions) -> Value {
    let mut all = Map::new();
    for (name, endpoint) in reading().into_iter().chain(writing(options)).chain(claiming()) {
        all.insert(name.to_owned(), endpoint);
    }
    all.into()
}

fn reading() -> [(&'static str, Value); 3] {
    [
        (
            "services",
            json!({
                "url": "/api/services",
                "method": "GET",
                "description": "Browse services. Without status: only live and degraded ones. Each has its \
                    endpoints with URLs, prices and descriptions.",
                "params": {
                    "q": "Search by keyword across name, description and categories (?q=video)",
                    "category": "Filter by category, with everything below it (video, ai, data)",
                    "status": "Filter by status: live, degraded, offline, new; \"all\" for every service",
                    "format": "\"minimal\" for few fields (id, name, description, status, categories, endpoint URLs)",
                    "protocol": "L402 (the default), MPP, x402, or \"all\"",
                    "limit": "Services at most: 100 unless given, 500 at most",
                    "offset": "Services to leave out at the start"
                },
                "auth": "none"
            }),
        ),
        (
            "service_detail",
            json!({
                "url": "/api/services/{service_id}",
                "method": "GET",
                "description": "One service in full, with L402 probe data, payment verification and 24h uptime.",
                "auth": "none"
            }),
        ),
        (
            "schema",
            json!({
                "url": "/api/schema",
                "method": "GET",
                "description": "The JSON Schema that submissions are checked by. Read it before you write one.",
                "auth": "none"
            }),
        ),
    ]
}

fn writing(options: &ServicesOptions) -> [(&'static str, Value); 5] {
    [
        (
            "submit",
            json!({
                "url": "/api/submit",
                "method": "POST",
                "description": "List a service. Pay once, listed for good.",
                "auth": "L402",
                "price_sats": options.listing_price,
                "flow": [
                    "POST your listing to /api/submit. It is checked first; if it is right, the answer is 402 with a Lightning invoice.",
                    "Pay the invoice and keep the preimage.",
                    "POST the very same body again with: Authorization: L402 <macaroon>:<preimage_hex>",
                    "The macaroon is in the WWW-Authenticate header, the preimage comes from your wallet.",
                    "The answer has a service_id and your management_key (a random key, shown this once). Keep it: it is your only way to change the listing without a domain claim."
                ]
            }),
        ),
        (
            "update",
            json!({
                "url": "/api/services/{service_id}",
                "method": "PUT",
                "description": format!("Change mutable fields ({}).", MUTABLE.join(", ")),
                "auth": "Bearer {management_key}"
            }),
        ),
        (
            "status",
            json!({
                "url": "/api/services/{service_id}/status",
                "method": "GET",
                "description": "How a service stands.",
                "auth": "none"
            }),
        ),
        (
            "report",
            json!({
                "url": "/api/report/{service_id}",
                "method": "GET",
                "description": "Uptime by window, the history of L402 probes, response times and an \
                    incident log, of the last 30 days.",
                "auth": "L402",
                "price_sats": options.report_price,
                "token_expiry_seconds": options.report_token_s
            }),
        ),
        (
            "health",
            json!({
                "url": "/api/health",
                "method": "GET",
                "description": "The directory in counts: total services, live ones, pricing tiers.",
                "auth": "none"
            }),
        ),
    ]
}

fn claiming() -> [(&'static str, Value); 2] {
    [
        (
            "claim",
            json!({
                "url": "/api/claim/{service_id}",
                "method": "POST",
                "description": "Begin a domain claim for a discovered listing. The answer has a challenge \
                    hash to be placed at /.well-known/l402-directory-verify.txt on the service's domain.",
                "auth": "none",
                "flow": [
                    "POST /api/claim/{service_id} for a challenge_hash and a verification_url.",
                    "Place the challenge_hash (plain text) at the verification_url: https://{domain}/.well-known/l402-directory-verify.txt",
                    "POST /api/claim/{service_id}/verify.",
                    "The answer has a management_key. Keep it: it is your only way to change the listing."
                ],
                "notes": "Only listings that were discovered and nobody claimed can be claimed. A challenge is good for 24 hours."
            }),
        ),
        (
            "claim_verify",
            json!({
                "url": "/api/claim/{service_id}/verify",
                "method": "POST",
                "description": "Complete a claim: the directory fetches the verification_url and compares the challenge hash.",
                "auth": "none"
            }),
        ),
    ]
}

/// Nothing but what is there.
fn getting_started(options: &ServicesOptions) -> Value {
    let mut steps = Map::new();
    steps.insert("browse_services".to_owned(), json!({
        "description": "Browse services that take payment now. ?q=keyword searches, ?category=video \
            filters, ?status=all includes those that are offline or new.",
        "url": "/api/services",
        "method": "GET",
        "auth": "none"
    }));
    if let Some(example) = &options.try_an_api {
        steps.insert("try_an_api".to_owned(), json!({
            "description": "Try a paid API: request it, be answered 402 with a Lightning invoice, pay \
                it, and request again with the token.",
            "example": example
        }));
    }
    steps.into()
}
