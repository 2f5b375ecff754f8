//! Facilitators over HTTP, on the chain of the tests: Farebox's own and the reference.

use crate::client::post;
use crate::http_load::{Target, alternate, alternate_shares};
use crate::process::Program;
use crate::report::Group;
use crate::{Args, Failed, terms, unpaid};
use farebox_wire::x402::{Payment, PaymentRequirements};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The key of the chain's account 4, which is public: no two programs may send with one.
const FAREBOX_KEY: &str = "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";
/// Settlements at the same time, for each of which a transaction waits for the chain.
const SETTLING: usize = 10;
const VALID: &str = r#""isValid":true"#;
const SETTLED: &str = r#""success":true"#;

/// A chain of the tests, which is stopped when this is dropped.
pub struct Chain {
    folder: PathBuf,
    pub rpc: String,
}

impl Chain {
    pub async fn start(folder: &Path) -> Result<Self, Failed> {
        let folder = folder.join("chain");
        let started = Command::new("tests/chain/server").arg("start").arg(&folder).output().await?;
        if !started.status.success() {
            return Err(String::from_utf8_lossy(&started.stderr).into());
        }
        let rpc = String::from_utf8(started.stdout)?.trim().to_owned();
        Ok(Self { folder, rpc })
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        let mut stop = std::process::Command::new("tests/chain/server");
        let _ = stop.arg("stop").arg(&self.folder).status();
    }
}

/// The facilitator made of the published packages.
pub fn reference(chain: &Chain, folder: &Path) -> Result<Program, Failed> {
    let set = |command: &mut Command| {
        command.env("RPC", &chain.rpc);
    };
    unpaid::node("x402", "facilitator.mjs", "reference facilitator", folder, set)
}

fn farebox(args: &Args, chain: &Chain, folder: &Path) -> Result<Program, Failed> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map(|()| path)
    };
    let key = write("gas.key", FAREBOX_KEY)?;
    let (pay_to, rpc) = (terms::pay_to()?, &chain.rpc);
    let settings = format!(
        "[facilitator]\nenabled = true\n[[seller.evm]]\nnetwork = \"base-sepolia\"\n\
         pay_to = \"{pay_to}\"\nrpc = \"{rpc}\"\nkey_file = {key:?}\n"
    );
    let config = write("farebox.toml", &settings)?;
    let mut command = Command::new(&args.farebox);
    command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(config);
    command.arg("--data").arg(folder.join("farebox"));
    Program::start("farebox", command, folder)
}

pub async fn measure(args: &Args) -> Result<Vec<Group>, Failed> {
    let folder = tempfile::tempdir_in(&args.folder)?;
    let chain = Chain::start(folder.path()).await?;
    let mut ours = farebox(args, &chain, folder.path())?;
    let our_address = ours.says(page_address).await?;
    let mut theirs = reference(&chain, folder.path())?;
    let their_address = theirs.address().await?;
    let named = [("farebox", &our_address, &ours), ("@x402/evm", &their_address, &theirs)];

    let verify = body(terms::payments(1)?.first().ok_or("no payment")?)?;
    let targets = named.map(|(name, address, program)| {
        let target = Target::same(name, address, 200, question(address, "/verify", &verify));
        (target.saying(VALID), program)
    });
    let rows = alternate(args, &targets).await?;
    let title = format!("x402: POST /verify, one chain for both, {} connections", args.connections);
    let verified = Group { title, rows };

    let mut targets = Vec::new();
    let len = args.settlements * args.rounds;
    for (name, address, program) in named {
        let payments = terms::payments(len)?;
        let asked =
            payments.iter().map(|payment| Ok(question(address, "/settle", &body(payment)?)));
        let asked = asked.collect::<Result<Vec<_>, Failed>>()?;
        targets.push((Target::once_each(name, address, 200, asked).saying(SETTLED), program));
    }
    let rows = alternate_shares(args, &targets, SETTLING, len).await?;
    let title = format!("x402: POST /settle, one chain for both, {SETTLING} connections");
    Ok(vec![verified, Group { title, rows }])
}

/// Of the line with the server's pages.
fn page_address(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("pages")?.trim();
    Some(rest.strip_prefix("http://")?.trim_end_matches('/').to_owned())
}

fn question(address: &str, path: &str, body: &str) -> Vec<u8> {
    post(address, path, &[("content-type", "application/json")], body)
}

fn body(payment: &Payment) -> Result<String, Failed> {
    let Payment::V2(payment) = payment else { return Err("not of version 2".into()) };
    let asked: PaymentRequirements = payment.accepted.clone();
    let body: Value =
        json!({"x402Version": 2, "paymentPayload": payment, "paymentRequirements": asked});
    Ok(body.to_string())
}
