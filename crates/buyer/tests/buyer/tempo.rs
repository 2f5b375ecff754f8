//! MPP on Tempo: the money moves before its proof is shown.

use crate::support::server::{Reply, Seen, Server};
use crate::support::tempo_node::{Ledger, Mood};
use crate::support::token_shop::now_s;
use crate::support::{
    Desk, Recorder, evm_wallet, get_request, name_of, quick_limits, token_buyer_in,
};
use farebox_buyer::{BuyError, Buyer, EvmWallet, FileSink, Mode, Observer, PaymentId, Step};
use farebox_evm::{Rpc, RpcOptions};
use farebox_wire::evm::{ChainId, U256};
use farebox_wire::mpp::methods::tempo::{TempoCharge, TempoMode, TempoPayload};
use farebox_wire::mpp::{
    ChallengeSecret, ChallengeSecrets, ChallengeTerms, Credential, CredentialHeader, Opaque,
    Receipt, parse_credential,
};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

fn secrets() -> ChallengeSecrets {
    ChallengeSecrets { current: ChallengeSecret::new(&[9; 32]).unwrap(), previous: None }
}

fn charge() -> TempoCharge {
    TempoCharge {
        amount: U256::from(10_000),
        currency: "0x20c0000000000000000000000000000000000000".parse().unwrap(),
        recipient: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C".parse().unwrap(),
        chain: Some(ChainId::new(42_431)),
        fee_payer: false,
        supported_modes: vec![TempoMode::Push],
        memo: None,
        description: None,
        external_id: None,
    }
}

/// Sells for a transaction that is on the chain, as often as its hash is shown.
async fn seller(ledger: &Ledger) -> Server {
    let (ledger, count) = (ledger.clone(), AtomicU64::new(0));
    Server::start(move |seen: &Seen| {
        let lines = seen.header("authorization").into_iter().map(str::as_bytes);
        let Some(credential) = parse_credential(lines, []).unwrap() else {
            let nonce = u128::from(count.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
            let terms = ChallengeTerms {
                realm: "shop.example".into(),
                method: "tempo".into(),
                intent: "charge".into(),
                request: charge().encode().unwrap(),
                expires_at: now_s() + 60,
                description: None,
                digest: None,
                opaque: Opaque::new(nonce, "x"),
                header: CredentialHeader::Authorization,
            };
            let challenge = secrets().issue(&terms).unwrap();
            return Reply::new(402, "pay").header("www-authenticate", challenge.render().unwrap());
        };
        secrets().verify(&credential.challenge).unwrap();
        let TempoPayload::Hash(hash) = TempoPayload::read(&credential.payload).unwrap() else {
            panic!("{credential:?}")
        };
        let hash = hash.to_string();
        assert!(ledger.has_moved(&hash), "a hash that moved nothing was shown");
        let receipt = Receipt::new("tempo", &hash, &credential.challenge.id, now_s());
        Reply::ok("sold").header("payment-receipt", receipt.render().unwrap())
    })
    .await
}

fn buyer(folder: &Path, node: &str) -> Buyer {
    let rpc = Rpc::new(node.parse().unwrap(), RpcOptions::default()).unwrap();
    let nodes = BTreeMap::from([(ChainId::new(42_431), rpc)]);
    token_buyer_in(folder).with_evm(EvmWallet { nodes, ..evm_wallet() })
}

async fn desk(ledger: &Ledger) -> (Desk, Server, Server) {
    let mut desk = Desk::with_tokens();
    let node = ledger.serve().await;
    desk.buyer = buyer(desk.folder.path(), &node.origin);
    (desk, node, seller(ledger).await)
}

#[tokio::test]
async fn a_transaction_is_made_once_and_its_hash_shown() {
    for mood in [Mood::Fair, Mood::Lossy] {
        let ledger = Ledger::default();
        ledger.set(mood);
        let (desk, _node, server) = desk(&ledger).await;
        let (answer, body) = desk.get(&server.url("/x")).await.unwrap();
        let payment = answer.payment.unwrap();
        assert_eq!((body.as_str(), payment.scheme), ("sold", "Payment"));
        let PaymentId::Transaction(hash) = payment.payment else { panic!("{payment:?}") };
        assert_eq!(payment.transaction, Some(hash.to_string()));
        assert_eq!((ledger.count(), desk.transfers()), (1, vec!["delivered".into()]), "{mood:?}");
        let accepted = server.seen()[0].header("accept-payment").map(str::to_owned);
        assert_eq!(accepted.as_deref(), Some("evm/charge, tempo/charge"));
        assert!(desk.recorder.warnings().is_empty(), "{:?}", desk.recorder.warnings());
    }
}

#[tokio::test]
async fn what_the_node_refuses_at_once_is_free_again() {
    let ledger = Ledger::default();
    ledger.set(Mood::Refuses);
    let (desk, _node, server) = desk(&ledger).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::TransferFailed { .. }), "{error}");
    assert_eq!((error.exit_code(), error.code()), (3, "payment_failed"));
    assert_eq!((desk.transfers(), desk.spends()), (vec!["dead".into()], vec!["released".into()]));
    ledger.set(Mood::Fair);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(ledger.count(), 1);
}

