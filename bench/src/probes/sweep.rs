//! The sweep: the directory's own code, from schedule to record.

use crate::Failed;
use crate::estate::{Estate, OwnNames};
use farebox_directory::Directory;
use farebox_directory::import::Import;
use farebox_directory::import::formats::Format;
use farebox_directory::prober::{Prober, ProberOptions, ProberThreads, SweepReport};
use farebox_net::{AddressPolicy, GuardOptions, GuardedClient, TrustedCertificate};
use farebox_store::{Location, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A directory in the folder with the estate's endpoints in it.
pub async fn directory(folder: &Path, estate: Estate) -> Result<Directory, Failed> {
    let location = Location::File(folder.join("farebox.sqlite"));
    let store = Store::open(location, vec![farebox_directory::schema()]).await?;
    let directory = Directory::open(store, None).await?;
    let import = Import {
        source: "bench".to_owned(),
        format: Format::Jsonl,
        document: None,
        trust: None,
        dry_run: false,
    };
    let report = directory.import(import, estate.list(), |_| {}).await?;
    if report.added != u64::from(estate.endpoints) {
        return Err(format!("only {} were listed", report.added).into());
    }
    Ok(directory)
}

/// A sweep under way; it ends when this is dropped.
pub struct Sweep {
    task: tokio::task::JoinHandle<()>,
    directory: Directory,
}

impl Drop for Sweep {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sweep {
    /// Begins one with two threads of its own.
    pub fn begin(
        directory: &Directory,
        folder: &Path,
        options: ProberOptions,
    ) -> Result<Self, Failed> {
        let certificate = TrustedCertificate::from_pem(&std::fs::read(folder.join("root.pem"))?)?;
        let client = GuardedClient::new(GuardOptions {
            user_agent: "Farebox-prober/bench".to_owned(),
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(30),
            addresses: AddressPolicy::and_networks(["127.0.0.0/8".parse()?]),
            resolver: Arc::new(OwnNames),
            certificate: Some(certificate),
        })?;
        let prober = Prober::new(directory.clone(), client, options, "bench".to_owned());
        let threads = ProberThreads::start(2)?;
        let task = tokio::spawn(async move { threads.run(prober).await });
        Ok(Self { task, directory: directory.clone() })
    }

    pub fn report(&self) -> SweepReport {
        self.directory.sweep_figures().report(self.directory.now())
    }

    /// Waits until it has its share.
    pub async fn has_begun(&self) {
        while self.report().probes == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
