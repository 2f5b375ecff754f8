//! `GET /api/report/{service_id}`

use super::{Market, REPORT_SATS, endpoint, submission};
use farebox_directory::HealthStatus::{Degraded, Down, Healthy};
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_report_is_paid_once_and_read_for_ten_minutes() {
    let market = Market::open().await;
    let mut document = submission("Weather", &["https://api.example.com/a"]);
    document["endpoints"].as_array_mut().unwrap().push(endpoint("https://api.example.com/b"));
    let (_, listed) = market.list(&document).await;
    let id = listed["service_id"].as_str().unwrap();
    let first = listed["listing_ids"][0].as_str().unwrap();
    let second = listed["listing_ids"][1].as_str().unwrap();
    for (age_s, verdict) in
        [(3 * 86_400, Healthy), (2 * 86_400, Down), (86_000, Degraded), (3_600, Healthy)]
    {
        market.check(first, verdict, age_s).await;
    }
    market.check(second, Down, 600).await;
    let path = format!("/api/report/{id}");
    let asked = market.get(&path).await;
    assert_eq!(asked.json()["amount_sats"], REPORT_SATS);
    let credential = market.pay(&asked).await;
    let spent = market.spent().await;
    let report = market.request("GET", &path, Some(&credential), "").await;
    assert_eq!(report.status, StatusCode::OK, "{}", report.text);
    let report = report.json();
    let windows = |of: &Value| {
        let windows = of["uptime"].as_array().unwrap().clone();
        let figures = windows.iter().map(|one| {
            (one["window"].clone(), one["judged"].clone(), one["uptime_percent"].clone())
        });
        figures.collect::<Vec<_>>()
    };
    let expected = [
        (json!("24h"), json!(3), json!(33.33)),
        (json!("7d"), json!(5), json!(40.0)),
        (json!("30d"), json!(5), json!(40.0)),
        (json!("90d"), json!(5), json!(40.0)),
    ];
    assert_eq!(windows(&report), expected);
    assert_eq!(report["uptime"][2]["response_times"]["p50_ms"], 100);
    assert_eq!(report["uptime"][2]["response_times"]["p95_ms"], 100);
    assert_eq!(report["uptime"][2]["reachable_percent"], 60.0);
    let endpoints = report["endpoints"].as_array().unwrap();
    let of = |url: &str| endpoints.iter().find(|one| one["url"] == url).unwrap();
    assert_eq!(windows(of("https://api.example.com/a"))[1].2, 50.0);
    let history = of("https://api.example.com/a")["probe_history"].as_array().unwrap();
    let statuses: Vec<_> = history.iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["live", "degraded", "offline", "live"]);
    let incidents = report["incidents"].as_array().unwrap();
    assert_eq!(incidents.len(), 2);
    assert_eq!(
        (&incidents[0]["url"], &incidents[0]["ended_at"]),
        (&json!("https://api.example.com/b"), &Value::Null)
    );
    assert_eq!(
        (&incidents[1]["failed_checks"], &incidents[1]["error_message"]),
        (&json!(1), &json!("no paywall"))
    );
    assert_eq!(incidents[1]["duration_seconds"], 2 * 86_400 - 86_000);
    let again = market.request("GET", &path, Some(&credential), "").await;
    assert_eq!((again.status, market.spent().await), (StatusCode::OK, spent));
}

#[tokio::test]
async fn a_token_opens_the_report_it_was_bought_for() {
    let market = Market::open().await;
    let mut ids = Vec::new();
    for name in ["a", "b"] {
        let url = format!("https://{name}.example/x");
        let (_, listed) = market.list(&submission(name, &[&url])).await;
        ids.push(listed["service_id"].as_str().unwrap().to_owned());
    }
    let paths = ids.iter().map(|id| format!("/api/report/{id}")).collect::<Vec<_>>();
    let credential = market.pay(&market.get(&paths[0]).await).await;
    let other = market.request("GET", &paths[1], Some(&credential), "").await;
    assert_eq!(other.status, StatusCode::PAYMENT_REQUIRED);
    let own = market.request("GET", &paths[0], Some(&credential), "").await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.text);
    assert_eq!(own.json()["uptime"][0]["uptime_percent"], Value::Null, "nothing was checked");
}

#[tokio::test]
async fn what_is_not_there_is_not_sold() {
    let market = Market::open().await;
    let answer = market.get("/api/report/svc_000000000000").await;
    assert_eq!((answer.status.as_u16(), answer.error().1.as_str()), (404, "not_found"));
}