#[tokio::test]
async fn a_transaction_that_is_not_mined_is_waited_for_and_sent_again_but_never_replaced() {
    let ledger = Ledger::default();
    ledger.set(Mood::Sleeps);
    let (desk, _node, server) = desk(&ledger).await;
    for _ in 0..2 {
        let error = desk.get(&server.url("/x")).await.unwrap_err();
        assert!(matches!(error, BuyError::TransferUnderWay { .. }), "{error}");
        assert_eq!(
            (desk.transfers(), desk.spends()),
            (vec!["signed".into()], vec!["reserved".into()])
        );
    }
    assert_eq!(ledger.sent(), 1);
    ledger.set(Mood::Fair);
    assert!(desk.get(&server.url("/x")).await.unwrap().0.payment.unwrap().resumed);
    assert_eq!((ledger.count(), ledger.sent()), (1, 1));
}

#[tokio::test]
async fn a_transaction_whose_challenge_is_over_is_not_sent_again() {
    let ledger = Ledger::default();
    ledger.set(Mood::Sleeps);
    let (desk, _node, server) = desk(&ledger).await;
    desk.get(&server.url("/x")).await.unwrap_err();
    let records = desk.records();
    let sql = "SELECT header_value FROM transfer";
    let header: String = records.query_row(sql, [], |row| row.get(0)).unwrap();
    let mut shown = Credential::decode(header.trim_start_matches("Payment ")).unwrap();
    shown.challenge.expires = Some("2020-01-01T00:00:00Z".into());
    let expired = shown.render().unwrap();
    records.execute("UPDATE transfer SET header_value = ?1", [expired]).unwrap();
    ledger.set(Mood::Fair);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(error.to_string().contains("expired"), "{error}");
    assert_eq!((ledger.count(), desk.transfers()), (0, vec!["signed".into()]));
}

#[tokio::test]
async fn a_transaction_that_failed_is_replaced_once_that_is_certain() {
    let ledger = Ledger::default();
    ledger.set(Mood::Reverts);
    let (desk, _node, server) = desk(&ledger).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::TransferUnderWay { .. }), "{error}");
    assert_eq!(desk.transfers(), ["signed"], "a new block may still be replaced");
    ledger.set(Mood::Fair);
    ledger.mine(20);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!((desk.transfers(), ledger.count()), (vec!["dead".into(), "delivered".into()], 1));
    assert_eq!(desk.spends(), ["released", "spent"]);
}

#[tokio::test]
async fn without_a_node_nothing_is_signed() {
    let ledger = Ledger::default();
    let desk = Desk::with_tokens();
    let server = seller(&ledger).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("no_node", 2), "{error}");
    assert!(desk.transfers().is_empty());
}

/// Ends the process inside a step, without any of its last words.
struct Killer {
    step: String,
    left: Mutex<usize>,
}

impl Observer for Killer {
    fn step(&self, step: &Step<'_>) {
        if name_of(step) == self.step {
            let mut left = self.left.lock().unwrap();
            if *left == 0 {
                std::process::abort();
            }
            *left -= 1;
        }
    }
}

async fn get(
    folder: &Path,
    node: &str,
    url: &str,
    observer: &dyn Observer,
) -> Result<(), BuyError> {
    let mut sink = FileSink::new(folder.join("answer"));
    let (request, limits) = (get_request(url), quick_limits());
    buyer(folder, node).get(&request, &limits, Mode::Pay, observer, &mut sink).await.map(|_| ())
}

/// Not a test of its own: what the killed processes run.
#[test]
fn child() {
    let Ok(step) = std::env::var("TEMPO_TEST_STEP") else { return };
    let variable = |name: &str| std::env::var(format!("TEMPO_TEST_{name}")).unwrap();
    let killer = Killer { step, left: Mutex::new(variable("NTH").parse().unwrap()) };
    let (folder, node) = (PathBuf::from(variable("FOLDER")), variable("NODE"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(get(&folder, &node, &variable("URL"), &killer)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_a_transaction_is_made_once_and_its_answer_fetched_by_the_next_run() {
    let whole = Recorder::default();
    let ledger = Ledger::default();
    let (node, server) = (ledger.serve().await, seller(&ledger).await);
    let folder = tempfile::tempdir().unwrap();
    get(folder.path(), &node.origin, &server.url("/whole"), &whole).await.unwrap();
    let mut counts = HashMap::<String, usize>::new();
    let steps: Vec<_> = whole
        .names()
        .into_iter()
        .map(|name| {
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            (name, *count - 1)
        })
        .collect();
    assert!(steps.iter().any(|(name, _)| name == "TransferSending"), "{steps:?}");
    let runs = stream::iter(steps).for_each_concurrent(4, async |(step, nth)| {
        let ledger = Ledger::default();
        let (node, server) = (ledger.serve().await, seller(&ledger).await);
        let folder = tempfile::tempdir().unwrap();
        let url = server.url("/x");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tempo::child", "--nocapture"])
            .env("TEMPO_TEST_FOLDER", folder.path())
            .env("TEMPO_TEST_NODE", &node.origin)
            .env("TEMPO_TEST_URL", &url)
            .env("TEMPO_TEST_STEP", &step)
            .env("TEMPO_TEST_NTH", nth.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
        assert!(status.code().is_none(), "{step}: the process ended by itself: {status}");
        get(folder.path(), &node.origin, &url, &Recorder::default()).await.unwrap();
        let purchases = if step == "Delivered" { 2 } else { 1 };
        assert_eq!((ledger.count(), ledger.sent()), (purchases, purchases), "{step} {nth}");
        assert_eq!(std::fs::read(folder.path().join("answer")).unwrap(), b"sold");
    });
    runs.await;
}
