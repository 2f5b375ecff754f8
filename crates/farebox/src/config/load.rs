//! Reading settings, and refusing what is not one.

use super::Settings;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Variables that are no settings.
const OTHER_VARIABLES: [&str; 2] = ["FAREBOX_CONFIG", "FAREBOX_LOG"];
const PREFIX: &str = "FAREBOX_";

/// Settings that cannot be used, each in one line that names the place and the fix.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML: {reason}", .path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        reason: String,
    },
    /// A key that is no setting.
    #[error("{origin}: unknown key {key:?}{}", .nearest.as_ref().map(|key| format!("; did you mean {key:?}?")).unwrap_or_default())]
    UnknownKey {
        /// The file or variable.
        origin: String,
        /// As written.
        key: String,
        /// The known key that is most like it.
        nearest: Option<String>,
    },
    /// A value of the wrong kind or out of range.
    #[error("{origin}: {reason}")]
    BadValue {
        /// The file or variable.
        origin: String,
        /// What is expected.
        reason: String,
    },
}

/// What flags set: dotted key and value. Wins over file and environment.
pub type Overrides = Vec<(&'static str, Value)>;

/// Reads the file (the one named, else the platform's `farebox/farebox.toml` if it exists),
/// then the variables `FAREBOX_*` with `__` between levels, then `overrides`.
///
/// # Errors
/// [`ConfigError`] at the first thing that is not a setting.
pub fn load(
    named_file: Option<&Path>,
    variables: impl Iterator<Item = (String, String)>,
    overrides: Overrides,
) -> Result<Settings, ConfigError> {
    let mut merged = Table::new();
    if let Some(path) = named_file.map(Path::to_owned).or_else(default_file) {
        let table = read_file(&path)?;
        check(&table, &path.display().to_string())?;
        merge(&mut merged, table);
    }
    for (name, value) in variables {
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        // An empty variable is one that was not set, as scripts have it.
        if OTHER_VARIABLES.contains(&name.as_str()) || value.is_empty() {
            continue;
        }
        let key = key.to_ascii_lowercase().replace("__", ".");
        let origin = format!("environment variable {name}");
        let table = from_variable(&key, &value, &origin)?;
        merge(&mut merged, table);
    }
    for (key, value) in overrides {
        merge(&mut merged, nest(key, value));
    }
    let bad = |reason| ConfigError::BadValue { origin: "settings".into(), reason };
    let settings = parse(merged).map_err(bad)?;
    settings.check().and_then(|()| settings.check_together()).map_err(bad)?;
    Ok(settings)
}

fn default_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let path = etcetera::BaseStrategy::config_dir(&strategy).join("farebox/farebox.toml");
    path.is_file().then_some(path)
}

fn read_file(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    text.parse().map_err(|error: toml::de::Error| ConfigError::NotToml {
        path: path.to_owned(),
        reason: one_line(&error.to_string()),
    })
}

/// A variable's text as the type its key has: a text where that fits, else as TOML.
fn from_variable(key: &str, value: &str, origin: &str) -> Result<Table, ConfigError> {
    let text = nest(key, Value::String(value.to_owned()));
    let typed = value.parse::<Value>().ok().map(|value| nest(key, value));
    let as_text = check(&text, origin);
    match (as_text, typed) {
        (Ok(()), _) => Ok(text),
        (Err(error), None) => Err(error),
        (Err(error), Some(typed)) => match check(&typed, origin) {
            Ok(()) => Ok(typed),
            // A number that is out of range fails as a text for being one.
            Err(_) if parse(typed.clone()).is_err() => Err(error),
            Err(typed_error) => Err(typed_error),
        },
    }
}

