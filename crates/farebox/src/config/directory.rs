//! `[directory]` and `[admin]`: what the directory may reach, and who runs it.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::PathBuf;

/// The directory.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct DirectorySettings {
    /// Private addresses and networks that probes, claims, webhooks and imports may reach.
    pub allow_addresses: Vec<String>,
    /// Whether an admin looks at every paid submission before it is shown.
    pub review_submissions: bool,
}

/// Who runs the server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct AdminSettings {
    /// A file with the admin's secret; made in the data folder when not given.
    pub secret_file: Option<PathBuf>,
}

impl DirectorySettings {
    /// The networks that are allowed.
    ///
    /// # Errors
    /// One line that names the key and the first text that is no network.
    pub fn networks(&self) -> Result<Vec<IpNet>, String> {
        let parse = |text: &String| {
            let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            net.map_err(|_| {
                let example = "not an address or a network such as 127.0.0.0/8";
                format!("directory.allow_addresses: {example}: {text:?}")
            })
        };
        self.allow_addresses.iter().map(parse).collect()
    }
}
