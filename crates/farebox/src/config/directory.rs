//! `[directory]` and `[admin]`: what the directory may reach, what it imports, and who runs it.

use super::ProbeSettings;
use super::embeddings::EmbeddingSettings;
use farebox_directory::Trust;
use farebox_directory::import::formats::Format;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use url::Url;

/// More lists would be no list any more.
const IMPORTS_MAX: usize = 64;
/// A month.
const EVERY_HOURS_MAX: u32 = 24 * 31;

/// The directory.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct DirectorySettings {
    /// Private addresses and networks that probes, claims, webhooks and imports may reach.
    pub allow_addresses: Vec<String>,
    /// The name server that is asked for names in URLs of others, `ADDRESS:PORT`; those of the
    /// machine when not given.
    pub name_server: Option<String>,
    /// Lists that are imported again and again.
    pub import: Vec<ImportSettings>,
    /// Whether an admin looks at every paid submission before it is shown.
    pub review_submissions: bool,
    /// How listed endpoints are probed.
    pub probe: ProbeSettings,
    /// A service that gives vectors of texts.
    pub embeddings: EmbeddingSettings,
}

/// Who runs the server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct AdminSettings {
    /// A file with the admin's secret; made in the data folder when not given.
    pub secret_file: Option<PathBuf>,
}

/// A list that is imported again and again.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ImportSettings {
    /// The name of the source, which its listings bear.
    pub name: String,
    /// Where the list is.
    pub url: String,
    /// How it is written; told by how it begins when not given.
    pub format: Option<String>,
    /// How far it is believed; as lists of its form are when not given.
    pub trust: Option<String>,
    /// How often.
    #[serde(default = "daily")]
    pub every_hours: u32,
}

const fn daily() -> u32 {
    24
}

/// A list that is imported again and again, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledImport {
    /// The name of the source.
    pub name: String,
    /// Where the list is.
    pub url: Url,
    /// How it is written.
    pub format: Option<Format>,
    /// How far it is believed.
    pub trust: Option<Trust>,
    /// How often.
    pub every_hours: u32,
}

impl DirectorySettings {
    /// Checks each key by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        self.networks()?;
        self.name_server()?;
        self.imports()?;
        self.embeddings.options()?;
        self.probe.check()
    }

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

    /// The name server, if one is named.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn name_server(&self) -> Result<Option<SocketAddr>, String> {
        let parse = |text: &String| {
            let example = "not an address with a port such as 192.0.2.53:53";
            text.parse().map_err(|_| format!("directory.name_server: {example}: {text:?}"))
        };
        self.name_server.as_ref().map(parse).transpose()
    }

    /// The lists.
    ///
    /// # Errors
    /// One line that names the key and the list.
    pub fn imports(&self) -> Result<Vec<ScheduledImport>, String> {
        if self.import.len() > IMPORTS_MAX {
            return Err(format!("directory.import can name {IMPORTS_MAX} lists at most"));
        }
        let mut names = BTreeSet::new();
        let checked = self.import.iter().enumerate().map(|(index, import)| {
            let place = format!("directory.import, number {}", index + 1);
            if !names.insert(import.name.to_lowercase()) {
                return Err(format!("{place}: another list has the same name"));
            }
            import.checked().map_err(|problem| format!("{place}: {problem}"))
        });
        checked.collect()
    }
}

impl ImportSettings {
    fn checked(&self) -> Result<ScheduledImport, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.name.is_empty() || self.name.len() > 40 || !self.name.chars().all(plain) {
            return Err("name must be up to 40 letters, digits, -, _ and .".to_owned());
        }
        let url = Url::parse(&self.url).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        let url = url.ok_or("url must be an http or https address without a password")?;
        let format = self.format.as_deref().map(|text| {
            let all = Format::ALL.map(Format::name).join(", ");
            Format::parse(text).ok_or(format!("format must be one of {all}"))
        });
        let trust = self.trust.as_deref().map(|text| {
            let trust = Trust::parse(text).filter(|trust| {
                matches!(trust, Trust::Aggregator | Trust::Registry | Trust::FirstParty)
            });
            trust.ok_or("trust must be aggregator, registry or first-party")
        });
        if !(1..=EVERY_HOURS_MAX).contains(&self.every_hours) {
            return Err(format!("every_hours must be between 1 and {EVERY_HOURS_MAX}"));
        }
        Ok(ScheduledImport {
            name: self.name.clone(),
            url,
            format: format.transpose()?,
            trust: trust.transpose()?,
            every_hours: self.every_hours,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import() -> ImportSettings {
        ImportSettings {
            name: "bazaar".to_owned(),
            url: "https://list.example/resources".to_owned(),
            format: Some("bazaar".to_owned()),
            trust: None,
            every_hours: 6,
        }
    }

    fn settings(import: Vec<ImportSettings>) -> DirectorySettings {
        DirectorySettings { import, ..DirectorySettings::default() }
    }

    #[test]
    fn a_list_is_read_with_its_form() {
        let imports = settings(vec![import()]).imports().unwrap();
        assert_eq!(imports[0].format, Some(Format::Bazaar));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let change = |change: fn(&mut ImportSettings)| {
            let mut import = import();
            change(&mut import);
            settings(vec![import]).check().unwrap_err()
        };
        for (problem, part) in [
            (change(|import| import.name = "a,b".to_owned()), "name"),
            (change(|import| import.url = "file:///etc/passwd".to_owned()), "url"),
            (change(|import| import.url = "https://me:hunter2@a.example".to_owned()), "url"),
            (change(|import| import.format = Some("xml".to_owned())), "format"),
            (change(|import| import.trust = Some("owner".to_owned())), "trust"),
            (change(|import| import.every_hours = 0), "every_hours"),
            (settings(vec![import(), import()]).check().unwrap_err(), "same name"),
        ] {
            assert!(problem.starts_with("directory.import, number"), "{problem}");
            assert!(problem.contains(part) && !problem.contains("hunter2"), "{problem}");
        }
        let networks = vec!["10.0.0.0/40".to_owned()];
        let settings =
            DirectorySettings { allow_addresses: networks, ..DirectorySettings::default() };
        assert!(settings.check().unwrap_err().contains("directory.allow_addresses"));
        let name_server = Some("dns.example".to_owned());
        let settings = DirectorySettings { name_server, ..DirectorySettings::default() };
        assert!(settings.check().unwrap_err().contains("directory.name_server"));
    }
}
