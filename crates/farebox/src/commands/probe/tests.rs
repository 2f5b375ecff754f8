//! The report that people read, the object that programs read, and the page that lists all faults.

use super::report::{Paint, to_json, to_text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_buyer::{Attempt, Probe, ProbeError};
use farebox_wire::l402::{self, Identifier, challenge_header};
use farebox_wire::macaroon::Macaroon;
use farebox_wire::mpp::{self, jcs};
use farebox_wire::probe::health::{Finding, Reason};
use farebox_wire::probe::{HttpFault, RecordedAnswer, Severity, Terms, Verdict, classify};
use farebox_wire::x402;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

/// BOLT 11, "Please send $3 for a cup of coffee to the same peer, within one minute".
const COFFEE: &str = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
const NOW: u64 = 1_496_314_660;

fn l402_line() -> String {
    let payment_hash = "0001020304050607080900010203040506070809000102030405060708090102";
    let payment_hash = payment_hash.parse().unwrap();
    let identifier = Identifier { payment_hash, token_id: [2; 32] };
    let token = Macaroon::issue(b"key", None, identifier.encode()).encode_v2();
    challenge_header(&STANDARD.encode(token), COFFEE)
}

fn mpp_line() -> String {
    let request =
        json!({ "amount": "3", "currency": "sat", "methodDetails": { "invoice": COFFEE } });
    let request = jcs::encode(&request).unwrap();
    format!(
        r#"Payment id="a", realm="api.example.com", method="lightning", intent="charge", request="{request}", expires="2017-06-01T10:58:30Z""#
    )
}

fn x402_header() -> String {
    let entry = |amount: &str| {
        json!({
            "scheme": "exact", "network": "eip155:8453", "amount": amount,
            "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
            "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", "maxTimeoutSeconds": 60,
            "extra": { "name": "USD Coin", "version": "2" },
        })
    };
    let url = json!({ "url": "https://api.example.com/paid\u{1b}[31m" });
    let accepts = [entry("0.01"), entry("10000")];
    STANDARD.encode(json!({ "x402Version": 2, "resource": url, "accepts": accepts }).to_string())
}

fn answer(status: u16, headers: &[(&str, String)]) -> RecordedAnswer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into()));
    RecordedAnswer {
        method: "POST".into(),
        url: "https://api.example.com/paid".into(),
        request_body: b"{}".to_vec(),
        status,
        headers: headers.collect(),
        body: Vec::new(),
    }
}

fn found(answer: RecordedAnswer) -> Probe {
    let report = classify(&answer, Terms { now_s: NOW, accepts_test_money: false });
    let attempt = |method: &str, status: u16| Attempt {
        method: method.into(),
        url: answer.url.parse().unwrap(),
        status: Some(status),
        time_to_headers: None,
    };
    let attempts = vec![attempt("GET", 405), attempt("POST", answer.status)];
    Probe { attempts, redirect: None, answer, report }
}

fn three_rails() -> Probe {
    found(answer(
        402,
        &[
            ("www-authenticate", l402_line()),
            ("www-authenticate", mpp_line()),
            ("payment-required", x402_header()),
        ],
    ))
}

/// The text is in a file beside this one; with `WRITE_EXPECTED=1` it is written anew.
fn compare_with_file(path: &Path, text: &str) {
    if std::env::var_os("WRITE_EXPECTED").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap();
    assert!(text == expected, "{} is not:\n{text}", path.display());
}

fn here(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/probe").join(name)
}

