//! One document of each shape that is in use, with names of our own.

use super::*;
use crate::import::formats::{Format, parse};
use farebox_money::MicroUsd;
use serde_json::json;

const USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
const SELLER: &str = "0x1111111111111111111111111111111111111111";

/// Method, address and price in micro-dollars of each row of a document at
/// `https://seller.example/.well-known/x402`.
fn read_at(address: &str, document: &Value) -> Vec<(Option<String>, String, Option<u64>)> {
    let address = Url::parse(address).unwrap();
    let text = document.to_string();
    let parsed = parse(Format::WellKnown, text.as_bytes(), Some(&address));
    let row = |row: &ImportedListing| {
        (row.method.clone(), row.url.clone(), row.price_usd.map(MicroUsd::get))
    };
    parsed.rows.iter().map(row).collect()
}

fn read(document: Value) -> Vec<(Option<String>, String, Option<u64>)> {
    read_at("https://seller.example/.well-known/x402", &document)
}

fn row(method: &str, url: &str, usd: u64) -> (Option<String>, String, Option<u64>) {
    let method = Some(method.to_owned()).filter(|method| !method.is_empty());
    (method, url.to_owned(), Some(usd))
}

fn refused(document: Value) -> Vec<Reason> {
    let text = document.to_string();
    let parsed = parse(Format::WellKnown, text.as_bytes(), None);
    assert_eq!(parsed.rows, []);
    parsed.refused.into_iter().map(|refused| refused.reason).collect()
}

