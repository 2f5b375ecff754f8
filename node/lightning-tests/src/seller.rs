//! `farebox serve` as a child process, paid through a node.

use crate::process::Process;
use crate::{Http, Node, scratch_folder};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A server with real Lightning behind it; it ends with the test.
#[derive(Debug)]
pub struct Seller {
    _process: Process,
    folder: TempDir,
    url: String,
    /// Its public side.
    pub http: Http,
}

impl Seller {
    /// Starts a server whose wallet is a node, with a price for the export in satoshis.
    ///
    /// # Panics
    ///
    /// When `TEST_PROGRAM` does not name the program, or it does not start.
    pub fn start(node: &Node, export_csv_sats: u64) -> Self {
        let folder = scratch_folder();
        let wallet = wallet_url(node);
        let settings = format!(
            "[seller]\nwallet = \"{wallet}\"\n[prices]\nexport_csv_sats = {export_csv_sats}\n\
             [withdrawals]\nenabled = true\n"
        );
        std::fs::write(folder.path().join("farebox.toml"), settings).unwrap();
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--config"]);
        command.arg(folder.path().join("farebox.toml")).arg("--data").arg(data(&folder));
        let (process, url) = Process::start(&mut command, &folder.path().join("log"), |line| {
            Some(line.strip_prefix("  pages")?.trim().trim_end_matches('/').to_owned())
        });
        Self { _process: process, folder, http: Http::new(&url, None), url }
    }

    /// `farebox get` of one of its paths, paid for from a node, with a limit for the routing fee in
    /// satoshis.
    ///
    /// # Panics
    ///
    /// When the program cannot be run.
    pub fn sell(&self, path: &str, to: &Node, fee_max_sats: u64) -> Output {
        let mut command = program();
        command.env("FAREBOX_WALLET", wallet_url(to)).env("FAREBOX_DATA", data(&self.folder));
        command.args(["get", "--max-fee", &fee_max_sats.to_string()]);
        command.arg(format!("{}{path}", self.url)).output().unwrap()
    }

    /// `farebox admin ledger verify --json`
    ///
    /// # Panics
    ///
    /// When the books cannot be read or are not sound.
    pub fn books(&self) -> Value {
        let mut command = program();
        command.env("FAREBOX_DATA", data(&self.folder));
        let output = command.args(["admin", "ledger", "verify", "--json"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn wallet_url(node: &Node) -> String {
    format!("phoenixd:http://:{}@{}", node.full_password(), node.address())
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

/// The program with an environment of its own.
fn program() -> Command {
    let program = std::env::var_os("TEST_PROGRAM").expect("TEST_PROGRAM names the farebox program");
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FAREBOX_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", "/nonexistent").env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
    command
}