fn check(table: &Table, origin: &str) -> Result<(), ConfigError> {
    let mut unknown = Vec::new();
    let parsed: Result<Settings, _> =
        serde_ignored::deserialize(table.clone(), |path| unknown.push(path.to_string()));
    let parsed = parsed.map_err(|error| ConfigError::BadValue {
        origin: origin.to_owned(),
        reason: one_line(&error.to_string()),
    });
    // A key that does not exist is the better news: its value may be of any type.
    if let Some(key) = unknown.into_iter().next() {
        let nearest = nearest(&key);
        return Err(ConfigError::UnknownKey { origin: origin.to_owned(), key, nearest });
    }
    let bad = |reason| ConfigError::BadValue { origin: origin.to_owned(), reason };
    parsed?.check().map_err(bad)
}

fn parse(table: Table) -> Result<Settings, String> {
    table.try_into().map_err(|error: toml::de::Error| one_line(&error.to_string()))
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn nest(key: &str, value: Value) -> Table {
    let (head, rest) = key.split_once('.').unwrap_or((key, ""));
    let value = if rest.is_empty() { value } else { Value::Table(nest(rest, value)) };
    Table::from_iter([(head.to_owned(), value)])
}

/// Every key there is, dotted.
fn known_keys() -> BTreeSet<String> {
    let example = include_str!("../../../../farebox.example.toml");
    let mut keys = BTreeSet::new();
    let mut section = String::new();
    for line in example.lines() {
        let line = line.trim_start_matches('#').trim();
        // An example of a list's entry is not where the keys after it belong.
        if line.starts_with("[[") {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = format!("{name}.");
            keys.insert(name.to_owned());
        } else if let Some((key, _)) = line.split_once(" = ")
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            keys.insert(format!("{section}{key}"));
        }
    }
    keys
}

