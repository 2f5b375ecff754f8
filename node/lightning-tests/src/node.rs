//! `farebox-node` as a child process.

use crate::chain::ChainServer;
use crate::process::{Process, built};
use crate::{Answer, Http, scratch_folder, until};
use serde_json::Value;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use tempfile::TempDir;

/// A node of its own data folder; it ends with the test.
#[derive(Debug)]
pub struct Node {
    process: Process,
    folder: TempDir,
    chain: ChainServer,
    name: String,
    peer_port: u16,
    /// The HTTP API with the full password.
    pub http: Http,
    address: String,
}

impl Node {
    /// Starts a new node that follows a chain.
    pub async fn start(chain: &ChainServer, name: &str) -> Self {
        let folder = scratch_folder();
        let peer_port = free_port();
        let (process, address) = launch(chain, &folder, name, peer_port, "127.0.0.1:0");
        let http = Http::new(&format!("http://{address}"), Some(&password(&folder, FULL)));
        let (name, chain) = (name.to_owned(), chain.clone());
        Self { process, folder, chain, name, peer_port, http, address }
    }

    /// Ends the node as a crash would, and starts it again on the same data.
    pub async fn crash_and_restart(&mut self) {
        self.process.kill();
        self.launch_again();
    }

    /// Stops the node in order, and starts it again on the same data.
    ///
    /// # Panics
    ///
    /// When it does not stop cleanly.
    pub async fn restart(&mut self) {
        assert!(self.process.stop().success());
        self.launch_again();
    }

    fn launch_again(&mut self) {
        let Self { chain, folder, name, peer_port, address, .. } = self;
        let (process, _) = launch(chain, folder, name, *peer_port, address);
        self.process = process;
    }

    /// Stops the node in order.
    pub fn stop(&mut self) -> ExitStatus {
        self.process.stop()
    }

    /// Where others reach it: `NODE_ID@HOST:PORT`.
    pub async fn peer_address(&self) -> String {
        format!("{}@127.0.0.1:{}", self.id().await, self.peer_port)
    }

    /// Its public key.
    pub async fn id(&self) -> String {
        text(&self.info().await["nodeId"])
    }

    /// `GET /getinfo`
    pub async fn info(&self) -> Value {
        self.http.get("/getinfo").await.json()
    }

    /// The HTTP API's address, without the scheme.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The password that may do everything.
    pub fn full_password(&self) -> String {
        password(&self.folder, FULL)
    }

    /// The password that cannot pay.
    pub fn limited_password(&self) -> String {
        password(&self.folder, LIMITED)
    }

    /// The permissions of a file in its data folder.
    pub fn mode_of(&self, file: &str) -> u32 {
        let path = self.data().join(file);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Waits until it knows the newest block.
    pub async fn follows_chain(&self) {
        until("the node to follow the chain", async || {
            let height = self.info().await["blockHeight"].as_u64()?;
            (height == self.chain.height() as u64).then_some(())
        })
        .await;
    }

    /// What it can send, over all channels, in millisatoshis.
    pub async fn balance_msat(&self) -> u64 {
        let channels = self.http.get("/listchannels").await.json();
        let channels = channels.as_array().unwrap().iter();
        channels.map(|channel| channel["balanceMsat"].as_u64().unwrap()).sum()
    }

    /// Waits until it can send exactly so much: the last messages about a payment follow it.
    pub async fn balance_becomes(&self, wanted_msat: u64) {
        let what = format!("a balance of {wanted_msat} msat");
        until(&what, async || (self.balance_msat().await == wanted_msat).then_some(())).await;
    }

    /// How many of its channels can be used.
    pub async fn usable_channels(&self) -> usize {
        let channels = self.http.get("/listchannels").await.json();
        channels.as_array().unwrap().iter().filter(|channel| channel["state"] == "Normal").count()
    }

    /// Makes an invoice and gives its text.
    pub async fn invoice(&self, amount_sat: u64, description: &str) -> String {
        let amount = amount_sat.to_string();
        let form = [("amountSat", amount.as_str()), ("description", description)];
        text(&self.http.post("/createinvoice", &form).await.json()["serialized"])
    }

    /// `POST /payinvoice`, with a limit for the fee where there is one.
    pub async fn pay(&self, invoice: &str, fee_max_msat: Option<u64>) -> Answer {
        let limit = fee_max_msat.map(|limit| limit.to_string());
        let limit = limit.as_deref().map(|limit| ("maxFeeMsat", limit));
        let form: Vec<_> = [("invoice", invoice)].into_iter().chain(limit).collect();
        self.http.post("/payinvoice", &form).await
    }
}

const FULL: &str = "http-password";
const LIMITED: &str = "http-password-limited-access";

fn launch(
    chain: &ChainServer,
    folder: &TempDir,
    name: &str,
    peer_port: u16,
    http: &str,
) -> (Process, String) {
    let mut command = Command::new(built("farebox-node"));
    command
        .args(["--network", "regtest", "--alias", name, "--http", http])
        .args(["--chain", &chain.source(), "--listen", &format!("127.0.0.1:{peer_port}")])
        .arg("--data")
        .arg(folder.path().join("data"));
    Process::start(&mut command, &folder.path().join("log"), |line| {
        Some(line.split_once("ready: http://")?.1.to_owned())
    })
}

fn password(folder: &TempDir, name: &str) -> String {
    let text = std::fs::read_to_string(folder.path().join("data/passwords")).unwrap();
    let line = |line: &str| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned());
    text.lines().find_map(line).expect("a password")
}

/// One that was free a moment ago: other nodes must know it before the node listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A text in JSON.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
