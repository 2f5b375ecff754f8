//! A list that is sent to the server that has the database.

use super::ImportArgs;
use crate::config::Settings;
use crate::output::{Failure, harmless};
use farebox_directory::import::{IMPORT_PATH, Report};
use farebox_net::{ClientOptions, http_client};
use indicatif::ProgressBar;
use serde_json::Value;
use std::io::Read;
use std::time::Duration;
use url::{Host, Url};

/// A report is never longer.
const REPORT_LEN_MAX: usize = 1_024 * 1_024;
/// Bytes that are read of the list at once.
const PART_LEN: usize = 64 * 1_024;
/// Parts that wait to be sent.
const PARTS_AHEAD: usize = 4;
/// A server may be busy with a list of a million rows.
const READ_TIMEOUT: Duration = Duration::from_secs(1_800);

/// Sends the list, or the address to fetch it from, and returns the server's report.
pub(super) async fn send(
    args: &ImportArgs,
    settings: &Settings,
    bar: &ProgressBar,
) -> Result<Report, Failure> {
    let url = address(args, settings)?;
    let file = settings.admin_secret_file(args.demo).map_err(Failure::usage)?;
    let secret = std::fs::read_to_string(&file).map_err(|error| {
        Failure::usage(format!(
            "a server has the database open, and its admin's secret cannot be read from {}: {error}",
            file.display()
        ))
    })?;
    bar.set_message(format!("sent to {}", settings.server));
    let client = http_client(&options()).map_err(Failure::general)?;
    let request = client.post(url).bearer_auth(secret.trim());
    let request = match args.url() {
        Some(_) => request,
        None => request.body(reqwest::Body::wrap_stream(parts(args.input()?))),
    };
    let unreachable = |error: reqwest::Error| {
        Failure::network(format!(
            "a server has the database open, and none answers at {} ({error}); name it with \
             FAREBOX_SERVER, or stop it for the import",
            settings.server
        ))
    };
    let mut answer = request.send().await.map_err(unreachable)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&part);
        if body.len() > REPORT_LEN_MAX {
            return Err(Failure::general("the server's report has no end"));
        }
    }
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(Failure::general);
    }
    let error: Value = serde_json::from_slice(&body).unwrap_or_default();
    let message = error.pointer("/error/message").and_then(Value::as_str);
    let message = harmless(message.unwrap_or("no reason given"));
    Err(match status.as_u16() {
        400 | 422 => Failure::usage(message),
        502 => Failure::network(message),
        _ => Failure::general(format!("{} answered {status}: {message}", settings.server)),
    })
}

/// Where the list is sent, with what is said of it. A secret goes over TLS, or nowhere but to this
/// machine.
fn address(args: &ImportArgs, settings: &Settings) -> Result<Url, Failure> {
    let mut url = Url::parse(&settings.server).map_err(Failure::usage)?;
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() != "https" && !is_here {
        return Err(Failure::usage(format!(
            "the admin's secret is not sent to {} without TLS; stop the server for the import",
            settings.server
        )));
    }
    url.set_path(IMPORT_PATH);
    let dry_run = args.dry_run.then(|| "true".to_owned());
    let from = args.url().map(String::from);
    let said = [
        ("from", from),
        ("source", args.source.clone()),
        ("format", args.format.clone()),
        ("address", args.address.as_ref().map(Url::to_string)),
        ("trust", args.trust.clone()),
        ("dry_run", dry_run),
    ];
    let said = said.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    url.query_pairs_mut().clear().extend_pairs(said);
    Ok(url)
}

fn options() -> ClientOptions {
    ClientOptions {
        user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
        connect_timeout: Duration::from_secs(10),
        read_timeout: READ_TIMEOUT,
        insecure_tls: false,
        certificate: None,
        system_proxy: false,
    }
}

/// The list in parts, read on a thread of its own while it is sent.
fn parts(
    mut input: Box<dyn Read + Send>,
) -> impl futures_util::Stream<Item = std::io::Result<Vec<u8>>> + Send + 'static {
    let (sender, receiver) = tokio::sync::mpsc::channel(PARTS_AHEAD);
    std::thread::spawn(move || {
        loop {
            let mut part = vec![0; PART_LEN];
            let read = input.read(&mut part);
            let is_last = !matches!(read, Ok(len) if len > 0);
            let part = read.map(|len| {
                part.truncate(len);
                part
            });
            // Nobody takes it any more when the server refused.
            if matches!(&part, Ok(part) if part.is_empty())
                || sender.blocking_send(part).is_err()
                || is_last
            {
                return;
            }
        }
    });
    futures_util::stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    })
}
