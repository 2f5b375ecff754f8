//! Two ways to name a target, and what goes through.

use crate::common::seller::Market;
use crate::common::{output_of, stdout};
use crate::support::{Proxy, Stand, client, header};
use farebox_money::Msat;
use std::process::{Command, Output};

async fn curl(arguments: &[&str]) -> Output {
    let mut command = Command::new("curl");
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    command.args(["-sS", "--max-time", "50", "-i"]).args(arguments);
    tokio::task::spawn_blocking(move || output_of(&mut command)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_pays_by_both_forms() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let url = stand.at("/echo?a=1&b=%20c");
    let body = ["-d", "{\"x\":1}", "-H", "X-Mine: 2", "-H", "X-Farebox-Max-Cost-Sats: 5"];
    let by_proxy = [&["-x", proxy.url.as_str(), &url], &body[..]].concat();
    let by_url = proxy.of(&url);
    let by_url = [&[by_url.as_str()], &body[..]].concat();
    for (paid, arguments) in [(5, by_proxy), (10, by_url)] {
        let output = curl(&arguments).await;
        let text = stdout(&output);
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(text.ends_with("{\"x\":1}"), "{text}");
        for line in ["x-farebox-paid-sats: 5\r\n", "x-farebox-asset: btc\r\n"] {
            assert!(text.contains(line), "{text}");
        }
        assert!(text.contains("x-farebox-payment-id: "), "{text}");
        assert_eq!(market.spent().await, Msat::new(paid * 1_000));
    }
    for asked in stand.asked() {
        assert_eq!((asked.uri.as_str(), &asked.body[..]), ("/echo?a=1&b=%20c", &b"{\"x\":1}"[..]));
        assert_eq!(asked.headers["x-mine"], "2");
        assert_eq!(asked.headers["host"], stand.url.trim_start_matches("http://"));
        let own = asked.headers.keys().map(|name| name.as_str());
        let own: Vec<_> =
            own.filter(|name| name.contains("farebox") || name.contains("proxy")).collect();
        assert!(own.is_empty(), "{own:?}");
    }
    let receipts = market.run(&["receipts", "--json"]).await;
    let receipts: serde_json::Value = serde_json::from_slice(&receipts.stdout).unwrap();
    assert_eq!(receipts.to_string().matches("\"delivered\"").count(), 2, "{receipts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_the_program_s_by_the_proxy_form_and_ours_by_the_url_form() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let url = stand.at("/free/moved");
    let output = curl(&["-x", &proxy.url, &url]).await;
    let text = stdout(&output);
    assert!(text.starts_with("HTTP/1.1 307"), "{text}");
    assert!(text.contains("location: /echo\r\n") && text.contains("set-cookie: a=b"), "{text}");
    assert_eq!(market.spent().await, Msat::ZERO);
    let answer = client().get(proxy.of(&url)).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "x-farebox-paid-sats")),
        (200, Some("5"))
    );
    // One address for all sellers: a cookie of one would be shown to the others.
    let free = client().get(proxy.of(&stand.at("/free"))).send().await.unwrap();
    assert_eq!(header(&free, "set-cookie"), None);
    assert_eq!(header(&free, "x-farebox-paid-sats"), None);
    assert_eq!(free.text().await.unwrap(), "free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_request_is_not_paid_for() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let answer = client().head(proxy.of(&stand.at("/echo"))).send().await.unwrap();
    assert_eq!(answer.status(), 402);
    assert_eq!(market.spent().await, Msat::ZERO);
}
