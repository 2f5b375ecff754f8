//! A process that is killed at any instant loses no money and pays for nothing twice.
//!
//! The wallet and the sellers live in this process; each get that is killed is a process of its
//! own, which ends inside its observer, at the step that the test names.

use crate::support::server::{Reply, Seen, Server};
use crate::support::shop::{Shop, path_of};
use crate::support::wallet::Draft;
use crate::support::{Recorder, get_request, name_of, open, quick_limits};
use farebox_buyer::{BuyError, FileSink, Limits, Mode, Observer, Step};
use farebox_money::Msat;
use farebox_play::phoenixd_api::{ApiPasswords, router};
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::{Database, DatabaseOptions};
use farebox_wallet::{Payer, Phoenixd, Receiver, SettledCursor};
use farebox_wire::l402::{TokenKind, challenge_header};
use futures_util::StreamExt;
use futures_util::stream;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const PASSWORD: &str = "password";
const FUNDS: Msat = Msat::new(1_000_000);
/// Longer than what fits into one packet of most networks.
const GOODS_LEN: usize = 100_000;

/// A play network with phoenixd's API for each buyer.
struct Town {
    folder: tempfile::TempDir,
    network: PlayNetwork,
}

/// One buyer: a wallet with phoenixd's API, a folder for its records and one for its answers.
struct Household {
    folder: PathBuf,
    wallet: PlayWallet,
    wallet_url: String,
}

impl Town {
    async fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("play.sqlite");
        let database =
            Database::open(&path, [farebox_play::schema()], DatabaseOptions::Exclusive).unwrap();
        let network = PlayNetwork::open(database).await.unwrap();
        Self { folder, network }
    }

    async fn household(&self, name: &str) -> Household {
        let wallet = self.network.wallet(name).await.unwrap();
        wallet.fund_once(name, FUNDS).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let passwords = ApiPasswords { full: PASSWORD.into(), limited: "limited".into() };
        let api = router(wallet.clone(), passwords);
        tokio::spawn(async move { axum::serve(listener, api).await.unwrap() });
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let wallet_url = format!("phoenixd:http://:{PASSWORD}@{address}");
        Household { folder, wallet, wallet_url }
    }

    async fn shop(&self, kind: TokenKind) -> Shop {
        let till = self.network.wallet("seller").await.unwrap();
        Shop::new(&till, kind, Draft::sats(5))
    }
}

impl Household {
    /// Gets an address in this process.
    async fn get(&self, url: &str, recorder: &dyn Observer) -> Result<(), BuyError> {
        get(&self.folder, &self.wallet_url, url, quick_limits(), recorder).await
    }

