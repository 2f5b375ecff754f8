//! The other forms, with small lists of our own in the shape of real ones.

use super::*;
use crate::Protocol;
use crate::import::{Offer, Reason};
use farebox_money::{MicroUsd, Sats};
use proptest::prelude::*;
use serde_json::{Value, json};

const USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";

fn read(format: Format, list: &Value) -> Parsed {
    parse(format, list.to_string().as_bytes(), None)
}

fn only(format: Format, list: &Value) -> ImportedListing {
    let parsed = read(format, list);
    assert_eq!(parsed.refused, []);
    let [row] = <[_; 1]>::try_from(parsed.rows).unwrap();
    row
}

fn reasons(parsed: &Parsed) -> Vec<(u64, Reason)> {
    parsed.refused.iter().map(|one| (one.position, one.reason.clone())).collect()
}

#[test]
fn a_bazaar_page() {
    let way = json!({"scheme": "exact", "network": "eip155:8453", "asset": USDC, "currency": USDC,
        "amount": "3000", "payTo": "0x1", "recipient": "0x1", "maxTimeoutSeconds": 60,
        "extra": {"name": "USD Coin", "version": "2"}});
    let mut batch = way.clone();
    batch["scheme"] = json!("batch-settlement");
    let info = json!({"input": {"type": "http", "method": "POST", "body": {"text": "x"}},
        "output": {"type": "json", "example": {"hash": "y"}}});
    let item = json!({"resource": "https://api.example/hash", "type": "http", "x402Version": 2,
        "description": "Hashes a text", "accepts": [way, batch],
        "lastUpdated": "2026-08-15T01:14:25.639Z", "serviceName": "Hasher", "tags": ["hash"],
        "extensions": {"bazaar": {"info": info}}});
    let page = json!({"x402Version": 2, "items": [item], "pagination": {"total": 1}});
    let row = only(Format::Bazaar, &page);
    assert_eq!((row.method.as_deref(), row.price_usd), (Some("POST"), Some(MicroUsd::new(3_000))));
    assert_eq!(row.name.as_deref(), Some("Hasher"));
    assert_eq!(row.probe_body.as_deref(), Some(r#"{"text":"x"}"#));
    assert_eq!(row.last_updated.unwrap().to_string(), "2026-08-15T01:14:25.639Z");
    let offer = row.offers.last().unwrap();
    let expected = Offer {
        protocol: Some(Protocol::X402),
        scheme: Some("batch-settlement".to_owned()),
        network: Some("eip155:8453".to_owned()),
        asset: Some(USDC.to_owned()),
        pay_to: Some("0x1".to_owned()),
        amount: Some("3000".to_owned()),
    };
    assert_eq!(*offer, expected);
}

#[test]
fn a_bazaar_page_of_an_aggregator() {
    let page = json!({"items": [
        {"url": "game://x/y", "type": "http", "accepts": []},
        {"url": "https://api.example/x", "accepts": [], "lastUpdated": 1_767_429_328},
        {"url": "https://api.example/y/:var1", "accepts": [{"network": "base", "asset": USDC,
            "maxAmountRequired": "100000"}], "lastUpdated": 1_784_819_105, "sourceFacilitator": "other"},
        7,
    ], "pagination": {"limit": 100, "offset": 0, "total": 4}});
    let parsed = read(Format::Bazaar, &page);
    let row = parsed.rows.first().unwrap();
    assert_eq!(row.price_usd, Some(MicroUsd::new(100_000)));
    assert_eq!(row.original_source.as_deref(), Some("other"));
    let expected =
        [(1, Reason::Url("game://x/y".to_owned())), (2, Reason::NoOffer), (4, Reason::NotJson)];
    assert_eq!(reasons(&parsed), expected);
}

#[test]
fn both_forms_of_the_mpp_registry() {
    let currency = "0x20c000000000000000000000b9537d11c60e8b50";
    let source = json!([{"id": "cars", "name": "Cars", "serviceUrl": "https://api.example/mpp",
    "description": "About cars", "categories": ["data"], "tags": ["cars"],
    "provider": {"name": "Cars Inc"}, "intent": "charge",
    "payments": [{"method": "tempo", "currency": currency, "decimals": 6},
        {"method": "stripe", "currency": "usd", "decimals": 2}],
    "endpoints": [
        {"route": "GET /v1/car/:id", "desc": "One car", "amount": "25000", "unitType": "request"},
        {"route": "POST /v1/page", "desc": "Pages", "amount": "1000", "unitType": "page"},
        {"route": "POST /v1/ai", "desc": "Asks", "dynamic": true, "amountHint": "$0.1 – $2"},
        {"route": "GET /v1/free", "desc": "Nothing"},
    ]}]);
    let parsed = read(Format::MppServices, &source);
    let prices: Vec<_> =
        parsed.rows.iter().map(|row| (row.price_usd, row.price_note.as_deref())).collect();
    let expected = [
        (Some(MicroUsd::new(25_000)), None),
        (None, Some("$0.001 per page")),
        (None, Some("$0.1 – $2")),
    ];
    assert_eq!(prices, expected);
    assert_eq!(reasons(&parsed), [(1, Reason::Free)]);
    let row = parsed.rows.first().unwrap();
    assert_eq!(row.url, "https://api.example/mpp/v1/car/:id");
    assert_eq!(row.name.as_deref(), Some("Cars: One car"));
    assert_eq!(row.offers.len(), 2);

    let endpoint = json!({"method": "POST", "path": "/v1/x", "description": "X", "payment":
        {"intent": "charge", "method": "stripe", "amount": "50", "currency": "usd", "decimals": 2}});
    let free = json!({"method": "GET", "path": "/v1/y", "payment": null});
    let api = json!({"version": 1, "services": [{"id": "a", "name": "A",
        "serviceUrl": "https://a.example", "methods": {}, "endpoints": [endpoint, free]}]});
    let parsed = read(Format::MppServices, &api);
    let row = parsed.rows.first().unwrap();
    assert_eq!(
        (row.method.as_deref(), row.price_usd),
        (Some("POST"), Some(MicroUsd::new(500_000)))
    );
    assert_eq!(reasons(&parsed), [(1, Reason::Free)]);
}

#[test]
fn a_page_of_satring() {
    let page = json!({"services": [{"id": 1, "name": "Example", "slug": "example", "url": "https://a.example",
        "description": "d", "pricing_sats": 100, "pricing_usd": "0.05", "pricing_model": "per-request",
        "protocol": "L402+x402", "owner_name": "Corp", "x402_network": "eip155:8453",
        "x402_asset": USDC, "x402_pay_to": "0x1", "categories": [{"id": 1, "name": "AI", "slug": "ai-ml"}],
        "created_at": "2025-01-15T12:00:00"}], "total": 1, "page": 1, "page_size": 20});
    let row = only(Format::Satring, &page);
    assert_eq!(row.protocols, [Protocol::L402, Protocol::X402]);
    assert_eq!(
        (row.price_sats, row.price_usd),
        (Some(Sats::new(100)), Some(MicroUsd::new(50_000)))
    );
    assert_eq!(
        (row.category.as_deref(), row.source_ref.as_deref()),
        (Some("ai-ml"), Some("example"))
    );
    let other = json!({"services": [{"url": "https://a.example", "protocol": "WebLN"}]});
    assert_eq!(
        reasons(&read(Format::Satring, &other)),
        [(1, Reason::Protocol("WebLN".to_owned()))]
    );
}

#[test]
fn a_page_of_an_l402_directory() {
    let page = json!({"services": [{"service_id": "svc_1", "name": "Maps", "description": "All maps",
    "status": "live", "categories": ["geo", "data"], "endpoints": [
        {"url": "https://a.example/map/{id}", "method": "GET", "description": "A map",
         "pricing": {"amount": 10, "currency": "sats", "model": "per-request"}},
        {"url": "https://a.example/all", "method": "GET",
         "pricing": {"amount": 500, "currency": "sats", "model": "per-minute"}},
        "https://a.example/minimal",
    ]}]});
    let parsed = read(Format::L402Directory, &page);
    assert_eq!(parsed.refused, []);
    let sats: Vec<_> = parsed.rows.iter().map(|row| row.price_sats.map(Sats::get)).collect();
    assert_eq!(sats, [Some(10), Some(500), None]);
    assert_eq!(parsed.rows[1].price_note.as_deref(), Some("per-minute"));
    assert_eq!(parsed.rows[0].category.as_deref(), Some("geo"));
}

#[test]
fn an_openapi_document() {
    let offers = json!([{"intent": "charge", "method": "lightning", "amount": "21", "currency": "sat"},
        {"intent": "charge", "method": "evm", "amount": "10000", "currency": USDC}]);
    let schema = json!({"type": "object", "example": {"q": "x"}});
    let body = json!({"content": {"application/json": {"schema": schema}}});
    let document = json!({"openapi": "3.1.0", "info": {"title": "An API"},
    "servers": [{"url": "/api"}], "x-service-info": {"categories": ["data"]},
    "components": {"requestBodies": {"Ask": body}},
    "paths": {
        "/ask": {"post": {"operationId": "ask", "summary": "Asks", "requestBody":
            {"$ref": "#/components/requestBodies/Ask"},
            "x-payment-info": {"offers": offers, "protocols": ["L402", "MPP"]}}},
        "/dynamic": {"get": {"x-payment-info": {"protocols": ["x402"],
            "price": {"mode": "dynamic", "currency": "USD", "min": "0.01"}}}},
        "/fixed": {"get": {"x-payment-info": {"protocols": ["x402"],
            "price": {"mode": "fixed", "currency": "USD", "amount": "0.25"}}}},
        "/flat": {"get": {"x-payment-info": {"intent": "charge", "method": "lightning",
            "amount": "5", "currency": "sat"}}},
        "/unsaid": {"get": {"responses": {"402": {}}}},
        "/free": {"get": {"responses": {"200": {}}}},
    }});
    let address = Url::parse("https://a.example/openapi.json").unwrap();
    let parsed = parse(Format::OpenApi, document.to_string().as_bytes(), Some(&address));
    let rows: Vec<_> = parsed
        .rows
        .iter()
        .map(|row| {
            (row.url.as_str(), row.price_sats.map(Sats::get), row.price_usd.map(MicroUsd::get))
        })
        .collect();
    let expected = [
        ("https://a.example/api/ask", Some(21), None),
        ("https://a.example/api/dynamic", None, None),
        ("https://a.example/api/fixed", None, Some(250_000)),
        ("https://a.example/api/flat", Some(5), None),
    ];
    assert_eq!(rows, expected);
    let ask = &parsed.rows[0];
    assert_eq!(ask.protocols, [Protocol::L402, Protocol::Mpp]);
    assert_eq!(ask.probe_body.as_deref(), Some(r#"{"q":"x"}"#));
    assert_eq!(ask.name.as_deref(), Some("An API: Asks"));
    assert_eq!(parsed.rows[1].price_note.as_deref(), Some("from $0.01"));
    assert_eq!(parsed.refused[0].what.as_deref(), Some("GET /unsaid"));
    assert_eq!(parsed.refused[0].reason, Reason::NoOffer);
    assert_eq!(parsed.refused.len(), 1);
}

#[test]
fn rows_of_a_directory_in_all_three_forms() {
    let row = json!({"id": "a63c1e77", "name": "Weather", "description": "=Rain", "url": "https://a.example/w",
        "protocol": "L402", "price_sats": 10, "price_usd": 0.0077819, "payment_asset": "BTC",
        "payment_network": "Lightning", "category": "tools/weather", "provider": "A", "source": "other",
        "http_method": "GET", "registered_at": "2026-03-02 01:01:14"});
    let page =
        only(Format::Services, &json!({"services": [row], "total": 1, "limit": 50, "offset": 0}));
    let line = parse(Format::Jsonl, row.to_string().as_bytes(), None).rows.remove(0);
    assert_eq!(page, line);
    assert_eq!(page.price_sats, Some(Sats::new(10)));
    assert_eq!(page.price_usd, Some(MicroUsd::new(7_782)));
    assert_eq!(page.original_source.as_deref(), Some("other"));
    let table = "id,name,description,url,protocol,price_sats,price_usd,payment_asset,payment_network,category,provider,source,http_method\n\
        a63c1e77,Weather,'=Rain,https://a.example/w,L402,10,0.0077819,BTC,Lightning,tools/weather,A,other,GET\n";
    let mut record = parse(Format::Csv, table.as_bytes(), None).rows.remove(0);
    record.last_updated = line.last_updated;
    assert_eq!(record, line);
}

#[test]
fn a_row_that_cannot_be_read_spoils_no_other() {
    let text = "{\"url\":\"https://a.example\",\"protocol\":\"x402\"}\nnot json\n\n\
        {\"url\":\"https://b.example\",\"protocol\":\"MPP\",\"method\":\"BREW\"}\n\
        {\"protocol\":\"MPP\"}\n{\"url\":\"https://c.example\",\"protocol\":\"mpp\"}";
    let parsed = parse(Format::Jsonl, text.as_bytes(), None);
    assert_eq!(parsed.rows.len(), 2);
    let expected =
        [(2, Reason::NotJson), (3, Reason::Method("BREW".to_owned())), (4, Reason::NoUrl)];
    assert_eq!(reasons(&parsed), expected);
    let deep = format!("{{\"url\":\"https://a.example\",\"x\":{}", "[".repeat(100_000));
    assert_eq!(reasons(&parse(Format::Jsonl, deep.as_bytes(), None)), [(1, Reason::NotJson)]);
}

#[test]
fn texts_are_cut_and_schemas_that_are_too_long_left_out() {
    let row = json!({"url": "https://a.example", "protocol": "x402", "name": "\u{202e}n".repeat(500),
        "description": "d ".repeat(5_000), "tags": vec!["t"; 100],
        "input_schema": {"x": "y".repeat(20_000)}, "output_schema": {"x": "y"}});
    let row = parse(Format::Jsonl, row.to_string().as_bytes(), None).rows.remove(0);
    assert_eq!(row.name.unwrap(), "n".repeat(200));
    assert_eq!(row.description.unwrap().chars().count(), 1_999);
    assert_eq!((row.tags.len(), row.input_schema), (32, None));
    assert!(row.output_schema.is_some());
}

/// Objects made of the names and values that the readers look for.
fn hostile() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "url",
        "resource",
        "path",
        "endpoints",
        "services",
        "items",
        "resources",
        "accepts",
        "price",
        "amount",
        "decimals",
        "currency",
        "asset",
        "network",
        "protocol",
        "method",
        "methods",
        "payments",
        "payment",
        "route",
        "serviceUrl",
        "pricing",
        "paths",
        "servers",
        "x-payment-info",
        "offers",
        "get",
        "post",
        "info",
        "extensions",
        "bazaar",
        "input",
        "categories",
        "tags",
        "lastUpdated",
        "price_usd",
        "price_sats",
        "pricing_sats",
        "/x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "https://a.example",
            "/x",
            "POST /y",
            "x402",
            "L402",
            "GET",
            "base",
            "USDC",
            "10000",
            "$0.01",
            USDC,
            "tempo",
            "sats",
            "99999999999999999999999999"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

/// What every row that is taken keeps to.
fn assert_sound(parsed: &Parsed) {
    for row in &parsed.rows {
        assert!(crate::canonical_url(&row.url).is_some(), "{row:?}");
        assert!(!row.protocols.is_empty(), "{row:?}");
        assert!(row.price_sats.is_none_or(|sats| sats <= Sats::MAX), "{row:?}");
        assert!(row.price_usd.is_none_or(|usd| usd <= MicroUsd::MAX), "{row:?}");
        assert!(row.offers.len() <= 16 && row.tags.len() <= 32, "{row:?}");
    }
}

proptest! {
    #[test]
    fn hostile_documents_never_panic(document in hostile()) {
        let text = document.to_string();
        let address = Url::parse("https://own.example/x").unwrap();
        let _ = detect(text.as_bytes(), Some(&address));
        for format in Format::ALL {
            assert_sound(&parse(format, text.as_bytes(), Some(&address)));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in Format::ALL {
            assert_sound(&parse(format, bytes.as_slice(), None));
        }
    }
}
