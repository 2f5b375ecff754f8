//! `GET /api/v1/export.csv`

use crate::common::{Fixture, facts};
use farebox_directory::{ListingFacts, Protocol};
use farebox_money::Sats;
use http::StatusCode;

#[tokio::test]
async fn the_table_has_the_documented_columns_and_no_formulas() {
    let fixture = Fixture::empty().await;
    let hostile = ListingFacts {
        description: "a \"quoted\", text".to_owned(),
        provider: "@SUM(A1)".to_owned(),
        price_sats: Some(Sats::new(5)),
        ..facts("x", Protocol::L402, "=cmd|' /C calc'!A0")
    };
    let id = fixture.list(hostile).await;
    let answer = fixture.get("/api/v1/export.csv?l402=require").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").starts_with("attachment; filename="));
    let expected = format!(
        "id,name,description,url,protocol,price_sats,price_usd,payment_asset,payment_network,\
         category,provider,source,health_status,probe_status,uptime_30d,latency_p50_ms,\
         last_checked,http_method,reliability_score\n\
         {id},'=cmd|' /C calc'!A0,\"a \"\"quoted\"\", text\",https://api.example.com/x,L402,5,\
         0.005,,,uncategorized,'@SUM(A1),self-registered,unknown,probeable,,,,GET,\n"
    );
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn everything_is_exported_unless_a_page_is_asked_for() {
    let fixture = Fixture::with_samples().await;
    let rows = async |query: &str| {
        let answer = fixture.get(&format!("/api/v1/export.csv?{query}")).await;
        csv::Reader::from_reader(answer.text.as_bytes()).records().map(Result::unwrap).count()
    };
    assert_eq!(rows("").await, 4_715);
    assert_eq!(rows("protocol=l402").await, 91);
    assert_eq!(rows("protocol=l402&limit=10&offset=85").await, 6);
}

#[tokio::test]
async fn wrong_filters_are_refused_as_in_the_list() {
    let fixture = Fixture::empty().await;
    let answer = fixture.get("/api/v1/export.csv?l402=maybe&protcol=l402").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let error = &answer.json()["error"];
    assert_eq!(error["parameters"], serde_json::json!(["l402", "protcol"]));
    assert!(error["message"].as_str().unwrap().contains("did you mean protocol?"), "{error}");
}