    /// Begins to get an address in a process that ends at the `nth` step called `step`.
    fn get_and_die(&self, url: &str, step: &str, nth: usize) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--nocapture"])
            .env("BUYER_TEST_FOLDER", &self.folder)
            .env("BUYER_TEST_WALLET", &self.wallet_url)
            .env("BUYER_TEST_URL", url)
            .env("BUYER_TEST_STEP", step)
            .env("BUYER_TEST_NTH", nth.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    async fn spent(&self) -> Msat {
        FUNDS.checked_sub(self.wallet.balance().await.unwrap()).unwrap()
    }

    fn answer(&self) -> Vec<u8> {
        std::fs::read(self.folder.join("answer")).unwrap()
    }

    /// What is left in the folder of the locks. The temporary file of a process that was killed
    /// stays: nobody can tell that it is not of one that still runs.
    fn litter(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.join("locks")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

async fn get(
    folder: &Path,
    wallet_url: &str,
    url: &str,
    limits: Limits,
    observer: &dyn Observer,
) -> Result<(), BuyError> {
    let payer = Arc::new(Phoenixd::new(wallet_url.parse().unwrap()).unwrap());
    let buyer = open(folder, Some(("phoenixd", payer)));
    let mut sink = FileSink::new(folder.join("answer"));
    buyer.get(&get_request(url), &limits, Mode::Pay, observer, &mut sink).await.map(|_| ())
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
    let Ok(step) = std::env::var("BUYER_TEST_STEP") else { return };
    let variable = |name: &str| std::env::var(format!("BUYER_TEST_{name}")).unwrap();
    let left = Mutex::new(variable("NTH").parse().unwrap());
    let killer = Killer { step, left };
    let folder = PathBuf::from(variable("FOLDER"));
    let limits = Limits { payment_timeout: Duration::from_secs(30), ..quick_limits() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (wallet, url) = (variable("WALLET"), variable("URL"));
    runtime.block_on(get(&folder, &wallet, &url, limits, &killer)).unwrap();
}

/// Each step of a complete run, with how often a step of that name came before.
fn numbered(recorder: &Recorder) -> Vec<(String, usize)> {
    let mut counts = HashMap::<String, usize>::new();
    let number = |name: String| {
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        (name, *count - 1)
    };
    recorder.names().into_iter().map(number).collect()
}

async fn wait_until_dead(mut child: Child, step: &str) {
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    assert!(status.code().is_none(), "{step}: the process ended by itself: {status}");
}

fn goods() -> Vec<u8> {
    (0..GOODS_LEN).map(|index| b"0123456789"[index % 10]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_a_purchase_is_paid_once_and_delivered_by_the_next_run() {
    let town = Town::build().await;
    let shop = town.shop(TokenKind::OneShot).await;
    let server = Server::start(move |seen| match shop.proof(seen) {
        Some(_) => Reply::ok(goods()),
        None => shop.challenge(seen),
    });
    let server = server.await;
    let whole = Recorder::default();
    town.household("whole").await.get(&server.url("/whole"), &whole).await.unwrap();
    let mut steps = numbered(&whole);
    // How an answer falls into parts is for the network to say.
    steps.retain(|(name, nth)| name != "Progress" || *nth == 0);
    assert!(steps.len() >= 14, "{steps:?}");

    let (town, server, count) = (&town, &server, steps.len());
    let runs = stream::iter(steps).for_each_concurrent(4, async |(step, nth)| {
        let name = format!("{step}-{nth}");
        let household = town.household(&name).await;
        let url = server.url(&format!("/{name}"));
        wait_until_dead(household.get_and_die(&url, &step, nth), &name).await;
        household.get(&url, &Recorder::default()).await.unwrap();
        assert_eq!(household.answer(), goods(), "{name}");
        // Killed after its end was written down, the same request is a new purchase.
        let purchases = if step == "Delivered" { 2 } else { 1 };
        assert_eq!(household.spent().await, Msat::new(purchases * 5_000), "{name}");
        assert!(household.litter().is_empty(), "{name}: {:?}", household.litter());
    });
    runs.await;
    check_books(town, count + 2).await;
}

/// Conservation: what buyers spent is what the seller got, in `payments` payments.
async fn check_books(town: &Town, payments: usize) {
    let seller = town.network.wallet("seller").await.unwrap();
    let settled = seller.settled_since(SettledCursor::default(), Duration::ZERO).await.unwrap();
    assert_eq!(settled.hashes.iter().collect::<HashSet<_>>().len(), payments);
    let received = u64::try_from(payments).unwrap() * 5_000;
    assert_eq!(seller.balance().await.unwrap(), Msat::new(received));
    let totals = town.network.totals().await.unwrap();
    assert_eq!(totals.minted, totals.balances);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_of_a_resumed_run_a_purchase_is_still_paid_once() {
    let town = Town::build().await;
    let shop = town.shop(TokenKind::OneShot).await;
    let server = Server::start(move |seen| match shop.proof(seen) {
        Some(_) => Reply::ok(goods()),
        None => shop.challenge(seen),
    });
    let server = server.await;
    let mut cases = Vec::new();
    for first in ["IntentPersisted", "Paying", "PaidUnrecorded", "PaidRecorded", "Written"] {
        let household = town.household(&format!("whole-{first}")).await;
        let url = server.url(&format!("/whole-{first}"));
        wait_until_dead(household.get_and_die(&url, first, 0), first).await;
        let recorder = Recorder::default();
        household.get(&url, &recorder).await.unwrap();
        let steps = numbered(&recorder).into_iter();
        let steps =
            steps.filter(|(name, nth)| name != "Delivered" && (name != "Progress" || *nth == 0));
        cases.extend(steps.map(|(second, nth)| (first, second, nth)));
    }
    let (town, server, count) = (&town, &server, cases.len());
    assert!(count >= 35, "{cases:?}");
    let runs = stream::iter(cases).for_each_concurrent(4, async |(first, second, nth)| {
        let name = format!("{first}-{second}-{nth}");
        let household = town.household(&name).await;
        let url = server.url(&format!("/{name}"));
        wait_until_dead(household.get_and_die(&url, first, 0), &name).await;
        wait_until_dead(household.get_and_die(&url, &second, nth), &name).await;
        household.get(&url, &Recorder::default()).await.unwrap();
        assert_eq!(household.answer(), goods(), "{name}");
        assert_eq!(household.spent().await, Msat::new(5_000), "{name}");
        assert!(household.litter().is_empty(), "{name}: {:?}", household.litter());
    });
    runs.await;
    check_books(town, count + 5).await;
}

/// Sends buyers on from `/start` to their goods, sells tokens per path without saying so, and
/// breaks the first answer of each path off.
async fn difficult_seller(town: &Town) -> Server {
    let till = town.network.wallet("seller").await.unwrap();
    let shop = Shop::opaque(&till, Draft::sats(5));
    let sold = Mutex::new(HashSet::new());
    let broken = Mutex::new(HashSet::new());
    let serve = move |seen: &Seen| {
        let path = path_of(seen).to_owned();
        if let Some(place) = path.strip_suffix("/start") {
            return Reply::new(302, "").header("location", format!("{place}/goods"));
        }
        let proof = shop.proof(seen);
        if proof.is_some_and(|hash| sold.lock().unwrap().contains(&(hash, path.clone()))) {
            let first = broken.lock().unwrap().insert(path);
            return if first { Reply::ok(goods()).cut_at(5_000) } else { Reply::ok(goods()) };
        }
        let (token, invoice, hash) = shop.mint(seen);
        sold.lock().unwrap().insert((hash, path));
        Reply::new(402, "pay").header("www-authenticate", challenge_header(&token, &invoice))
    };
    Server::start(serve).await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_with_a_difficult_seller_a_purchase_is_paid_once() {
    let town = Town::build().await;
    let server = difficult_seller(&town).await;
    let whole = Recorder::default();
    let household = town.household("whole").await;
    household.get(&server.url("/whole/other"), &Recorder::default()).await.unwrap();
    household.get(&server.url("/whole/start"), &whole).await.unwrap();
    let mut steps = numbered(&whole);
    steps.retain(|(name, _)| name != "Progress" && name != "Delivered");
    for step in ["TokenRefused", "Redirected", "ResendWaiting", "Resending", "Written"] {
        assert!(steps.iter().any(|(name, _)| name == step), "{step} is not in {steps:?}");
    }
    let (town, server, count) = (&town, &server, steps.len());
    let runs = stream::iter(steps).for_each_concurrent(4, async |(step, nth)| {
        let name = format!("{step}-{nth}");
        let household = town.household(&name).await;
        household.get(&server.url(&format!("/{name}/other")), &Recorder::default()).await.unwrap();
        let url = server.url(&format!("/{name}/start"));
        wait_until_dead(household.get_and_die(&url, &step, nth), &name).await;
        household.get(&url, &Recorder::default()).await.unwrap();
        assert_eq!(household.answer(), goods(), "{name}");
        assert_eq!(household.spent().await, Msat::new(10_000), "{name}");
        assert!(household.litter().is_empty(), "{name}: {:?}", household.litter());
    });
    runs.await;
    check_books(town, 2 * (count + 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_wallet_pays_the_payment_is_found_and_not_made_again() {
    let town = Town::build().await;
    let shop = town.shop(TokenKind::OneShot).await;
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    let faults = town.network.faults();
    for (name, held) in [("held", true), ("late", false)] {
        let household = town.household(name).await;
        let url = server.url(&format!("/{name}"));
        if held {
            faults.hold();
        } else {
            faults.delay_after_settling(Duration::from_secs(600));
        }
        let mut child = household.get_and_die(&url, "PaidUnrecorded", 0);
        while !wallet_was_asked(&household).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if held {
            let error = household.get(&url, &Recorder::default()).await.unwrap_err();
            assert!(matches!(error, BuyError::PaymentUnderWay { .. }), "{error}");
            faults.release();
        }
        household.get(&url, &Recorder::default()).await.unwrap();
        assert_eq!(household.answer(), b"sold");
        assert_eq!(household.spent().await, Msat::new(5_000), "{name}");
    }
    check_books(&town, 2).await;
}

/// Whether the wallet has begun or made the payment that the household's records intend.
async fn wallet_was_asked(household: &Household) -> bool {
    let path = household.folder.join("buyer.sqlite");
    let Ok(records) = farebox_store::rusqlite::Connection::open(path) else { return false };
    let sql = "SELECT payment_hash FROM purchase";
    let hash: Result<[u8; 32], _> = records.query_row(sql, [], |row| row.get(0));
    let Ok(hash) = hash else { return false };
    let hash = farebox_wire::lightning::PaymentHash::new(hash);
    let status = household.wallet.status(hash).await.unwrap();
    !matches!(status, farebox_wallet::PaymentStatus::NeverTried)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_frees_its_request_for_the_others() {
    let town = Town::build().await;
    let shop = town.shop(TokenKind::OneShot).await;
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    let household = town.household("shared").await;
    let url = server.url("/x");
    town.network.faults().hold();
    let mut holder = household.get_and_die(&url, "never", 0);
    while !wallet_was_asked(&household).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    wait_until_dead(household.get_and_die(&url, "LockWaiting", 0), "LockWaiting").await;
    let recorder = Recorder::default();
    let kills = async {
        while recorder.count("LockWaiting") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        holder.kill().unwrap();
        holder.wait().unwrap();
        town.network.faults().release();
    };
    let (got, ()) = tokio::join!(household.get(&url, &recorder), kills);
    got.unwrap();
    assert_eq!((household.answer(), household.spent().await), (b"sold".to_vec(), Msat::new(5_000)));
    check_books(&town, 1).await;
}
