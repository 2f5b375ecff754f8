//! The node's program and how it is called.

use super::log_file;
use crate::config::Settings;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// Variables of the server's own, with its secrets.
const OWN_VARIABLES: &str = "FAREBOX_";

/// The program, its folder and the address of its API.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    args: Vec<String>,
    data: PathBuf,
    api: SocketAddr,
}

impl Program {
    /// That of the settings; `None` where there is none.
    ///
    /// # Errors
    /// One line when there is no place for its data.
    pub fn configured(settings: &Settings) -> Result<Option<Self>, String> {
        let Some(path) = settings.node.program.clone() else { return Ok(None) };
        let args = settings.node.args.clone();
        Ok(Some(Self { path, args, data: settings.node_dir()?, api: settings.node.api }))
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where its API is.
    pub const fn api(&self) -> SocketAddr {
        self.api
    }

    /// Starts it, with its output in the log of its data folder. It has a process group of its own,
    /// so that a Ctrl-C meant for the server does not stop it before the server is done with it.
    /// It outlives a server that is killed: a node that is cut off may lose a channel.
    ///
    /// # Errors
    /// One line that names the program or the log.
    pub fn spawn(&self) -> Result<Child, String> {
        let output = || -> std::io::Result<_> {
            let log = log_file::open(&self.data)?;
            Ok((log.try_clone()?, log))
        };
        let (stdout, stderr) = output().map_err(|error| {
            format!("cannot write {}: {error}", log_file::path(&self.data).display())
        })?;
        let mut command = Command::new(&self.path);
        command.arg("--data").arg(&self.data).arg("--http").arg(self.api.to_string());
        command.args(&self.args).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with(OWN_VARIABLES) {
                command.env_remove(name);
            }
        }
        // The log is a file.
        command.env("NO_COLOR", "1");
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map_err(|error| {
            format!("cannot start the node {} (node.program): {error}", self.path.display())
        })
    }
}
