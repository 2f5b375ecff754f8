//! Killed at every step, a buyer of tokens signs once and its next run gets the answer.

use crate::support::server::{Reply, Seen, Server};
use crate::support::token_shop::{
    Chain, asks_v2, payment_header, receipt, refuse, requirements, verified,
};
use crate::support::{Recorder, get_request, name_of, quick_limits, token_buyer_in};
use farebox_buyer::{BuyError, FileSink, Mode, Observer, Step};
use futures_util::{StreamExt, stream};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// What the seller did, by path.
#[derive(Clone, Default)]
struct Books {
    chains: Arc<Mutex<HashMap<String, Chain>>>,
    shown: Arc<Mutex<HashMap<String, HashSet<String>>>>,
}

impl Books {
    fn chain(&self, path: &str) -> Chain {
        self.chains.lock().unwrap().entry(path.to_owned()).or_default().clone()
    }

    /// How many different payments were shown at a path.
    fn shown(&self, path: &str) -> usize {
        self.shown.lock().unwrap().get(path).map_or(0, HashSet::len)
    }
}

/// Answers a payment that it has again, as often as it is shown. The first time it is shown at a
/// path that says so, the money is taken and the answer lost.
fn sell(seen: &Seen, books: &Books) -> Reply {
    let asked = requirements();
    let Some(paid) = verified(seen, &asked) else { return asks_v2(&[asked]) };
    let header = payment_header(seen).unwrap().to_owned();
    books.shown.lock().unwrap().entry(seen.path.clone()).or_default().insert(header);
    let is_first = books.chain(&seen.path).settle(paid);
    match is_first && seen.path.contains("lossy") {
        true => Reply::none(),
        false => Reply::ok(goods()).header("payment-response", receipt(&paid).to_header()),
    }
}

fn goods() -> Vec<u8> {
    b"0123456789".repeat(10_000)
}

async fn get(folder: &Path, url: &str, observer: &dyn Observer) -> Result<(), BuyError> {
    let buyer = token_buyer_in(folder);
    let mut sink = FileSink::new(folder.join("answer"));
    buyer.get(&get_request(url), &quick_limits(), Mode::Pay, observer, &mut sink).await.map(|_| ())
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

/// Not a test of its own: what the killed processes run.
#[test]
fn child() {
    let Ok(step) = std::env::var("TRANSFER_TEST_STEP") else { return };
    let variable = |name: &str| std::env::var(format!("TRANSFER_TEST_{name}")).unwrap();
    let killer = Killer { step, left: Mutex::new(variable("NTH").parse().unwrap()) };
    let folder = PathBuf::from(variable("FOLDER"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(get(&folder, &variable("URL"), &killer)).unwrap();
}

async fn get_and_die(folder: &Path, url: &str, step: &str, nth: usize) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "transfer_kill::child", "--nocapture"])
        .env("TRANSFER_TEST_FOLDER", folder)
        .env("TRANSFER_TEST_URL", url)
        .env("TRANSFER_TEST_STEP", step)
        .env("TRANSFER_TEST_NTH", nth.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    assert!(status.code().is_none(), "{step}: the process ended by itself: {status}");
}

/// Each step of a complete run, with how often a step of that name came before.
fn numbered(recorder: &Recorder) -> Vec<(String, usize)> {
    let mut counts = HashMap::<String, usize>::new();
    let number = |name: String| {
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        (name, *count - 1)
    };
    let steps = recorder.names().into_iter().map(number);
    // How an answer falls into parts is for the network to say.
    steps.filter(|(name, nth)| name != "Progress" || *nth == 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_a_payment_is_signed_once_and_its_answer_fetched_by_the_next_run() {
    let books = Books::default();
    let inner = books.clone();
    let server = Server::start(move |seen| sell(seen, &inner)).await;
    for kind in ["plain", "lossy"] {
        let folder = tempfile::tempdir().unwrap();
        let whole = Recorder::default();
        get(folder.path(), &server.url(&format!("/{kind}-whole")), &whole).await.unwrap();
        let steps = numbered(&whole);
        assert!(steps.iter().any(|(name, _)| name == "TransferSigned"), "{steps:?}");
        assert!(steps.len() >= 12, "{steps:?}");
        let (server, books) = (&server, &books);
        let runs = stream::iter(steps).for_each_concurrent(4, async |(step, nth)| {
            let folder = tempfile::tempdir().unwrap();
            let path = format!("/{kind}-{step}-{nth}");
            let url = server.url(&path);
            get_and_die(folder.path(), &url, &step, nth).await;
            get(folder.path(), &url, &Recorder::default()).await.unwrap();
            assert_eq!(std::fs::read(folder.path().join("answer")).unwrap(), goods(), "{path}");
            // Killed after its end was written down, the same request is a new purchase.
            let purchases = if step == "Delivered" { 2 } else { 1 };
            assert_eq!(books.chain(&path).count(), purchases, "{path}");
            assert_eq!(books.shown(&path), purchases, "{path}");
        });
        runs.await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twice_a_payment_is_still_signed_once() {
    let books = Books::default();
    let inner = books.clone();
    let server = Server::start(move |seen| sell(seen, &inner)).await;
    let mut cases = Vec::new();
    for first in ["TransferSigned", "Resending", "TransferSettled", "Written"] {
        let folder = tempfile::tempdir().unwrap();
        let url = server.url(&format!("/whole-{first}"));
        get_and_die(folder.path(), &url, first, 0).await;
        let recorder = Recorder::default();
        get(folder.path(), &url, &recorder).await.unwrap();
        let steps = numbered(&recorder).into_iter().filter(|(name, _)| name != "Delivered");
        cases.extend(steps.map(|(second, nth)| (first, second, nth)));
    }
    let (server, books) = (&server, &books);
    let runs = stream::iter(cases).for_each_concurrent(4, async |(first, second, nth)| {
        let folder = tempfile::tempdir().unwrap();
        let path = format!("/{first}-{second}-{nth}");
        let url = server.url(&path);
        get_and_die(folder.path(), &url, first, 0).await;
        get_and_die(folder.path(), &url, &second, nth).await;
        get(folder.path(), &url, &Recorder::default()).await.unwrap();
        assert_eq!((books.chain(&path).count(), books.shown(&path)), (1, 1), "{path}");
    });
    runs.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_runs_of_one_request_at_once_sign_one_payment_each_at_a_time() {
    let books = Books::default();
    let inner = books.clone();
    let served = Mutex::new(0);
    let server = Server::start(move |seen| {
        if payment_header(seen).is_none() {
            return sell(seen, &inner);
        }
        let mut served = served.lock().unwrap();
        *served += 1;
        // The first runs are refused, so that each later one takes the payment over.
        if *served <= 3 { refuse("insufficient_funds") } else { sell(seen, &inner) }
    });
    let server = server.await;
    let folder = tempfile::tempdir().unwrap();
    let url = server.url("/x");
    let runs = stream::iter(0..4).map(async |_| {
        let buyer = token_buyer_in(folder.path());
        let mut sink = farebox_buyer::MemorySink::default();
        let (request, limits) = (get_request(&url), quick_limits());
        buyer.get(&request, &limits, Mode::Pay, &Recorder::default(), &mut sink).await.is_ok()
    });
    let ended: Vec<_> = runs.buffer_unordered(4).collect().await;
    assert_eq!(ended.iter().filter(|ok| **ok).count(), 1, "{ended:?}");
    assert_eq!((books.chain("/x").count(), books.shown("/x")), (1, 1));
}
