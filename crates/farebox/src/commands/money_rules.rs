//! The policy and the records of the data folder.

use crate::commands::problem::Problem;
use crate::config::Settings;
use clap::Args;
use farebox_buyer::rules::{POLICY_FILE, Policy, load};
use farebox_buyer::{Records, StartError};
use farebox_store::StoreError;
use std::path::PathBuf;

/// Which policy.
#[derive(Debug, Default, Args)]
pub(crate) struct PolicyArgs {
    /// The policy to go by, where the data folder has none [default: policy.toml in the data
    /// folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

/// A policy and where it is from.
pub(crate) struct InForce {
    pub(crate) policy: Policy,
    /// `None` where no file says anything and the default holds.
    pub(crate) path: Option<PathBuf>,
}

impl PolicyArgs {
    /// Reads the policy. That of the data folder cannot be replaced from the command line, which
    /// whoever spends may write.
    pub(crate) fn read(&self, settings: &Settings) -> Result<InForce, Problem> {
        let own = settings.data_dir().map_err(Problem::usage)?.join(POLICY_FILE);
        let bad = |error| Problem::new("policy", format!("{error}; nothing was paid"), 2);
        let found = load(&own).map_err(bad)?;
        match (found, &self.policy) {
            (Some(_), Some(_)) => Err(Problem::usage(format!(
                "the data folder has a policy, {}, and --policy cannot take its place",
                own.display()
            ))),
            (Some(policy), None) => Ok(InForce { policy, path: Some(own) }),
            (None, None) => Ok(InForce { policy: Policy::default(), path: None }),
            (None, Some(path)) => {
                let missing = || Problem::usage(format!("there is no policy {}", path.display()));
                let policy = load(path).map_err(bad)?.ok_or_else(missing)?;
                Ok(InForce { policy, path: Some(path.clone()) })
            }
        }
    }
}

/// Opens the records of the data folder.
pub(crate) fn open_records(settings: &Settings) -> Result<Records, Problem> {
    let folder = settings.data_dir().map_err(Problem::usage)?;
    Records::open(&folder).map_err(Problem::from)
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        Self::general(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let hint = "see that the data folder can be written, then run the same command again";
        Self::new("store", error.to_string(), 1).with_hint(Some(hint))
    }
}