#[test]
fn people_read_rails_prices_faults_and_fixes() {
    let text = to_text(&three_rails(), Paint::none());
    compare_with_file(&here("three_rails.txt"), &text);
    assert!(!text.contains('\u{1b}'), "no colours, and none of a stranger's");
    let nothing = to_text(&found(answer(403, &[])), Paint::none());
    compare_with_file(&here("forbidden.txt"), &nothing);
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn programs_read_a_stable_object() {
    let object = to_json(&three_rails());
    let mut top = keys(&object);
    top.sort_unstable();
    let expected = [
        "attempts", "faults", "fix", "message", "method", "payable", "rails", "redirect", "status",
        "url", "verdict",
    ];
    assert_eq!(top, expected);
    assert_eq!((&object["status"], &object["payable"]), (&json!(402), &json!(true)));
    assert_eq!(object["verdict"], "payable");
    assert_eq!(
        object["attempts"][0],
        json!({"method": "GET", "status": 405, "url": "https://api.example.com/paid"})
    );
    let rails = object["rails"].as_array().unwrap();
    let names: Vec<_> = rails.iter().map(|rail| rail["rail"].as_str().unwrap()).collect();
    assert_eq!(names, ["l402", "x402", "mpp"]);
    for rail in rails {
        assert!(rail["payable"].is_boolean() && rail["clients"].is_array());
        for offer in rail["offers"].as_array().unwrap() {
            let mut names = keys(offer);
            names.sort_unstable();
            let expected = [
                "asset",
                "expires_at",
                "index",
                "kind",
                "network",
                "payable",
                "price",
                "recipient",
                "test_money",
            ];
            assert_eq!(names, expected);
        }
        for fault in rail["faults"].as_array().unwrap() {
            let mut names = keys(fault);
            names.sort_unstable();
            assert_eq!(names, ["code", "fix", "message", "offer", "severity"]);
            let severity = fault["severity"].as_str().unwrap();
            assert!(["error", "warning", "note"].contains(&severity), "{severity}");
        }
    }
    let price = &rails[0]["offers"][0]["price"];
    assert_eq!(
        *price,
        json!({"text": "250000 sats", "msat": 250_000_000, "micro_usd": null, "base_units": null, "is_maximum": false})
    );
    let price = &rails[1]["offers"][1]["price"];
    assert_eq!((&price["text"], &price["micro_usd"]), (&json!("0.01 USDC"), &json!(10_000)));
    assert_eq!(rails[2]["payable"], false);
}

/// The stable name of a verdict is what the object says.
#[test]
fn verdicts_have_one_name() {
    for verdict in Verdict::ALL {
        assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.code());
    }
}

/// The page in `docs/` lists what the code looks for, all of it.
#[test]
fn the_page_lists_every_fault() {
    const MARK: &str = "<!-- from here on written by the test the_page_lists_every_fault -->\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/probing.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (written, _) = page.split_once(MARK).unwrap();
    compare_with_file(&path, &format!("{written}{MARK}{}", tables()));
}

fn tables() -> String {
    let mut text = String::new();
    let verdicts = Verdict::ALL.iter().map(|verdict| {
        vec![code(verdict.code()), verdict.message().into(), verdict.fix().unwrap_or("").into()]
    });
    table(&mut text, "Verdicts", &["verdict", "meaning", "fix"], verdicts);
    let head = ["code", "severity", "meaning", "fix"];
    let all = HttpFault::ALL.iter();
    let all = all
        .map(|fault| line(fault.code(), name_of(fault.severity()), fault.message(), fault.fix()));
    table(&mut text, "The answer as a whole", &head, all);
    let all = l402::Fault::examples();
    let all = all.iter().map(|fault| {
        let fault = farebox_wire::probe::Fault::from(fault);
        line(fault.code, name_of(fault.severity), &fault.message, &fault.fix)
    });
    table(&mut text, "L402", &head, all);
    let all = mpp::check::FaultCode::ALL.iter().map(|fault| {
        let fault = mpp::check::Fault { code: *fault, challenge: None, found: None };
        let severity = farebox_wire::probe::Fault::from(&fault).severity;
        line(fault.code.name(), name_of(severity), fault.code.meaning(), fault.code.fix())
    });
    table(&mut text, "MPP", &head, all);
    let all = x402::FaultCode::ALL.iter();
    let all = all.map(|fault| vec![code(fault.name()), fault.meaning().into(), fault.fix().into()]);
    table(&mut text, "x402", &["code", "meaning", "fix"], all);
    let all = Finding::ALL.iter();
    let all = all.map(|found| {
        let effect = found.effect().name().to_owned();
        vec![code(found.code()), effect, found.message().into(), found.fix().into()]
    });
    table(&mut text, "Reasons of health", &["code", "makes it", "meaning", "fix"], all);
    let all = Reason::renamed().iter();
    let all = all.map(|(rail, fault, reason)| vec![rail.name().into(), code(fault), code(reason)]);
    table(&mut text, "Faults whose reason has another name", &["rail", "fault", "reason"], all);
    let all = ProbeError::examples();
    let all = all
        .iter()
        .map(|error| vec![code(error.code()), error.exit_code().to_string(), error.hint().into()]);
    table(&mut text, "No answer", &["code", "exit code", "what to do"], all);
    text
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

fn line(name: &str, severity: &str, meaning: &str, fix: &str) -> Vec<String> {
    vec![code(name), severity.into(), meaning.into(), fix.into()]
}

const fn name_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn table(text: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    writeln!(text, "\n## {title}\n\n| {} |", head.join(" | ")).unwrap();
    writeln!(text, "|{}", "---|".repeat(head.len())).unwrap();
    for row in rows {
        let cells: Vec<_> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        writeln!(text, "| {} |", cells.join(" | ")).unwrap();
    }
}
