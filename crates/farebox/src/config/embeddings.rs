//! `[directory.embeddings]`: a service that gives vectors of texts, in place of our own model.

use farebox_directory::embedding::{ApiKey, DIMENSIONS_MAX, EmbedderOptions, ProviderUrl};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Below, no service answers in time; above, nobody waits for a search.
const TIMEOUT_MS: RangeInclusive<u64> = 10..=10_000;
const MODEL_LEN_MAX: usize = 200;

/// A service that gives vectors of texts; none is asked without a `url`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct EmbeddingSettings {
    /// Where it is.
    pub url: Option<String>,
    /// What it calls the model.
    pub model: Option<String>,
    /// How many numbers a vector is asked to have; the model's own number when not given.
    pub dimensions: Option<usize>,
    /// A file with the key that it is asked with; without one when not given.
    pub api_key_file: Option<PathBuf>,
    /// How long a search waits for the vector of its query.
    pub timeout_ms: u64,
}

impl Default for EmbeddingSettings {
    fn default() -> Self {
        Self { url: None, model: None, dimensions: None, api_key_file: None, timeout_ms: 800 }
    }
}

impl EmbeddingSettings {
    /// What is asked, and how; `None` where no service is set. The key is not read yet.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn options(&self) -> Result<Option<EmbedderOptions>, String> {
        let Some(url) = &self.url else {
            let is_set = self.model.is_some() || self.api_key_file.is_some();
            return if is_set { Err(missing("url")) } else { Ok(None) };
        };
        let url = ProviderUrl::parse(url);
        let url = url.map_err(|problem| format!("directory.embeddings.url {problem}"))?;
        let model = self.model.clone().ok_or_else(|| missing("model"))?;
        if model.is_empty() || model.len() > MODEL_LEN_MAX || model.contains(char::is_control) {
            return Err(format!(
                "directory.embeddings.model must be 1 to {MODEL_LEN_MAX} characters"
            ));
        }
        if self.dimensions.is_some_and(|count| !(1..=DIMENSIONS_MAX).contains(&count)) {
            return Err(format!("directory.embeddings.dimensions must be 1 to {DIMENSIONS_MAX}"));
        }
        if !TIMEOUT_MS.contains(&self.timeout_ms) {
            let (least, most) = (TIMEOUT_MS.start(), TIMEOUT_MS.end());
            return Err(format!("directory.embeddings.timeout_ms must be {least} to {most}"));
        }
        let timeout = Duration::from_millis(self.timeout_ms);
        let (dimensions, api_key) = (self.dimensions, ApiKey::NotNeeded);
        Ok(Some(EmbedderOptions { url, model, dimensions, api_key, timeout }))
    }
}

fn missing(key: &str) -> String {
    format!("directory.embeddings.{key} is missing; url and model are both needed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> EmbeddingSettings {
        EmbeddingSettings {
            url: Some("https://api.example.com/v1".to_owned()),
            model: Some("text-model".to_owned()),
            ..EmbeddingSettings::default()
        }
    }

    #[test]
    fn a_service_is_read_or_none() {
        assert!(EmbeddingSettings::default().options().unwrap().is_none());
        let options = settings().options().unwrap().unwrap();
        assert_eq!((options.model.as_str(), options.dimensions), ("text-model", None));
        assert_eq!(options.timeout, Duration::from_millis(800));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let problem = |change: fn(&mut EmbeddingSettings)| {
            let mut settings = settings();
            change(&mut settings);
            settings.options().unwrap_err()
        };
        for (problem, part) in [
            (problem(|all| all.url = None), "embeddings.url"),
            (problem(|all| all.url = Some("http://api.example.com".to_owned())), "https://"),
            (problem(|all| all.model = None), "embeddings.model"),
            (problem(|all| all.model = Some(String::new())), "embeddings.model"),
            (problem(|all| all.dimensions = Some(0)), "embeddings.dimensions"),
            (problem(|all| all.timeout_ms = 60_000), "embeddings.timeout_ms"),
        ] {
            assert!(problem.contains(part), "{problem}");
        }
    }
}
