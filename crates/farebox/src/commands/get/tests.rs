//! `farebox get` as a process of its own, with signals, against a seller and a wallet in this one.

use super::{GetArgs, HELP, run};
use crate::config::Settings;
use axum::Router;
use axum::extract::{Path as RoutePath, State};
use axum::response::IntoResponse;
use axum::routing::get;
use clap::Parser;
use farebox_money::Msat;
use farebox_play::phoenixd_api::{ApiPasswords, router};
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::{Database, DatabaseOptions};
use farebox_wallet::{NewInvoice, Payer, PaymentStatus, Receiver};
use farebox_wire::l402::challenge_header;
use farebox_wire::lightning::PaymentHash;
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const FUNDS: Msat = Msat::new(1_000_000);

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    get: GetArgs,
}

/// Not a test of its own: what the processes run.
#[test]
fn child() {
    let Ok(arguments) = std::env::var("GET_TEST_ARGUMENTS") else { return };
    let arguments: Vec<String> = serde_json::from_str(&arguments).unwrap();
    let cli = Cli::parse_from(std::iter::once("get".to_owned()).chain(arguments));
    let data = Some(PathBuf::from(std::env::var("GET_TEST_DATA").unwrap()));
    let settings = Settings { data, ..Settings::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let code = runtime.block_on(run(cli.get, settings)).unwrap();
    let code = (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap();
    std::process::exit(code.into());
}

/// A seller, the wallet of its one buyer, and that buyer's folders.
struct Scene {
    network: PlayNetwork,
    buyer: PlayWallet,
    wallet_url: String,
    seller: Seller,
    url: String,
    folder: tempfile::TempDir,
}

/// Asks for 5 sats at first; what it does with the proof is for the path to say.
#[derive(Clone)]
struct Seller {
    till: PlayWallet,
    invoiced: Arc<Mutex<Option<PaymentHash>>>,
    requests: Arc<Mutex<Vec<bool>>>,
}

impl Seller {
    /// Requests with a proof of payment, and without.
    fn requests(&self, proven: bool) -> usize {
        self.requests.lock().unwrap().iter().filter(|own| **own == proven).count()
    }

    async fn challenge(&self) -> axum::response::Response {
        let invoice =
            NewInvoice { amount: Msat::new(5_000), description: "a".into(), expiry_s: 600 };
        let created = self.till.create(invoice).await.unwrap();
        *self.invoiced.lock().unwrap() = Some(created.payment_hash);
        let header = challenge_header("AGI=", &created.bolt11);
        (StatusCode::PAYMENT_REQUIRED, [(WWW_AUTHENTICATE, header)]).into_response()
    }
}

async fn sell(
    State(seller): State<Seller>,
    RoutePath(path): RoutePath<String>,
    headers: HeaderMap,
) -> axum::response::Response {
    let proven = headers.contains_key(AUTHORIZATION);
    seller.requests.lock().unwrap().push(proven);
    match (path.as_str(), seller.requests(true)) {
        ("silent", _) | ("late", 1) => std::future::pending().await,
        (_, 0) => seller.challenge().await,
        ("busy", 1..=3) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "0")], "busy").into_response()
        }
        ("broken", _) => (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        _ => "sold".into_response(),
    }
}

async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address.to_string()
}

impl Scene {
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("play.sqlite");
        let database =
            Database::open(&path, [farebox_play::schema()], DatabaseOptions::Exclusive).unwrap();
        let network = PlayNetwork::open(database).await.unwrap();
        let buyer = network.wallet("buyer").await.unwrap();
        buyer.fund_once("buyer", FUNDS).await.unwrap();
        let passwords = ApiPasswords { full: "p".into(), limited: "l".into() };
        let wallet_url =
            format!("phoenixd:http://:p@{}", serve(router(buyer.clone(), passwords)).await);
        let till = network.wallet("seller").await.unwrap();
        let seller = Seller { till, invoiced: Arc::default(), requests: Arc::default() };
        let app = Router::new().route("/{path}", get(sell)).with_state(seller.clone());
        let url = format!("http://{}", serve(app).await);
        std::fs::create_dir(folder.path().join("answers")).unwrap();
        Self { network, buyer, wallet_url, seller, url, folder }
    }

    fn answer(&self) -> PathBuf {
        self.folder.path().join("answers/answer")
    }

    fn begin(&self, arguments: &[&str]) -> Child {
        let wallet = ["--wallet", &self.wallet_url];
        let arguments: Vec<_> = arguments.iter().chain(&wallet).collect();
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "commands::get::tests::child", "--nocapture"])
            .env("GET_TEST_ARGUMENTS", serde_json::to_string(&arguments).unwrap())
            .env("GET_TEST_DATA", self.folder.path().join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Gets a path into the file for answers.
    fn begin_to_file(&self, path: &str) -> Child {
        let url = format!("{}/{path}", self.url);
        self.begin(&["-o", self.answer().to_str().unwrap(), &url])
    }

    async fn get(&self, arguments: &[&str]) -> Output {
        let child = self.begin(arguments);
        tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
    }

    async fn spent(&self) -> Msat {
        FUNDS.checked_sub(self.buyer.balance().await.unwrap()).unwrap()
    }

    async fn wallet_was_asked(&self) -> bool {
        let hash = *self.seller.invoiced.lock().unwrap();
        match hash {
            Some(hash) => self.buyer.status(hash).await.unwrap() != PaymentStatus::NeverTried,
            None => false,
        }
    }
}

