//! Asking a running server with the admin's secret.

use crate::commands::directory_client::{Question, ask_with};
use crate::config::Settings;
use crate::output::Failure;
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;

/// Which server, and where its secret is.
#[derive(Debug, Args)]
pub struct AdminServer {
    /// The file with the admin's secret
    #[arg(long, value_name = "FILE", global = true)]
    secret_file: Option<PathBuf>,

    /// The demo's server
    #[arg(long, global = true)]
    demo: bool,
}

impl AdminServer {
    /// Asks `GET path?query`.
    pub async fn get(
        &self,
        settings: &Settings,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Value, Failure> {
        let secret = self.secret(settings)?;
        ask_with(settings, Question { path, query, body: None, bearer: Some(&secret) }).await
    }

    /// Sends `POST path` with a body.
    pub async fn post(
        &self,
        settings: &Settings,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        let secret = self.secret(settings)?;
        let question = Question { path, query: &[], body: Some(body), bearer: Some(&secret) };
        ask_with(settings, question).await
    }

    fn secret(&self, settings: &Settings) -> Result<String, Failure> {
        let configured = self.secret_file.clone().or_else(|| settings.admin.secret_file.clone());
        let path = match configured {
            Some(path) => path,
            None => settings.server_dir(self.demo).map_err(Failure::usage)?.join("admin.secret"),
        };
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::usage(format!(
                "cannot read the admin's secret from {}: {error}; name the file with --secret-file{}",
                path.display(),
                if self.demo { "" } else { ", or say --demo" },
            ))
        })?;
        Ok(text.trim().to_owned())
    }
}