fn nearest(key: &str) -> Option<String> {
    let known = known_keys().into_iter();
    let scored = known.map(|known| (strsim::damerau_levenshtein(&known, key), known));
    let best = scored.min()?;
    (best.0 <= 2 + key.len() / 4).then_some(best.1)
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(file: &str, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("farebox.toml");
        std::fs::write(&path, file).unwrap();
        let variables = variables.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        load(Some(&path), variables, Vec::new())
    }

    #[test]
    fn the_example_holds_every_key_and_its_default() {
        let example = include_str!("../../../../farebox.example.toml");
        let uncommented: String = example
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| is_key(rest)).unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n");
        let table: Table = uncommented.parse().unwrap();
        check(&table, "example").unwrap();
        let all = Value::try_from(Settings::default()).unwrap();
        let mut missing = Vec::new();
        collect(&all, "", &mut missing);
        missing.retain(|key| !known_keys().contains(key));
        assert!(missing.is_empty(), "not in farebox.example.toml: {missing:?}");
        assert_eq!(from(example, &[]).unwrap(), Settings::default());
    }

    /// Whether a comment is a key that has no default, and not an indented example.
    fn is_key(comment: &str) -> bool {
        comment.contains(" = ") && !comment.starts_with(' ')
    }

    fn collect(value: &Value, prefix: &str, keys: &mut Vec<String>) {
        let Value::Table(table) = value else { return keys.push(prefix.to_owned()) };
        for (key, value) in table {
            let separator = if prefix.is_empty() { "" } else { "." };
            collect(value, &format!("{prefix}{separator}{key}"), keys);
        }
    }

    #[test]
    fn later_sources_win() {
        let file = "[serve]\nlisten = \"127.0.0.1:1\"\ndrain_timeout_s = 5\n";
        let settings = from(file, &[("FAREBOX_SERVE__LISTEN", "127.0.0.1:2")]).unwrap();
        assert_eq!(settings.serve.listen.port(), 2);
        assert_eq!(settings.serve.drain_timeout_s, 5);
        let settings = from("", &[("FAREBOX_RATES__BTC_USD", "100000")]).unwrap();
        assert_eq!(settings.rates.btc_usd, "100000");
        let settings = from("", &[("FAREBOX_SERVE__DRAIN_TIMEOUT_S", "7")]).unwrap();
        assert_eq!(settings.serve.drain_timeout_s, 7);
    }

    #[test]
    fn values_are_held_against_each_other_only_when_all_are_read() {
        let file = "[rates]\nrefresh_s = 300\nmax_age_s = 900\n\
                    sources = [{ name = \"a\", url = \"https://a.example/\", pointer = \"/usd\" }]";
        let alone = [("FAREBOX_RATES__AGREEING_MIN", "1"), ("FAREBOX_RATES__MAX_AGE_S", "600")];
        assert_eq!(from(file, &alone).unwrap().rates.max_age_s, 600);
        let error = from(file, &[]).unwrap_err().to_string();
        assert!(error.contains("rates.agreeing_min is 2"), "{error}");
        let sources = "[{name=\"a\", url=\"https://a.example/\", pointer=\"/usd\", key=\"x\"}]";
        let error = from("", &[("FAREBOX_RATES__SOURCES", sources)]).unwrap_err().to_string();
        assert!(error.contains("unknown key \"rates.sources.0.key\""), "{error}");
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let error = from("[serve]\nlisen = \"127.0.0.1:1\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("\"serve.lisen\""), "{error}");
        assert!(error.contains("did you mean \"serve.listen\"?"), "{error}");
        let error = from("", &[("FAREBOX_WALET", "x")]).unwrap_err().to_string();
        assert!(error.contains("FAREBOX_WALET") && error.contains("\"wallet\""), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    #[test]
    fn a_bad_value_is_one_line_that_names_its_key() {
        for (file, part) in [
            ("serve = 5", "serve"),
            ("[serve]\nlisten = \"nowhere\"", "serve"),
            ("[rates]\nbtc_usd = \"0\"", "rates.btc_usd"),
            ("[rates]\nbtc_usd = \"cheap\"", "rates.btc_usd"),
            ("[rates]\nrefresh_s = 1", "rates.refresh_s"),
            ("[[rates.sources]]\nname = \"a\"", "url"),
            (
                "[[rates.sources]]\nname = \"a\"\nurl = \"http://u:hunter2@a\"\npointer = \"/b\"",
                "url",
            ),
            ("[prices]\nexport_csv_sats = 0", "prices.export_csv_sats"),
            ("[prices]\nlisting_sats = 0", "prices.listing_sats"),
            ("[prices]\nreport_sats = 100000001", "prices.report_sats"),
            ("wallet = ", "farebox.toml"),
            ("wallet = \"hunter2\"", "wallet"),
            ("server = \"http://u:hunter2@h\"", "server"),
            ("[serve]\npublic_url = \"javascript:hunter2\"", "serve.public_url"),
            ("[seller]\nwallet = \"hunter2\"", "seller.wallet"),
            ("[withdrawals]\nwallet = \"hunter2\"", "withdrawals.wallet"),
            ("[withdrawals]\nfee_per_mille = 1001", "withdrawals.fee_per_mille"),
            ("[seller]\nwallet = \"node\"", "node.program"),
            ("[withdrawals]\nwallet = \"node\"", "withdrawals.wallet is \"node\""),
            ("wallet = \"node\"\n[node]\nprogram = \"a\"", "wallet"),
            ("[node]\napi = \"127.0.0.1:0\"", "node.api"),
            ("[node]\nstart_timeout_s = 0", "node.start_timeout_s"),
            ("[withdrawals]\nday_max_sats = 9000000000000000000", "withdrawals.day_max_sats"),
        ] {
            let error = from(file, &[]).unwrap_err().to_string();
            assert!(error.contains(part), "{file}: {error}");
            assert_eq!(error.lines().count(), 1, "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let variable = [("FAREBOX_PRICES__EXPORT_CSV_SATS", "0")];
        let error = from("", &variable).unwrap_err().to_string();
        assert!(error.contains("between 1 and"), "{error}");
        assert_eq!(from("", &[("FAREBOX_DATA", "")]).unwrap().data, None);
    }
}
