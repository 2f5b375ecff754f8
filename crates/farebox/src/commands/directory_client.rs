//! Asking a directory server over its REST API.

use crate::config::{Overrides, Settings};
use crate::output::Failure;
use clap::Args;
use farebox_net::{ClientOptions, http_client};
use serde_json::Value;
use std::time::Duration;

/// Larger answers are not read.
const ANSWER_LEN_MAX: usize = 16 * 1024 * 1024;

/// Which server to ask.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// The directory server to ask [env: FAREBOX_SERVER=] [default: http://127.0.0.1:4020]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

impl ServerArgs {
    /// The flag as a setting; environment and file are read with the other settings.
    pub fn overrides(&self) -> Overrides {
        let server = self.server.as_ref().map(|url| toml::Value::String(url.clone()));
        server.map(|url| ("server", url)).into_iter().collect()
    }
}

/// What is asked of a server.
pub struct Question<'a> {
    /// Where.
    pub path: &'a str,
    /// The parameters.
    pub query: &'a [(&'a str, String)],
    /// What is sent with `POST`; `None` asks with `GET`.
    pub body: Option<&'a Value>,
    /// A secret that goes along.
    pub bearer: Option<&'a str>,
}

/// Asks `GET path?query` and returns the JSON.
pub async fn ask(
    settings: &Settings,
    path: &str,
    query: &[(&str, String)],
) -> Result<Value, Failure> {
    ask_with(settings, Question { path, query, body: None, bearer: None }).await
}

/// Asks a server and returns the JSON.
pub async fn ask_with(settings: &Settings, question: Question<'_>) -> Result<Value, Failure> {
    let Question { path, query, body, bearer } = question;
    let server = settings.server.trim_end_matches('/');
    let url = url::Url::parse_with_params(&format!("{server}{path}"), query)
        .map_err(|error| Failure::usage(format!("--server {server:?} is no URL: {error}")))?;
    let options = ClientOptions {
        user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
        connect_timeout: Duration::from_secs(10),
        read_timeout: Duration::from_secs(30),
        insecure_tls: false,
        certificate: None,
        system_proxy: true,
    };
    let client = http_client(&options).map_err(Failure::general)?;
    let request = match body {
        None => client.get(url),
        Some(body) => client
            .post(url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body.to_string()),
    };
    let request = match bearer {
        Some(secret) => request.bearer_auth(secret),
        None => request,
    };
    let mut answer = request.send().await.map_err(|error| unreachable(server, &error))?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(server, &error))? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_LEN_MAX {
            return Err(Failure::general(format!("{server} answers more than 16 MiB")));
        }
    }
    let json: Option<Value> = serde_json::from_slice(&body).ok();
    match json {
        Some(json) if status.is_success() => Ok(json),
        Some(json) => Err(refusal(server, status.as_u16(), &json)),
        None => Err(Failure::general(format!(
            "{server} answered {status} and no JSON; is it a Farebox server?"
        ))),
    }
}

fn unreachable(server: &str, error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        return Failure::network(format!(
            "no server answers at {server}; start one with `farebox serve --demo`, or name \
             another with --server or FAREBOX_SERVER"
        ));
    }
    Failure::network(format!("{server} did not answer: {error}"))
}

fn refusal(server: &str, status: u16, json: &Value) -> Failure {
    let message = json.pointer("/error/message").and_then(Value::as_str);
    let message = crate::output::harmless(message.unwrap_or("no reason given"));
    match status {
        400 | 404 => Failure::usage(message),
        _ => Failure::general(format!("{server} answered {status}: {message}")),
    }
}
