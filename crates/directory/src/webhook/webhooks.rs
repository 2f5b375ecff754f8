//! What can be done with webhooks.

use super::rows::{self, Delivery};
use super::rules::WebhookStatus;
use super::{Interest, SecretSeal, Webhook, WebhookError, WebhookSecret};
use crate::{Change, Directory, last_event};
use farebox_net::GuardedClient;
use farebox_store::Transaction;
use std::sync::Arc;
use url::Url;

/// Webhooks of one client at most.
const OF_CLIENT_MAX: usize = 20;
/// Webhooks at most.
const WEBHOOKS_MAX: usize = 10_000;
/// Characters of an address at most.
const URL_LEN_MAX: usize = 2_048;

/// How webhooks are taken.
#[derive(Clone)]
pub struct WebhookOptions {
    /// Seals their secrets where they are kept.
    pub seal: SecretSeal,
    /// Whether an address may be `http`: where this machine's own may be told, for tests and the
    /// demo.
    pub allows_http: bool,
}

/// The webhooks of a directory; cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    pub(super) directory: Directory,
    pub(super) client: GuardedClient,
    pub(super) options: Arc<WebhookOptions>,
}

/// A webhook that is to be.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Where it is told.
    pub url: String,
    /// What signs what it is told.
    pub secret: WebhookSecret,
    /// What it wants to hear.
    pub interest: Interest,
}

impl Webhooks {
    /// Webhooks of this directory, told through `client`.
    #[must_use]
    pub fn new(directory: Directory, client: GuardedClient, options: WebhookOptions) -> Self {
        Self { directory, client, options: Arc::new(options) }
    }

    /// Registers a webhook. It hears of what happens from now on, as soon as it has shown that it
    /// wants to.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn register(
        &self,
        asked: NewWebhook,
        client: String,
    ) -> Result<Webhook, WebhookError> {
        self.check_url(&asked.url)?;
        let id = format!("wh_{}", hex::encode(random::<12>()?));
        let secret = self.options.seal.seal(&id, &asked.secret, random()?);
        let secret = secret.ok_or(WebhookError::Random)?;
        let register = move |change: &Change<'_>| {
            let (transaction, now) = (change.transaction(), change.now());
            let (own, all) = rows::counts(transaction, &client)?;
            if own >= OF_CLIENT_MAX {
                return Err(WebhookError::TooManyOfClient(own));
            }
            if all >= WEBHOOKS_MAX {
                return Err(WebhookError::TooMany);
            }
            let hook = Webhook {
                id,
                url: asked.url,
                secret,
                interest: asked.interest,
                status: WebhookStatus::PendingVerification,
                status_reason: None,
                client,
                cursor: last_event(transaction)?,
                consecutive_failures: 0,
                created_at: now,
            };
            rows::insert(transaction, &hook)?;
            Ok(hook)
        };
        self.directory.change(register).await
    }

    /// A webhook and its latest deliveries, for who shows its secret.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn look(
        &self,
        id: &str,
        secret: Option<&str>,
    ) -> Result<(Webhook, Vec<Delivery>), WebhookError> {
        let asked = id.to_owned();
        let look = move |transaction: &Transaction<'_>| {
            let Some(hook) = rows::find(transaction, &asked)? else { return Ok(None) };
            Ok(Some((hook, rows::latest(transaction, &asked)?)))
        };
        let found = self.directory.store().read(look).await?;
        let (hook, deliveries) = found.ok_or(WebhookError::Unknown)?;
        self.check_secret(&hook, secret)?;
        Ok((hook, deliveries))
    }

    /// Removes a webhook, for who shows its secret.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn remove(&self, id: &str, secret: Option<&str>) -> Result<(), WebhookError> {
        let (hook, _) = self.look(id, secret).await?;
        let remove = move |change: &Change<'_>| rows::delete(change.transaction(), &hook.id);
        Ok(self.directory.change(remove).await?)
    }

    pub(super) fn secret(&self, hook: &Webhook) -> Option<WebhookSecret> {
        self.options.seal.open(&hook.id, &hook.secret)
    }

    /// One whose secret cannot be opened any more, because the server's key is another, is nobody's.
    fn check_secret(&self, hook: &Webhook, shown: Option<&str>) -> Result<(), WebhookError> {
        let shown = shown.ok_or(WebhookError::SecretMissing)?;
        let is_right = self.secret(hook).is_some_and(|secret| secret.is(shown));
        if is_right { Ok(()) } else { Err(WebhookError::SecretWrong) }
    }

    fn check_url(&self, text: &str) -> Result<(), WebhookError> {
        let refused = |what: String| WebhookError::Parameter { parameter: "url", what };
        let expected = || refused("an https URL of at most 2048 characters is expected".to_owned());
        let url = Url::parse(text).ok().filter(|_| text.len() <= URL_LEN_MAX);
        let url = url.ok_or_else(expected)?;
        if url.scheme() != "https" && !(self.options.allows_http && url.scheme() == "http") {
            return Err(expected());
        }
        self.client.check(&url).map_err(|error| refused(format!("{error}: {}", error.hint())))
    }
}

/// Random bytes of the system.
pub(super) fn random<const LEN: usize>() -> Result<[u8; LEN], WebhookError> {
    let mut bytes = [0; LEN];
    getrandom::fill(&mut bytes).map_err(|_| WebhookError::Random)?;
    Ok(bytes)
}
