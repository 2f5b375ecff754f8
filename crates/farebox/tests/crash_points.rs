//! The process dies at each named point of a top-up, a claim, a request and a withdrawal. The
//! next one comes to the right end by itself, and nothing is paid twice.
//!
//! `cargo nextest run -p farebox --features fail-points --test crash_points`

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use base64::{Engine, engine::general_purpose::STANDARD};
use common::{Demo, PASSWORD, farebox, output_of};
use farebox_testing::TestDatabase;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const COLLECT: &str = "/api/v1/ai-for-hire/collect";
const TOPPED_UP: u64 = 1_000;
const WITHDRAWN: u64 = 300;
const WEATHER: u64 = 5;
/// A process that shares its database is missed after a minute, its holds half a minute later.
const PATIENCE: Duration = Duration::from_secs(240);

/// The server went away in the middle of a request.
#[derive(Debug)]
struct Died;

/// One server after the other on the same data.
struct Stage {
    demo: Demo,
    folder: TempDir,
    database: TestDatabase,
}

/// How far a customer has come, as it knows itself.
#[derive(Default)]
struct Customer {
    topup: Option<(String, String)>,
    preimage: Option<String>,
    token: Option<String>,
    has_weather: bool,
    invoice: Option<(String, String)>,
    is_paid: bool,
}

impl Stage {
    fn start(database: TestDatabase, point: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let armed = format!("{point}=return");
        let mut variables = vec![("FAILPOINTS", armed.as_str())];
        variables.extend(database.postgres_url().map(|url| ("FAREBOX_STORE__POSTGRES", url)));
        let demo = Demo::start_in(folder.path(), &[], &variables);
        Self { demo, folder, database }
    }

