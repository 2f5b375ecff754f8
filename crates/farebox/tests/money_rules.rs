//! The policy, approvals, the hook, receipts and tokens, as their user has them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use axum::Router;
use axum::routing::post;
use common::seller::{Market, serve};
use common::{json, stderr, stdout};
use farebox_money::Msat;
use farebox_store::rusqlite::Connection;
use serde_json::Value;
use std::process::Output;
use std::sync::{Arc, Mutex};

fn error_code(output: &Output) -> String {
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["exit_code"], output.status.code().unwrap());
    error["error"]["code"].as_str().unwrap().to_owned()
}

fn outcome(output: &Output) -> (i32, String) {
    let code = output.status.code().unwrap();
    (code, if code == 0 { String::new() } else { error_code(output) })
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_the_command_line_cannot_allow_more_than_the_default() {
    let market = Market::open().await;
    market.seller.set_price_sats(1_001);
    for arguments in [&["--json"][..], &["--json", "--max-cost", "5000"]] {
        let output = market.get("/x", arguments).await;
        assert_eq!(outcome(&output), (2, "payment_too_expensive".into()));
    }
    market.seller.set_price_sats(1_000);
    assert_eq!(json_of(&market.get("/x", &["--no-pay", "--json"]).await)["spent_today_msat"], 0);
    let narrowed = market.get("/x", &["--json", "--max-cost", "999"]).await;
    assert_eq!(outcome(&narrowed), (2, "payment_too_expensive".into()));
    assert_eq!(market.spent().await, Msat::ZERO);
    let bought = json(&market.get("/x", &["--json"]).await);
    assert_eq!(
        (&bought["l402_paid"], &bought["spent_today_msat"]),
        (&true.into(), &1_000_000.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_begun_checked_and_shown() {
    let market = Market::open().await;
    let path = market.data().join("policy.toml");
    let begun = market.run(&["policy", "init"]).await;
    assert!(begun.status.success(), "{}", stderr(&begun));
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = market.run(&["policy", "init"]).await;
    assert_eq!(again.status.code(), Some(2), "{}", stderr(&again));
    assert!(market.run(&["policy", "check"]).await.status.success());
    let shown = json(&market.run(&["policy", "show", "--json"]).await);
    assert_eq!(shown["total"]["amounts"]["day"][0], "10000 sats");
    assert!(market.get("/x", &[]).await.status.success());
    // Every commented key is one that the program knows.
    let all: String = std::fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_toml(rest)).unwrap_or(line))
        .map(|line| format!("{line}\n"))
        .collect();
    let all = all.replace("btc_usd = \"90000\"\n", "");
    std::fs::write(&path, &all).unwrap();
    let checked = market.run(&["policy", "check"]).await;
    assert!(checked.status.success(), "{}\n{all}", stderr(&checked));
    let shown = stdout(&market.run(&["policy", "show"]).await);
    assert!(shown.contains("*.casino.example") && !shown.contains("a-long-secret"), "{shown}");
}

fn is_toml(comment: &str) -> bool {
    let key = comment.split(" = ").next().unwrap_or_default();
    let is_key = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (comment.contains(" = ") && is_key)
        || comment.starts_with("[[")
        || comment.starts_with("[rates]")
        || comment.starts_with("[hook]")
        || comment.starts_with("  {")
        || comment == "]"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_cannot_be_used_or_trusted_stops_every_payment() {
    let market = Market::open().await;
    for (text, part) in [
        ("dya = 1", "unknown field"),
        ("[total]\nday = \"100\"", "write \\\"1000 sats\\\""),
        ("[[rules]]\nname = \"a\"\nhosts = [\"http://x\"]", "is no host"),
        ("[[rules]]\nname = \"a\"\n[[rules]]\nname = \"a\"", "the same name"),
        ("[[rules]]\nname = \"default\"", "choose another"),
        ("[rates]\nbtc_usd = \"0\"", "btc_usd"),
        ("utc_offset = \"CET\"", "+02:00"),
    ] {
        market.set_policy(text);
        let output = market.get("/x", &["--json"]).await;
        assert_eq!(outcome(&output), (2, "policy".into()));
        assert!(stderr(&output).contains(part), "{text}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1);
    }
    #[cfg(unix)]
    {
        let path = market.data().join("policy.toml");
        let chmod = |mode| {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(&path, permissions).unwrap();
        };
        market.set_policy("");
        chmod(0o664);
        let output = market.get("/x", &["--json"]).await;
        assert!(stderr(&output).contains("chmod go-w"), "{}", stderr(&output));
        market.set_policy("[hook]\nurl = \"http://127.0.0.1:1\"\nsecret = \"hunter2\"");
        chmod(0o644);
        let output = market.get("/x", &["--json"]).await;
        assert!(stderr(&output).contains("chmod 600"), "{}", stderr(&output));
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/nonexistent/policy", &path).unwrap();
        assert_eq!(outcome(&market.get("/x", &["--json"]).await), (2, "policy".into()));
    }
    assert_eq!(market.spent().await, Msat::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_cannot_put_another_policy_in_the_place_of_the_human_s() {
    let market = Market::open().await;
    let generous = market.folder.path().join("generous.toml");
    std::fs::write(&generous, "[[rules]]\nname = \"all\"\ncall = \"100000 sats\"").unwrap();
    market.seller.set_price_sats(1_001);
    let asked = ["--json", "--policy", generous.to_str().unwrap()];
    market.set_policy("");
    assert_eq!(outcome(&market.get("/x", &asked).await), (2, "usage".into()));
    std::fs::remove_file(market.data().join("policy.toml")).unwrap();
    assert_eq!(outcome(&market.get("/x", &asked).await), (7, "approval_required".into()));
    assert_eq!(market.spent().await, Msat::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_allowed_denied_and_counted_one_by_one() {
    let market = Market::open().await;
    let host = market.host();
    market
        .set_policy(&format!("[[rules]]\nname = \"no\"\nhosts = [\"{host}\"]\naction = \"deny\""));
    assert_eq!(outcome(&market.get("/x", &["--json"]).await), (2, "policy_denied".into()));
    market.set_policy(
        "[[rules]]\nname = \"yes\"\nhosts = [\"127.0.0.1:*\"]\neach_host = { calls = { day = 1 } }\n\
         [[rules]]\nname = \"rest\"\naction = \"deny\""
    );
    assert!(market.get("/x", &[]).await.status.success());
    assert_eq!(outcome(&market.get("/y", &["--json"]).await), (2, "over_budget".into()));
    let dry = market.get("/y", &["--dry-run", "--json"]).await;
    assert_eq!(
        (dry.status.code(), &json_of(&dry)["within_budget"]),
        (Some(2), &Value::Bool(false))
    );
    let budget = json(&market.run(&["budget", "--json"]).await);
    let row = budget["limits"].as_array().unwrap().iter().find(|row| row["scope"] == host).unwrap();
    assert_eq!((&row["calls"], &row["calls_max"]), (&1.into(), &1.into()));
    let localhost = market.url.replace("127.0.0.1", "localhost");
    let output = market.run(&["get", "--json", &localhost]).await;
    assert_eq!(outcome(&output), (2, "policy_denied".into()));
    assert_eq!(market.spent().await, Msat::new(5_000));
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_in_dollars_needs_a_price_of_bitcoin() {
    let market = Market::open().await;
    market.set_policy("total = { day = \"0.009 USD\" }");
    let output = market.get("/x", &["--json"]).await;
    assert_eq!(outcome(&output), (2, "rate_unknown".into()));
    assert!(stderr(&output).contains("[rates]"), "{}", stderr(&output));
    // 5 sats are half a cent, and so is a fee of up to 5 sats.
    market.set_policy("total = { day = \"0.01 USD\" }\nrates = { btc_usd = \"100000\" }");
    let arguments = ["--json", "--max-fee", "5"];
    assert_eq!(outcome(&market.get("/x", &arguments).await), (0, String::new()));
    assert_eq!(outcome(&market.get("/y", &arguments).await), (2, "over_budget".into()));
    let budget = json(&market.run(&["budget", "--json"]).await);
    let is_day = |row: &&Value| row["window"] == "day";
    let row = budget["limits"].as_array().unwrap().iter().find(is_day).unwrap();
    assert_eq!((&row["spent"], &row["left"]), (&"0.005 USD".into(), &"0.005 USD".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_of_bitcoin_is_asked_for_and_without_an_agreement_nothing_is_paid() {
    let market = Market::open().await;
    let price = |usd: &'static str| {
        let answer = move || async move { format!("{{\"usd\": {usd}}}") };
        serve(Router::new().route("/", axum::routing::get(answer)))
    };
    let (one, same, other) = (price("100000").await, price("100010").await, price("5000").await);
    let set = |first: &str, second: &str| {
        let source = |name: &str, address: &str| {
            format!("{{ name = \"{name}\", url = \"http://{address}/\", pointer = \"/usd\" }}")
        };
        let (first, second) = (source("a", first), source("b", second));
        market.set_policy(&format!(
            "total = {{ day = \"0.011 USD\" }}\n[rates]\nsources = [{first}, {second}]"
        ));
    };
    let arguments = ["--json", "--max-fee", "5"];
    for (first, second) in [(&one, &other), (&one, &"127.0.0.1:1".to_owned())] {
        set(first, second);
        let output = market.get("/x", &arguments).await;
        assert_eq!(outcome(&output), (2, "rate_unknown".into()));
    }
    set(&one, &same);
    assert_eq!(outcome(&market.get("/x", &arguments).await), (0, String::new()));
    assert_eq!(outcome(&market.get("/y", &arguments).await), (2, "over_budget".into()));
}

const ASK: &str = "[[rules]]\nname = \"all\"\naction = \"ask\"";

async fn waiting(market: &Market) -> Vec<String> {
    let shown = json(&market.run(&["approve", "list", "--json"]).await);
    let ids = shown["approvals"].as_array().unwrap().iter();
    ids.map(|approval| approval["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_good_for_one_payment_of_what_was_asked() {
    let market = Market::open().await;
    market.set_policy(ASK);
    let get = async |path: &str, arguments: &[&str]| {
        let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        outcome(&market.get(path, &all).await)
    };
    let required = (7, "approval_required".to_owned());
    let first = market.get("/x", &["--json"]).await;
    assert_eq!(outcome(&first), required);
    let id = waiting(&market).await.remove(0);
    let error: Value = serde_json::from_slice(&first.stderr).unwrap();
    assert_eq!(error["error"]["approval"]["id"], id.as_str());
    assert_eq!(get("/x", &[]).await, required);
    assert_eq!(waiting(&market).await.len(), 1, "the same question is asked once");
    let dry = market.get("/x", &["--dry-run", "--json"]).await;
    assert_eq!(dry.status.code(), Some(7), "{}", stderr(&dry));
    assert_eq!(json_of(&dry)["requires_approval"], true);

    let approved = market.run(&["approve", &id]).await;
    assert!(approved.status.success(), "{}", stderr(&approved));
    assert!(stdout(&approved).contains("5 sats to 127.0.0.1:"), "{}", stdout(&approved));
    // Neither another address, method or body, nor more money.
    assert_eq!(get("/y", &[]).await, required);
    assert_eq!(get("/x", &["-X", "DELETE"]).await, required);
    assert_eq!(get("/x", &["-X", "GET", "-d", "a"]).await, required);
    assert_eq!(get("/x?a", &[]).await, required);
    market.seller.set_price_sats(6);
    assert_eq!(get("/x", &[]).await, required);
    assert_eq!(get("/x", &["--max-fee", "11"]).await, required);
    assert_eq!(market.spent().await, Msat::ZERO);
    market.seller.set_price_sats(5);
    assert_eq!(get("/x", &[]).await, (0, String::new()));
    assert_eq!(market.spent().await, Msat::new(5_000));
    // It is used up.
    assert_eq!(get("/x", &[]).await, required);
    let again = market.run(&["approve", &id, "--json"]).await;
    assert_eq!(outcome(&again), (2, "approval_over".into()));
    assert_eq!(market.spent().await, Msat::new(5_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_holds_for_the_same_request() {
    let market = Market::open().await;
    market.set_policy(ASK);
    market.get("/x", &["--json"]).await;
    let id = waiting(&market).await.remove(0);
    assert!(market.run(&["approve", "deny", &id]).await.status.success());
    assert_eq!(outcome(&market.get("/x", &["--json"]).await), (2, "approval_denied".into()));
    assert!(waiting(&market).await.is_empty(), "nobody is bothered again");
    let unknown = market.run(&["approve", "00000000", "--json"]).await;
    assert_eq!(outcome(&unknown), (2, "unknown_approval".into()));
    assert_eq!(market.spent().await, Msat::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_pays_once_it_is_approved_and_nobody_s_answer_is_a_no() {
    let market = Market::open().await;
    market.set_policy(&format!("approval_timeout_s = 10\n{ASK}"));
    let approve = async {
        loop {
            if let Some(id) = waiting(&market).await.pop() {
                return market.run(&["approve", &id]).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let (got, approved) = tokio::join!(market.get("/x", &["--wait"]), approve);
    assert!(approved.status.success(), "{}", stderr(&approved));
    assert!(got.status.success(), "{}", stderr(&got));
    assert!(stderr(&got).contains("farebox approve "), "{}", stderr(&got));
    assert_eq!((stdout(&got).as_str(), market.spent().await), ("sold", Msat::new(5_000)));
    let alone = market.get("/y", &["--wait", "--json"]).await;
    assert_eq!(outcome(&alone), (2, "approval_timeout".into()));
    assert_eq!(market.spent().await, Msat::new(5_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_approval_lifts_a_limit() {
    let market = Market::open().await;
    market.set_policy(&format!("total = {{ day = \"14 sats\" }}\n{ASK}"));
    assert_eq!(outcome(&market.get("/x", &["--json"]).await), (2, "over_budget".into()));
    assert!(waiting(&market).await.is_empty());
}

/// A hook that answers with a body, and what it was asked.
async fn hook(answer: &'static str) -> (String, Arc<Mutex<Vec<(String, Value)>>>) {
    let asked: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let log = Arc::clone(&asked);
    let handler = move |headers: http::HeaderMap, body: String| async move {
        let secret = headers["authorization"].to_str().unwrap().to_owned();
        log.lock().unwrap().push((secret, serde_json::from_str(&body).unwrap()));
        answer
    };
    (serve(Router::new().route("/", post(handler))).await, asked)
}

fn set_hook(market: &Market, address: &str) {
    let path = market.data().join("policy.toml");
    std::fs::write(&path, "").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let text =
        format!("[hook]\nurl = \"http://{address}/\"\nsecret = \"hunter2\"\ntimeout_ms = 500");
    std::fs::write(&path, text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_is_told_the_exact_amount_and_only_a_clear_yes_is_a_yes() {
    let market = Market::open().await;
    let (address, asked) = hook(r#"{"decision":"allow"}"#).await;
    set_hook(&market, &address);
    assert!(market.get("/x", &[]).await.status.success());
    let (secret, question) = asked.lock().unwrap().pop().unwrap();
    assert_eq!(secret, "Bearer hunter2");
    let url = format!("{}/x", market.url);
    for (key, value) in [
        ("protocol", Value::from("l402")),
        ("destination_or_url", url.into()),
        ("amount_sats", 5.into()),
        ("max_payment_sats", 15.into()),
        ("method", "GET".into()),
        ("agent_id", Value::Null),
    ] {
        assert_eq!(question[key], value, "{key}");
    }
    for answer in [
        r#"{"decision":"deny","reason":{"code":"too_late","message":"after six"}}"#,
        r#"{"decision":"perhaps"}"#,
        r#"{"decision":true}"#,
        "allow",
        "",
    ] {
        let (address, _) = hook(answer).await;
        set_hook(&market, &address);
        let output = market.get("/y", &["--json"]).await;
        assert_eq!(outcome(&output), (2, "hook_denied".into()), "{answer}");
        assert!(!answer.contains("after") || stderr(&output).contains("too_late: after six"));
    }
    let slow = post(|| async { std::future::pending::<&'static str>().await });
    set_hook(&market, &serve(Router::new().route("/", slow)).await);
    assert_eq!(outcome(&market.get("/y", &["--json"]).await), (2, "hook_denied".into()));
    set_hook(&market, "127.0.0.1:1");
    let output = market.get("/y", &["--json"]).await;
    assert_eq!(outcome(&output), (2, "hook_denied".into()));
    assert!(!stderr(&output).contains("hunter2"));
    assert_eq!(market.spent().await, Msat::new(5_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_tell_what_was_bought_and_show_when_somebody_changed_them() {
    let market = Market::open().await;
    market.get("/a", &[]).await;
    market.get("/b", &["-d", "x"]).await;
    let shown = json(&market.run(&["receipts", "--json"]).await);
    let newest = &shown["receipts"][0];
    for (key, value) in [
        ("method", Value::from("POST")),
        ("url", format!("{}/b", market.url).into()),
        ("host", market.host().into()),
        ("rail", "l402".into()),
        ("amount_msat", 5_000.into()),
        ("fee_msat", 0.into()),
        ("asset", "btc".into()),
        ("status", "delivered".into()),
        ("status_code", 200.into()),
        ("has_proof", true.into()),
        ("rule", "default".into()),
    ] {
        assert_eq!(newest[key], value, "{key}");
    }
    assert!(newest["latency_ms"].is_u64());
    let count = async |arguments: &[&str]| {
        let all: Vec<&str> = ["receipts", "--json"].iter().chain(arguments).copied().collect();
        json(&market.run(&all).await)["receipts"].as_array().unwrap().len()
    };
    assert_eq!(count(&["--limit", "1"]).await, 1);
    assert_eq!(count(&["--host", market.host(), "--since", "1h"]).await, 2);
    assert_eq!(count(&["--host", "other.example"]).await, 0);
    assert_eq!(count(&["--since", "2100-01-01"]).await, 0);
    let csv = stdout(&market.run(&["receipts", "--csv"]).await);
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.starts_with("time,status,rail,method,url,host,"), "{csv}");
    let table = stdout(&market.run(&["receipts"]).await);
    assert!(table.contains("5 sats") && table.contains("delivered"), "{table}");

    let verified = json(&market.run(&["receipts", "--verify", "--json"]).await);
    assert_eq!(verified["entries"], 4);
    let records = Connection::open(market.data().join("buyer.sqlite")).unwrap();
    for sql in ["DELETE FROM receipt", "UPDATE receipt SET at = 0"] {
        assert!(records.execute(sql, []).is_err(), "{sql}");
    }
    records.execute_batch("DROP TRIGGER receipt_is_not_changed").unwrap();
    for sql in [
        "UPDATE receipt SET entry = replace(entry, '5000', '4000') WHERE seq = 2",
        "UPDATE receipt SET host = 'other.example' WHERE seq = 2",
    ] {
        records.execute_batch(&format!("SAVEPOINT a; {sql}; RELEASE a")).unwrap();
        let output = market.run(&["receipts", "--verify", "--json"]).await;
        assert_eq!(outcome(&output), (1, "receipts_changed".into()), "{sql}");
        assert!(stderr(&output).contains("entry 2 "), "{}", stderr(&output));
        records
            .execute_batch(
                "UPDATE receipt SET entry = replace(entry, '4000', '5000') WHERE seq = 2;
             UPDATE receipt SET host = (SELECT host FROM receipt WHERE seq = 1) WHERE seq = 2",
            )
            .unwrap();
    }
    assert!(market.run(&["receipts", "--verify"]).await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_lnget_are_taken_over_and_used() {
    let market = Market::open().await;
    // A purchase of another program: paid, with a token that its file holds.
    assert!(market.get("/x", &[]).await.status.success());
    let records = Connection::open(market.data().join("buyer.sqlite")).unwrap();
    let (token, hash, preimage): (String, Vec<u8>, Vec<u8>) = records
        .query_row("SELECT token, payment_hash, preimage FROM purchase", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    let macaroon =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, token).unwrap();
    let mut file = u32::try_from(macaroon.len()).unwrap().to_be_bytes().to_vec();
    for part in [&macaroon, &hash, &preimage] {
        file.extend_from_slice(part);
    }
    for number in [5_000_u64, 0, 1_790_000_000_000_000_000] {
        file.extend_from_slice(&number.to_be_bytes());
    }
    let home = market.folder.path().join("home");
    let folder = home.join(".lnget/tokens").join(market.host().replace(':', "_"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("l402.token"), &file).unwrap();
    let pending = home.join(".lnget/tokens/b.example");
    std::fs::create_dir_all(&pending).unwrap();
    std::fs::write(pending.join("l402.token.pending"), &file).unwrap();

    let mut import = market.command(&["tokens", "import", "lnget", "--json"]);
    let imported = json(&common::output_of(import.env("HOME", &home)));
    assert_eq!(
        (&imported["imported"], imported["skipped"].as_array().unwrap().len()),
        (&1.into(), 1)
    );
    let again = json(&common::output_of(import.env("HOME", &home)));
    assert_eq!((&again["imported"], &again["known"]), (&0.into(), &1.into()));
    let listed = json(&market.run(&["tokens", "list", "--json"]).await);
    assert_eq!(listed["tokens"][0]["domain"], market.host());
    assert_eq!(listed["tokens"][0]["amount_sat"], 5);
    let secret = hex::encode(preimage);
    for arguments in [&["tokens", "list"][..], &["tokens", "show", market.host(), "--json"]] {
        assert!(!stdout(&market.run(arguments).await).contains(&secret));
    }
    let revealed = market.run(&["tokens", "show", market.host(), "--reveal"]).await;
    assert!(stdout(&revealed).contains(&secret));
    let used = market.get("/another", &[]).await;
    assert_eq!(stdout(&used), "sold", "{}", stderr(&used));
    assert_eq!(market.spent().await, Msat::new(5_000));

    let asked = market.run(&["tokens", "clear"]).await;
    assert_eq!(asked.status.code(), Some(2), "{}", stderr(&asked));
    let removed =
        json(&market.run(&["tokens", "remove", &hex::encode(&hash)[..8], "--json"]).await);
    assert_eq!(removed["removed"], 1);
    let gone = market.run(&["tokens", "show", market.host(), "--json"]).await;
    assert_eq!(outcome(&gone), (2, "unknown_token".into()));
    assert!(market.run(&["tokens", "clear", "-f"]).await.status.success());
}