async fn until(mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen");
}

/// Sends a signal and returns the exit code and what stands on standard error.
async fn interrupt(child: Child, signal: &str) -> (Option<i32>, String) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let output = tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn count(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_before_paying_it_says_so_and_leaves_no_file() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let scene = Scene::set().await;
        let child = scene.begin_to_file("silent");
        until(async || scene.seller.requests(false) == 1).await;
        let answers = scene.answer().parent().unwrap().to_owned();
        assert_eq!(count(&answers), 1, "there is no temporary file");
        let (ended, said) = interrupt(child, signal).await;
        assert_eq!(
            (ended, said.as_str()),
            (Some(code), "farebox: interrupted; nothing was paid\n")
        );
        assert_eq!(count(&answers), 0);
        assert_eq!(scene.spent().await, Msat::ZERO);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_while_it_reads_standard_input_it_says_so() {
    let scene = Scene::set().await;
    let mut child = scene.begin(&["-d", "-", &format!("{}/silent", scene.url)]);
    let held = child.stdin.take();
    // Long enough to begin to read; earlier, the signal would end it without a word.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (ended, said) = interrupt(child, "-INT").await;
    assert_eq!((ended, said.as_str()), (Some(130), "farebox: interrupted; nothing was paid\n"));
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_while_paying_the_same_command_finishes_the_payment() {
    let scene = Scene::set().await;
    scene.network.faults().hold();
    let child = scene.begin_to_file("sold");
    until(async || scene.wallet_was_asked().await).await;
    let (ended, said) = interrupt(child, "-INT").await;
    let hash = scene.seller.invoiced.lock().unwrap().unwrap();
    let expected = format!(
        "farebox: interrupted while paying 5 sats (payment hash {hash}); run the same command \
         again to finish it\n"
    );
    assert_eq!((ended, said), (Some(130), expected));
    scene.network.faults().release();
    let child = scene.begin_to_file("sold");
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::read_to_string(scene.answer()).unwrap(), "sold");
    assert_eq!(scene.spent().await, Msat::new(5_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_after_paying_the_same_command_gets_the_answer() {
    let scene = Scene::set().await;
    let url = format!("{}/late", scene.url);
    let child = scene.begin(&["--json", &url]);
    until(async || scene.seller.requests(true) == 1).await;
    let (ended, said) = interrupt(child, "-TERM").await;
    assert_eq!(ended, Some(143));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let hash = scene.seller.invoiced.lock().unwrap().unwrap();
    let message = format!(
        "interrupted after paying 5 sats (payment hash {hash}); run the same command again to \
         get the answer"
    );
    assert_eq!(said["error"]["message"], message);
    assert_eq!(said["error"]["paid"]["payment_hash"], hash.to_string());
    assert_eq!(said["error"]["paid"]["amount_sat"], 5);
    let output = scene.get(&["-q", &url]).await;
    assert!(String::from_utf8_lossy(&output.stdout).contains("sold"), "{output:?}");
    assert_eq!(scene.spent().await, Msat::new(5_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_to_wait_is_printed_once_however_often_it_waits() {
    let scene = Scene::set().await;
    let output = scene.get(&[&format!("{}/busy", scene.url)]).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(scene.seller.requests(true), 4);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.matches("answered 503").count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_after_a_payment_says_in_json_what_was_paid() {
    let scene = Scene::set().await;
    let output = scene.get(&["--json", &format!("{}/broken", scene.url)]).await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let said: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    let hash = scene.seller.invoiced.lock().unwrap().unwrap();
    assert_eq!(said["error"]["code"], "paid_not_delivered");
    let fee = scene.spent().await.checked_sub(Msat::new(5_000)).unwrap().to_sats_ceil();
    let paid = serde_json::json!({
        "amount_sat": 5, "fee_sat": fee, "payment_hash": hash.to_string()
    });
    assert_eq!(said["error"]["paid"], paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_without_a_name_is_refused_before_anything_is_sent() {
    let scene = Scene::set().await;
    let url = format!("{}/sold", scene.url);
    let output = scene.get(&["-o", "", &url]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("farebox: --output must name a file"), "{said}");
    let folder = scene.folder.path().to_str().unwrap();
    let output = scene.get(&["-o", folder, &url]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(scene.seller.requests(false), 0);
}

#[test]
fn every_example_of_the_help_is_a_command() {
    let examples: Vec<_> = HELP.lines().filter(|line| line.contains("farebox get ")).collect();
    assert!(examples.len() >= 5);
    for example in examples {
        let command = example.split(" | ").find(|part| part.contains("farebox get ")).unwrap();
        let words = Command::new("sh").args(["-c", &format!("printf '%s\\n' {command}")]).output();
        let words = String::from_utf8(words.unwrap().stdout).unwrap();
        let parsed = Cli::try_parse_from(words.lines().skip(1));
        assert!(parsed.is_ok(), "{example}");
    }
}
