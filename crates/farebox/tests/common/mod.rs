//! The real program as a child process.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod seller;

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

pub const PASSWORD: &str = "farebox-demo";

/// The program with an environment of its own.
pub fn farebox() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farebox"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FAREBOX_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", "/nonexistent").env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
    command
}

/// The output of a command that must end by itself.
pub fn output_of(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id().to_string();
    let (sender, receiver) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
    let output = receiver.recv_timeout(std::time::Duration::from_secs(60));
    if output.is_err() {
        let _ = Command::new("kill").args(["-KILL", &id]).status();
    }
    let _ = waiter.join();
    output.expect("the command did not end")
}

/// A demo server on free ports; it stops when this goes.
pub struct Demo {
    child: Child,
    pub url: String,
    pub wallet: String,
}

impl Demo {
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    pub fn start_with(data: &Path, arguments: &[&str]) -> Self {
        Self::start_in(data, arguments, &[])
    }

    /// With variables in its environment.
    pub fn start_in(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = farebox();
        command.envs(variables.iter().copied());
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]);
        command.args(["--play-listen", "127.0.0.1:0", "--data"]).arg(data).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (mut url, mut wallet) = (None, None);
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let value = |label: &str| {
                let rest = line.strip_prefix(label)?;
                Some(rest.split_whitespace().next()?.trim_end_matches('/').to_owned())
            };
            url = url.or(value("  pages"));
            wallet = wallet.or(value("  wallet"));
            if line.contains("Ctrl-C") {
                break;
            }
        }
        let wallet = wallet.expect("the server did not start").replace("http://", "");
        let wallet = format!("phoenixd:http://:{PASSWORD}@{wallet}");
        Self { child, url: url.unwrap(), wallet }
    }

    /// The program as a buyer of this server, with a data folder of its own.
    pub fn buyer(&self, data: &Path) -> Command {
        let mut command = farebox();
        command.env("FAREBOX_WALLET", &self.wallet).env("FAREBOX_SERVER", &self.url);
        command.env("FAREBOX_DATA", data);
        command
    }

    pub fn balance(&self, data: &Path) -> u64 {
        let output = self.buyer(data).args(["wallet", "balance", "--json"]).output().unwrap();
        json(&output)["balance_sats"].as_u64().unwrap()
    }

    /// Whether the server has ended by itself within a minute.
    pub fn has_died(&mut self) -> bool {
        let begun = std::time::Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            if begun.elapsed().as_secs() > 60 {
                return false;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        true
    }

    /// Asks the server to stop and waits until it has.
    pub fn stop(mut self) -> std::process::ExitStatus {
        terminate(&self.child);
        self.child.wait().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn terminate(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
}

pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