    /// The next process, in which nothing is armed.
    fn restart(&mut self) {
        assert!(self.demo.has_died(), "the server did not come by that point");
        let url = self.database.postgres_url();
        let variables: Vec<_> =
            url.map(|url| ("FAREBOX_STORE__POSTGRES", url)).into_iter().collect();
        self.demo = Demo::start_in(self.folder.path(), &[], &variables);
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Result<(u16, Value), Died> {
        let kind = "Content-Type: application/json\r\n";
        exchange(&self.demo.url, method, path, &format!("{kind}{headers}"), body)
    }

    /// The buyer's wallet, which the server has in the same process.
    fn wallet(&self, method: &str, path: &str, form: &str) -> Result<Value, Died> {
        let address = self.demo.wallet.rsplit_once('@').unwrap().1;
        let password = STANDARD.encode(format!(":{PASSWORD}"));
        let headers = format!(
            "Authorization: Basic {password}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        );
        let (status, body) = exchange(address, method, path, &headers, form)?;
        // A payment that it does not know is 404.
        assert!(status < 300 || status == 404, "{path}: {status} {body}");
        Ok(body)
    }

    fn wallet_sats(&self) -> u64 {
        self.wallet("GET", "/getbalance", "").unwrap()["balanceSat"].as_u64().unwrap()
    }

    /// Sound books in which nothing is on its way.
    fn await_clear_books(&self) {
        let begun = Instant::now();
        loop {
            let mut command = farebox();
            command.env("FAREBOX_DATA", self.folder.path());
            if let Some(url) = self.database.postgres_url() {
                command.env("FAREBOX_STORE__POSTGRES", url);
            }
            command.args(["admin", "ledger", "verify", "--demo", "--json"]);
            let report = common::json(&output_of(&mut command));
            assert_eq!(report["sound"], true, "{report}");
            let clearing = ["topup", "l402", "escrow", "inflight", "hold"];
            let open = |class: &&str| report["classes"][class]["not_zero"].as_u64() > Some(0);
            if !clearing.iter().any(open) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "something is still on its way: {report}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// One request on a connection of its own.
fn exchange(
    server: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Result<(u16, Value), Died> {
    let mut stream = TcpStream::connect(server.replace("http://", "")).map_err(|_| Died)?;
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let len = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: \
         {len}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).map_err(|_| Died)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|_| Died)?;
    let status = answer.get(9..12).and_then(|status| status.parse().ok()).ok_or(Died)?;
    let json = answer.find('{').zip(answer.rfind('}'));
    let body = json.and_then(|(from, to)| serde_json::from_str(&answer[from..=to]).ok());
    Ok((status, body.unwrap_or(Value::Null)))
}

impl Customer {
    /// Goes on from where it is, until everything is done or the server goes away.
    fn go_on(&mut self, stage: &Stage) -> Result<(), Died> {
        self.top_up(stage)?;
        self.claim(stage)?;
        self.look_at_the_weather(stage)?;
        self.withdraw(stage)
    }

    fn top_up(&mut self, stage: &Stage) -> Result<(), Died> {
        if self.topup.is_none() {
            let body = json!({"amount_sats": TOPPED_UP}).to_string();
            let (status, answer) = stage.ask("POST", "/api/v1/topup", "", &body)?;
            assert_eq!(status, 402, "{answer}");
            self.topup = Some((text(&answer, "invoice"), text(&answer, "payment_hash")));
        }
        if self.preimage.is_some() {
            return Ok(());
        }
        let (invoice, hash) = self.topup.clone().unwrap();
        // It may have been paid by the server that died.
        let path = format!("/payments/outgoingbyhash/{hash}");
        let mut paid = stage.wallet("GET", &path, "")?;
        if paid["isPaid"] != true {
            stage.wallet("POST", "/payinvoice", &format!("invoice={invoice}"))?;
            paid = stage.wallet("GET", &path, "")?;
        }
        self.preimage = Some(text(&paid, "preimage"));
        Ok(())
    }

    fn claim(&mut self, stage: &Stage) -> Result<(), Died> {
        if self.token.is_some() {
            return Ok(());
        }
        let body = json!({"preimage": self.preimage}).to_string();
        let begun = Instant::now();
        loop {
            let key = "Idempotency-Key: 0123456789abcdef0123456789abcdef\r\n";
            let (status, answer) = stage.ask("POST", "/api/v1/topup/claim", key, &body)?;
            if status == 200 {
                self.token = Some(text(&answer, "token"));
                return Ok(());
            }
            assert_eq!(answer["error"]["code"], "payment_pending", "{answer}");
            assert!(begun.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn look_at_the_weather(&mut self, stage: &Stage) -> Result<(), Died> {
        if !self.has_weather {
            let (status, answer) =
                stage.ask("GET", "/demo/weather?city=Lisbon", &self.bearer(), "")?;
            assert_eq!(status, 200, "{answer}");
            self.has_weather = true;
        }
        Ok(())
    }

    fn withdraw(&mut self, stage: &Stage) -> Result<(), Died> {
        if self.invoice.is_none() {
            let form = format!("amountSat={WITHDRAWN}&description=withdrawal");
            let made = stage.wallet("POST", "/createinvoice", &form)?;
            self.invoice = Some((text(&made, "serialized"), text(&made, "paymentHash")));
        }
        let (invoice, _) = self.invoice.clone().unwrap();
        let body = json!({"invoice": invoice, "amount_sats": WITHDRAWN}).to_string();
        let (status, answer) = stage.ask("POST", COLLECT, &self.bearer(), &body)?;
        assert_eq!(status, 200, "{answer}");
        self.is_paid = true;
        Ok(())
    }

    fn bearer(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.token.as_deref().unwrap())
    }

    fn sats(&self, stage: &Stage) -> u64 {
        let (status, answer) = stage.ask("GET", "/api/v1/balance", &self.bearer(), "").unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["balance_sats"].as_u64().unwrap()
    }

    /// What became of its withdrawal, once that is known; `None` when there is none.
    fn withdrawal(&self, stage: &Stage) -> Option<String> {
        let path = format!("{COLLECT}/{}", self.invoice.as_ref()?.1);
        let begun = Instant::now();
        loop {
            let (status, answer) = stage.ask("GET", &path, &self.bearer(), "").unwrap();
            if status == 404 {
                return None;
            }
            if answer["status"] != "pending" {
                return Some(text(&answer, "status"));
            }
            assert!(begun.elapsed() < PATIENCE, "{answer}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}")).to_owned()
}

/// What is so after the next start, before the customer goes on.
struct Expected {
    /// Sats that were spent and bought nothing that arrived.
    lost_answers: u64,
    /// What became of the withdrawal.
    withdrawal: Option<&'static str>,
}

fn expected(point: &str) -> Expected {
    let withdrawal = match point {
        "collect_after_hold" => Some("failed"),
        _ if point.starts_with("collect_") => Some("paid"),
        _ => None,
    };
    // The request was answered, and the answer went down with the server.
    let lost_answers = if point == "hold_after_settle" { WEATHER } else { 0 };
    Expected { lost_answers, withdrawal }
}

fn die_and_recover(database: TestDatabase, point: &str) {
    let mut stage = Stage::start(database, point);
    let before = stage.wallet_sats();
    let mut customer = Customer::default();
    customer.go_on(&stage).expect_err("the server lives on");
    stage.restart();
    let expected = expected(point);
    assert_eq!(customer.withdrawal(&stage).as_deref(), expected.withdrawal);
    if expected.withdrawal == Some("paid") {
        assert_eq!(stage.wallet_sats(), before - TOPPED_UP + WITHDRAWN, "paid once, by itself");
    }
    if customer.token.is_some() {
        stage.await_clear_books();
        let spent = if customer.has_weather { WEATHER } else { expected.lost_answers };
        let out = if expected.withdrawal == Some("paid") { WITHDRAWN } else { 0 };
        assert_eq!(customer.sats(&stage), TOPPED_UP - spent - out, "nothing is lost");
    }
    customer.go_on(&stage).unwrap();
    assert!(customer.is_paid);
    stage.await_clear_books();
    assert_eq!(stage.wallet_sats(), before - TOPPED_UP + WITHDRAWN, "each was paid once");
    let left = TOPPED_UP - WITHDRAWN - WEATHER - expected.lost_answers;
    assert_eq!(customer.sats(&stage), left);
    assert!(stage.demo.stop().success());
}

macro_rules! points {
    ($($point:ident)+) => {
        mod sqlite {
            $(#[test]
            fn $point() {
                super::die_and_recover(farebox_testing::sqlite(), stringify!($point));
            })+
        }

        mod postgres {
            $(#[test]
            fn $point() {
                if let Some(database) = farebox_testing::postgres() {
                    super::die_and_recover(database, stringify!($point));
                }
            })+
        }
    };
}

points! {
    topup_before_book
    topup_after_book
    claim_before_commit
    claim_after_commit
    hold_after_reserve
    hold_before_settle
    hold_after_settle
    collect_after_hold
    collect_after_sending
    collect_before_pay
    collect_after_pay
    collect_before_done
    collect_after_done
}
