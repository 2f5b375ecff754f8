//! What the OpenAPI document says of payment: credentials, the 402, and how the paywall refuses.

use serde_json::{Value, json};

/// The name of the schema of a 402's body.
pub(super) const SCHEMA: &str = "PaymentRequired";
const ERROR: &str = "#/components/schemas/ErrorBody";

/// How a request shows who it is from, or that it is paid.
pub(super) fn security_schemes() -> Value {
    json!({
        "account_token": {
            "type": "http", "scheme": "bearer",
            "description": "The token of a prepaid balance; X-Token may carry it instead.",
        },
        "admin": {
            "type": "http", "scheme": "bearer",
            "description": "The admin's secret: the file admin.secret of the server's data folder.",
        },
        "management_key": {
            "type": "http", "scheme": "bearer",
            "description": "The management key of a service, told when it was submitted.",
        },
        "l402": {
            "type": "http", "scheme": "L402",
            "description": "L402 <macaroon>:<preimage>, after the invoice of a 402 is paid.",
        },
        "mpp": {
            "type": "http", "scheme": "Payment",
            "description": "Payment <credential> (MPP), for one of the Payment challenges of a 402.",
        },
        "x402": {
            "type": "apiKey", "in": "header", "name": "PAYMENT-SIGNATURE",
            "description": "A signed payment of x402 version 2, in base64. Version 1: X-PAYMENT.",
        },
    })
}

/// The credentials that a paid operation takes, one of them.
pub(super) fn credentials() -> Value {
    json!([{"l402": []}, {"mpp": []}, {"x402": []}, {"account_token": []}])
}

/// The body of a 402. The fields of the rails that the server is not paid on are not there.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "description": "What a request costs and how it is paid.",
        "required": ["status", "token_kind", "description", "error"],
        "properties": {
            "status": {"type": "string", "const": "payment_required"},
            "token_kind": {"type": "string", "description": "How often a token can be used"},
            "description": {"type": "string"},
            "error": {"$ref": "#/components/schemas/ApiError"},
            "invoice": {"type": "string", "description": "BOLT 11"},
            "payment_hash": {"type": "string"},
            "amount_sats": {"type": "integer", "minimum": 0},
            "amount_usd": {"type": "string"},
            "btc_usd": {"type": "string"},
            "expires_in": {"type": "integer", "minimum": 0, "description": "In seconds"},
            "macaroon": {"type": "string"},
            "token_expires_at": {"type": "integer", "description": "In seconds since 1970"},
            "x402Version": {"type": "integer", "const": 1},
            "accepts": {
                "type": "array",
                "description": "PaymentRequirements of x402 version 1",
                "items": {"type": "object"},
            },
        },
    })
}

/// What a paid operation answers besides what it says of itself.
pub(super) fn responses() -> [(String, Value); 4] {
    let text = |about: &str| json!({"description": about, "schema": {"type": "string"}});
    let headers = json!({
        "WWW-Authenticate": text("The L402 challenge, then one Payment challenge for each method of MPP"),
        "PAYMENT-REQUIRED": text("The terms of x402 version 2, in base64"),
        "X-Lightning-Invoice": text("The invoice"),
        "X-Payment-Hash": text("Its payment hash"),
        "X-Price-Sats": text("Its amount"),
        "X-Topup-Url": text("Where a prepaid balance is filled"),
    });
    let required = json!({
        "description": "Payment required: the ways to pay are in the headers.",
        "headers": headers,
        "content": {
            "application/json": {"schema": {"$ref": format!("#/components/schemas/{SCHEMA}")}},
            "application/problem+json": {"schema": {"type": "object"}},
            "text/html": {"schema": {"type": "string"}},
        },
    });
    let error = |about: &str| {
        json!({
            "description": about,
            "content": {"application/json": {"schema": {"$ref": ERROR}}},
        })
    };
    [
        ("402".to_owned(), required),
        ("409".to_owned(), error("The payment is being used by another request")),
        ("429".to_owned(), error("This client asks for too many invoices at once")),
        ("503".to_owned(), error("The payment cannot be looked up now; do not pay again")),
    ]
}
