//! Lists that are fetched: page by page, where their form has pages, through the guarded client.

use super::formats::{Format, HEAD_LEN_MAX, detect};
use super::run::{Running, public_address};
use super::{Import, Report, rows};
use crate::{Directory, DirectoryError};
use farebox_net::{Fetched, GuardError, GuardedClient, Limits, RedirectScope};
use farebox_store::{StoreError, Transaction};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use std::time::Duration;
use url::Url;

/// Bytes of one page, or of a list without pages.
const PAGE_LEN_MAX: usize = 64 * 1_024 * 1_024;
/// Pages of one list.
const PAGES_MAX: u64 = 10_000;
/// Between two pages: nobody is asked as fast as we can.
const PAUSE: Duration = Duration::from_millis(250);

/// A list that did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A rule of the guarded client refuses, or nobody answers.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// Another answer than a list.
    #[error("{place} answered {status} in place of a list")]
    Status {
        /// The address, without its query.
        place: String,
        /// The status.
        status: u16,
    },
    /// The answer broke off, or has no end.
    #[error("the answer of {0} broke off, or is longer than {PAGE_LEN_MAX} bytes")]
    Truncated(String),
    /// Nobody said how the list is written, and it does not show.
    #[error("cannot tell how the list is written; name its format")]
    Format,
    /// The directory did not take it.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<StoreError> for FetchError {
    fn from(error: StoreError) -> Self {
        Self::Directory(error.into())
    }
}

impl Directory {
    /// Fetches a list and brings it in. Without a `format`, it is told by how the list begins.
    /// `progress` is told what was done so far.
    ///
    /// # Errors
    /// [`FetchError`]; pages before it are written.
    pub async fn import_from(
        &self,
        client: &GuardedClient,
        url: &Url,
        format: Option<Format>,
        options: &FetchOptions,
        progress: impl Fn(&Report) + Send + Sync,
    ) -> Result<Report, FetchError> {
        let (first, format) = match first_page(client, url, format).await {
            Ok(first) => first,
            Err(error) => {
                self.note_failure(url, format, options, &error).await?;
                return Err(error);
            }
        };
        let source = options.source.clone().unwrap_or_else(|| source_name(format, url));
        let import = Import {
            source,
            format,
            document: Some(first.url.clone()),
            trust: options.trust,
            dry_run: options.dry_run,
        };
        let mut running = self.begin_import(&import).await?;
        let done = self.read_pages(client, &import, url, first, &mut running, &progress).await;
        self.end_import(running, done).await
    }

    /// Writes down that a list did not come at all.
    async fn note_failure(
        &self,
        url: &Url,
        format: Option<Format>,
        options: &FetchOptions,
        error: &FetchError,
    ) -> Result<(), StoreError> {
        if options.dry_run {
            return Ok(());
        }
        let source = options.source.clone().or_else(|| Some(source_name(format?, url)));
        let source = source.or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
        let (origin, error, now) = (public_address(url), error.to_string(), self.now());
        let name = format.map_or("", Format::name);
        let note = move |transaction: &Transaction<'_>| {
            let id = rows::begin(transaction, &source, name, Some(&origin), now)?;
            rows::finish(transaction, id, &Report::default(), Some(&error), now)
        };
        self.store().write(note).await
    }

    async fn read_pages(
        &self,
        client: &GuardedClient,
        import: &Import,
        url: &Url,
        first: Fetched,
        running: &mut Running,
        progress: &(impl Fn(&Report) + Send + Sync),
    ) -> Result<(), FetchError> {
        let mut body = first.body;
        for number in 1..=PAGES_MAX {
            let digest = Sha256::digest(&body);
            let before = running.report.count();
            self.write_batches(import, Cursor::new(body), running, progress).await?;
            let report = &mut running.report;
            let is_last = report.count() == before || report.incomplete.is_some();
            if is_last || page_len(import.format).is_none() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            body = page(client, &page_url(import.format, url, number)).await?.body;
            // Who takes no note of the page that is asked for sends the same for ever.
            if Sha256::digest(&body) == digest {
                break;
            }
        }
        Ok(())
    }
}