#[test]
fn endpoints_with_whole_addresses_and_decimal_prices() {
    let rows = read(json!({
        "name": "A seller", "wallet": SELLER, "network": "base", "currency": "USDC",
        "endpoints": [
            {"name": "prices", "url": "https://api.example/a/prices", "price": "0.02", "method": "GET"},
            {"name": "list", "url": "https://api.example/a/list", "price": "0.005", "method": "GET"},
        ],
        "tokens": [{"name": "T", "url": "https://api.example/token"}],
        "categories": {"Data": 2},
    }));
    let expected = [
        row("GET", "https://api.example/a/prices", 20_000),
        row("GET", "https://api.example/a/list", 5_000),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn paths_beside_the_address_of_the_server() {
    let rows = read(json!({
        "version": 2, "resourceServerUrl": "https://api.example", "network": "eip155:8453",
        "endpoints": [{"method": "GET", "path": "/events/:id", "price": "$0.01", "params": {"id": {}}}],
    }));
    assert_eq!(rows, [row("GET", "https://api.example/events/:id", 10_000)]);
}

#[test]
fn paths_of_the_document_s_own_host() {
    let endpoint = json!({"path": "/api/agent", "method": "POST", "price": "0.05", "currency": "USDC",
        "network": "base-mainnet", "chainId": 8453, "payTo": SELLER, "assetContract": USDC});
    let rows = read(json!({"x402Version": "1.0", "endpoints": [endpoint]}));
    assert_eq!(rows, [row("POST", "https://seller.example/api/agent", 50_000)]);
    let rows = read(json!({"version": "1.0", "openapi": "https://seller.example/openapi.json",
        "endpoints": [{"path": "/scan", "method": "GET", "price": "0.018", "currency": "USDC"}]}));
    assert_eq!(rows, [row("GET", "https://seller.example/scan", 18_000)]);
    let relative = json!({"endpoints": [{"path": "/x", "price": "0.05"}]});
    assert_eq!(refused(relative), [Reason::Relative("/x".to_owned())]);
}

#[test]
fn endpoints_with_ways_to_pay() {
    let ways = json!([{"scheme": "exact", "network": "eip155:8453", "maxAmountRequired": "50000",
        "asset": USDC, "payTo": SELLER, "maxTimeoutSeconds": 300}]);
    let rows = read(json!({"x402Version": 2, "endpoints": [
        {"path": "/scan", "method": "POST", "accepts": ways, "requestSchema": {"type": "object"}},
    ]}));
    assert_eq!(rows, [row("POST", "https://seller.example/scan", 50_000)]);
}

#[test]
fn paid_endpoints_in_micro_dollars_with_several_methods() {
    let rows = read(json!({"service": "A seller", "x402_version": 1, "paid_endpoints": [
        {"url": "https://data.example/echo", "methods": ["GET", "POST"], "price_micro_usdc": "1000",
         "price_usd_equiv": "0.001", "asset": USDC, "network": "base", "modes_accepted": ["x402"]},
    ]}));
    let url = "https://data.example/echo";
    assert_eq!(rows, [row("GET", url, 1_000), row("POST", url, 1_000)]);
}

#[test]
fn an_empty_list_of_ways_to_pay_is_free() {
    let document = json!({"x402Version": 2, "accepts_payment": false, "resources": [
        {"resource": "https://tools.example/inspect", "type": "http", "method": "GET", "accepts": []},
        {"resource": "https://tools.example/health", "price": "free"},
        {"resource": "https://tools.example/list", "price": "$0"},
    ]});
    assert_eq!(refused(document), [Reason::Free, Reason::Free, Reason::Free]);
}

#[test]
fn prices_in_units_of_a_named_token() {
    let endpoint = |path: &str, method: &str, amount: &str| json!({"path": path, "method": method, "price": {"amount": amount, "asset": "USDC", "decimals": 6}});
    let rows = read(json!({
        "version": "1",
        "endpoints": [endpoint("/agents/{id}", "GET", "1000"), endpoint("/agents", "POST", "5000000")],
        "accepts": [{"scheme": "exact", "network": "base", "asset": USDC, "payTo": SELLER}],
        "alternative_payment": {"chains": [{"key": "base", "usdc": USDC}]},
    }));
    let expected = [
        row("GET", "https://seller.example/agents/{id}", 1_000),
        row("POST", "https://seller.example/agents", 5_000_000),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn resources_with_a_path_and_a_currency() {
    let rows = read(json!({"payTo": SELLER, "network": "eip155:8453",
        "asset": format!("eip155:8453/erc20:{USDC}"),
        "resources": [{"path": "/api/book", "method": "GET", "category": "defi", "tags": ["dex"],
            "price": {"amount": "10000", "currency": "USDC", "decimals": 6}}]}));
    assert_eq!(rows, [row("GET", "https://seller.example/api/book", 10_000)]);
}

#[test]
fn resources_with_their_method_in_the_text_and_rails_to_choose_from() {
    let way = |network: &str| json!({"scheme": "exact", "network": network, "asset": "USDC", "payTo": "x", "maxAmountRequired": "5000"});
    let document = json!({"x402Version": 1, "payment": {"protocol": "x402", "rails": []},
        "resources": [{"resource": "GET /search", "price": "$0.005", "networks": ["base-sepolia", "solana"],
            "accepts": [way("base-sepolia"), way("solana")]}],
        "free": [{"resource": "GET /health"}]});
    assert_eq!(read(document.clone()), [row("GET", "https://seller.example/search", 5_000)]);
    // Coins of a test network are worth nothing.
    let only_test = json!({"resources": [{"resource": "https://a.example/x", "accepts": [way("base-sepolia")]}]});
    assert_eq!(read(only_test), [(None, "https://a.example/x".to_owned(), None)]);
}

#[test]
fn a_payment_object_at_each_endpoint() {
    let document = json!({"version": "1", "provider": {"name": "A provider", "wallet": SELLER},
        "endpoints": [{"path": "/gas", "method": "GET",
            "payment": {"amount": "0.001", "token": "USDC", "network": "base"}}]});
    assert_eq!(read(document.clone()), [row("GET", "https://seller.example/gas", 1_000)]);
    let address = Url::parse("https://seller.example/").unwrap();
    let parsed = parse(Format::WellKnown, document.to_string().as_bytes(), Some(&address));
    let row = parsed.rows.first().unwrap();
    assert_eq!(row.provider.as_deref(), Some("A provider"));
    let offer = row.offers.first().unwrap();
    assert_eq!((offer.network.as_deref(), offer.asset.as_deref()), (Some("base"), Some("USDC")));
}

#[test]
fn endpoints_by_name() {
    let rows = read(json!({"service": {"name": "A service", "url": "https://mcp.example"},
        "capabilities": {"protocols": ["mcp", "http"]},
        "endpoints": {
            "GET /token/price": {"accepts": [{"network": "eip155:8453", "asset": USDC, "amount": "300"}],
                "parameters": {"token": "string"}, "pricing": "$0.0003 per call"},
            "POST /scan": "$0.02",
        },
        "pricing": {"tiers": {"free": {"price": "$0/month"}}}}));
    let expected = [
        row("GET", "https://mcp.example/token/price", 300),
        row("POST", "https://mcp.example/scan", 20_000),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_list_of_services_with_endpoints_of_their_own() {
    let document = json!([
        {"slug": "a", "name": "A", "url": "https://a.example/", "price": "$0.01", "currency": "USDC on Base",
         "endpoints": [{"method": "GET", "path": "/find?q={query}", "price": "$0.01"}],
         "free_endpoints": [{"method": "GET", "path": "/health"}]},
        {"slug": "b", "name": "B", "status": "soon", "price": "TBD"},
    ]);
    assert_eq!(read(document.clone()), [row("GET", "https://a.example/find?q={query}", 10_000)]);
    let parsed = parse(Format::WellKnown, document.to_string().as_bytes(), None);
    let refused: Vec<_> = parsed.refused.into_iter().map(|one| (one.what, one.reason)).collect();
    assert_eq!(refused, [(Some("B".to_owned()), Reason::NoEndpoint)]);
    let offer = parsed.rows.first().and_then(|row| row.offers.first()).unwrap();
    assert_eq!(offer.network.as_deref(), Some("Base"));
}

#[test]
fn protected_resources_on_lightning() {
    let document = json!({"version": "1.0", "scheme": "L402", "name": "A market",
        "payment": {"network": "lightning", "currency": "sats"},
        "protectedResources": [{"endpoint": "https://market.example/order", "method": "POST",
            "price": 21, "paymentMethods": ["lightning", "cashu"]}]});
    let parsed = parse(Format::WellKnown, document.to_string().as_bytes(), None);
    let row = parsed.rows.first().unwrap();
    assert_eq!(row.protocols, [Protocol::L402]);
    assert_eq!(row.price_sats.map(|sats| sats.get()), Some(21));
    let address = "https://seller.example/.well-known/l402.json";
    let url = Url::parse(address).unwrap();
    let bare = json!({"endpoints": ["/x"]}).to_string();
    let parsed = parse(Format::WellKnown, bare.as_bytes(), Some(&url));
    assert_eq!(parsed.rows.first().unwrap().protocols, [Protocol::L402]);
}

#[test]
fn addresses_alone_and_resources_inside_an_object() {
    let rows = read(json!({"version": 1, "resources": ["https://a.example/x", "POST /y"]}));
    let expected = [
        (None, "https://a.example/x".to_owned(), None),
        (Some("POST".to_owned()), "https://seller.example/y".to_owned(), None),
    ];
    assert_eq!(rows, expected);
    let rows =
        read(json!({"items": [{"resource": {"url": "https://a.example/z"}, "priceUsd": "0.1"}]}));
    assert_eq!(rows, [row("", "https://a.example/z", 100_000)]);
}

#[test]
fn a_document_that_is_itself_the_endpoint() {
    let rows = read(json!({"x402Version": 1, "resource": "https://a.example/x",
        "accepts": [{"scheme": "exact", "network": "base", "asset": USDC, "maxAmountRequired": "100"}]}));
    assert_eq!(rows, [row("", "https://a.example/x", 100)]);
    assert_eq!(refused(json!({"hello": "world"})), [Reason::Missing("list of endpoints")]);
}

#[test]
fn a_document_has_limits() {
    let many: Vec<String> = (0..ENDPOINTS_MAX + 10).map(|n| format!("/{n}")).collect();
    let address = Url::parse("https://seller.example/").unwrap();
    let text = json!({"endpoints": many}).to_string();
    let parsed = parse(Format::WellKnown, text.as_bytes(), Some(&address));
    assert_eq!(parsed.rows.len(), ENDPOINTS_MAX);
    assert_eq!(parsed.refused.last().unwrap().reason, Reason::TooMany(ENDPOINTS_MAX));
}
