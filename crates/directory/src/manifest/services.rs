//! What the services API works with.

use super::catalogue::Catalogue;
use super::schema::{SchemaError, Schemas};
use super::submission::UrlCheck;
use super::{document, rows};
use crate::Directory;
use arc_swap::ArcSwapOption;
use farebox_money::Sats;
use farebox_store::StoreError;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What a server says of itself to the services API.
#[derive(Clone)]
pub struct ServicesOptions {
    /// How others reach the server, without a slash at the end.
    pub public_url: String,
    /// The price of a listing.
    pub listing_price: Sats,
    /// The price of a report.
    pub report_price: Sats,
    /// How long a token for a report is good for, in seconds.
    pub report_token_s: u64,
    /// A paid address to try a purchase at, such as `GET http://127.0.0.1:4020/demo/weather`.
    pub try_an_api: Option<String>,
    /// Whether an admin looks at every submission before it is shown.
    pub reviews_submissions: bool,
    /// Judges the URLs of submissions.
    pub urls: Arc<UrlCheck>,
}

/// The services of a directory; cheap to clone.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    directory: Directory,
    options: ServicesOptions,
    schemas: Schemas,
    manifest: String,
    catalogue: ArcSwapOption<Catalogue>,
    /// Held while a catalogue is made.
    building: Mutex<()>,
}

impl Services {
    /// The services of this directory.
    ///
    /// # Errors
    /// [`SchemaError`]: the program was built with a schema that cannot be used.
    pub fn new(directory: Directory, options: ServicesOptions) -> Result<Self, SchemaError> {
        let schemas = Schemas::new(&options.public_url)?;
        let manifest = document::write(&options, &schemas);
        Ok(Self(Arc::new(Inner {
            directory,
            options,
            schemas,
            manifest,
            catalogue: ArcSwapOption::empty(),
            building: Mutex::new(()),
        })))
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub(super) fn options(&self) -> &ServicesOptions {
        &self.0.options
    }

    pub(super) fn schemas(&self) -> &Schemas {
        &self.0.schemas
    }

    pub(super) fn manifest(&self) -> &str {
        &self.0.manifest
    }

    /// Every service as it is now. Made anew when the directory has changed, at the first question.
    pub(super) async fn catalogue(&self) -> Result<Arc<Catalogue>, StoreError> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let _building = self.0.building.lock().await;
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let snapshot = self.directory().snapshot();
        let records = self.directory().store().read(rows::all).await?;
        let build = move || Arc::new(Catalogue::build(snapshot, records));
        let built = tokio::task::spawn_blocking(build).await.map_err(|_| StoreError::Closed)?;
        self.0.catalogue.store(Some(Arc::clone(&built)));
        Ok(built)
    }

    fn known(&self) -> Option<Arc<Catalogue>> {
        let snapshot = self.directory().snapshot();
        let known = self.0.catalogue.load_full()?;
        Arc::ptr_eq(&known.snapshot, &snapshot).then_some(known)
    }
}