/// What to do with a list that is fetched.
#[derive(Clone, Debug, Default)]
pub struct FetchOptions {
    /// The name of the source; made of its format or its host when not given.
    pub source: Option<String>,
    /// How far it is believed.
    pub trust: Option<crate::Trust>,
    /// Nothing is written; the report says what would be.
    pub dry_run: bool,
}

/// The name of a source that nobody named.
#[must_use]
pub fn source_name(format: Format, url: &Url) -> String {
    match format {
        Format::Csv | Format::Jsonl | Format::Services => {
            url.host_str().unwrap_or(format.name()).to_owned()
        }
        format => format.name().to_owned(),
    }
}

/// Rows that are asked for at once, where a form has pages.
const fn page_len(format: Format) -> Option<u64> {
    match format {
        Format::Bazaar | Format::Satring => Some(100),
        Format::Services => Some(200),
        _ => None,
    }
}

/// The address of a page, from 0. What the address says of pages itself is replaced.
fn page_url(format: Format, url: &Url, number: u64) -> Url {
    let Some(len) = page_len(format) else { return url.clone() };
    let wanted = match format {
        Format::Satring => [("page", number + 1), ("page_size", len)],
        _ => [("limit", len), ("offset", number * len)],
    };
    let is_other = |(name, _): &(String, String)| wanted.iter().all(|(own, _)| own != name);
    let pairs = url.query_pairs().into_owned();
    let kept: Vec<(String, String)> = pairs.filter(is_other).collect();
    let mut url = url.clone();
    let numbers = wanted.map(|(name, value)| (name.to_owned(), value.to_string()));
    url.query_pairs_mut().clear().extend_pairs(kept.into_iter().chain(numbers));
    url
}

/// The first page, and how it is written.
async fn first_page(
    client: &GuardedClient,
    url: &Url,
    format: Option<Format>,
) -> Result<(Fetched, Format), FetchError> {
    let first_url = format.map_or_else(|| url.clone(), |format| page_url(format, url, 0));
    let first = page(client, &first_url).await?;
    let head = first.body.get(..HEAD_LEN_MAX.min(first.body.len())).unwrap_or_default();
    let told = format.or_else(|| detect(head, Some(url))).ok_or(FetchError::Format)?;
    // A page of another length would not be followed by the next one.
    if format.is_none() && page_len(told).is_some() {
        let first = page(client, &page_url(told, url, 0)).await?;
        return Ok((first, told));
    }
    Ok((first, told))
}

async fn page(client: &GuardedClient, url: &Url) -> Result<Fetched, FetchError> {
    let limits = Limits {
        body_len_max: PAGE_LEN_MAX,
        redirects_max: 3,
        redirect_scope: RedirectScope::Anywhere,
        timeout: Duration::from_secs(120),
        ..Limits::default()
    };
    let fetched = client.get(url, &limits).await?;
    let place = || format!("{}{}", fetched.url.origin().ascii_serialization(), fetched.url.path());
    if !fetched.status.is_success() {
        return Err(FetchError::Status { place: place(), status: fetched.status.as_u16() });
    }
    if fetched.is_truncated {
        return Err(FetchError::Truncated(place()));
    }
    Ok(fetched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_asked_for_in_each_form_s_own_way() {
        let url = Url::parse("https://a.example/list?type=http&offset=7").unwrap();
        let text = |format, number| page_url(format, &url, number).to_string();
        let expected = "https://a.example/list?type=http&limit=100&offset=200";
        assert_eq!(text(Format::Bazaar, 2), expected);
        let expected = "https://a.example/list?type=http&offset=7&page=1&page_size=100";
        assert_eq!(text(Format::Satring, 0), expected);
        assert_eq!(text(Format::MppServices, 2), url.as_str());
        assert_eq!(source_name(Format::Bazaar, &url), "bazaar");
        assert_eq!(source_name(Format::Jsonl, &url), "a.example");
    }
}
