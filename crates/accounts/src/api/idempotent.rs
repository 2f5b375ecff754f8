//! `Idempotency-Key`: a request that is sent again gets the answer of the first time.
//!
//! The record holds the answer's status and body. What is secret in an answer is not in it: the
//! endpoint makes it again from the key, of which only the digest is kept.

use super::answer::{client, optional_token};
use crate::basics::unreadable;
use crate::{AccountError, Accounts};
use farebox_store::idempotency::{self, Begun, Keyed};
use farebox_store::{StoreError, Transaction};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;
use std::future::Future;

const HEADER: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_LEN_MAX: usize = 255;

/// The key of a request, with whose it is and what it asked.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    keyed: Keyed,
    text: String,
}

/// It may be what a secret is made from.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(hidden)")
    }
}

impl IdempotencyKey {
    /// The key as the client chose it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Keeps the answer in the transaction that does what was asked.
    pub(crate) fn finish(
        &self,
        transaction: &Transaction<'_>,
        status: u16,
        body: &Value,
    ) -> Result<(), StoreError> {
        idempotency::finish(transaction, &self.keyed, status, &body.to_string())
    }
}

/// A request as far as it decides whether it is the same one again.
pub(crate) struct Asked<'a> {
    /// The method and the path, as in `POST /api/v1/topup`.
    pub(crate) endpoint: &'static str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) extensions: &'a Extensions,
    pub(crate) body: &'a [u8],
}

/// What is answered, as far as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// An answer, of this time or of the first one.
pub(crate) struct Done<S> {
    pub(crate) answer: Answer,
    /// What is not kept; `None` when the answer is from the record.
    pub(crate) secret: Option<S>,
    pub(crate) key: Option<IdempotencyKey>,
}

impl<S> Done<S> {
    /// Says in the response whether it is from the record.
    pub(crate) fn mark(&self, response: &mut http::Response<axum::body::Body>) {
        if self.secret.is_none() {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
    }
}

/// Does `work`, where the request shows a key at most once with it: a repeat gets the first answer,
/// another request with the key is refused. A refusal is forgotten, and the key with it. With a
/// key, the work goes on when the client goes away.
///
/// # Errors
/// What `work` returned, and [`AccountError::IdempotencyKeyReused`],
/// [`AccountError::RequestInProgress`] or [`AccountError::InvalidIdempotencyKey`].
pub(crate) async fn once<S, F, W>(
    accounts: &Accounts,
    asked: Asked<'_>,
    work: F,
) -> Result<Done<S>, AccountError>
where
    S: Send + 'static,
    F: FnOnce(Option<IdempotencyKey>) -> W,
    W: Future<Output = Result<(Answer, S), AccountError>> + Send + 'static,
{
    let Some(key) = key_of(accounts, asked).await? else {
        let (answer, secret) = work(None).await?;
        return Ok(Done { answer, secret: Some(secret), key: None });
    };
    let (keyed, owner) = (key.keyed.clone(), accounts.instance.id().to_owned());
    let begin =
        move |transaction: &Transaction<'_>| idempotency::begin(transaction, &keyed, &owner);
    match accounts.store.write::<_, StoreError, _>(begin).await? {
        Begun::New => {}
        Begun::InProgress => return Err(AccountError::RequestInProgress),
        Begun::Reused => return Err(AccountError::IdempotencyKeyReused),
        Begun::Answered { status, body } => {
            return Ok(Done { answer: read(status, &body)?, secret: None, key: Some(key) });
        }
    }
    let work = work(Some(key.clone()));
    let task = tokio::spawn(record(accounts.clone(), key.clone(), work));
    let (answer, secret) = task.await.unwrap_or_else(|_| Err(given_up()))?;
    Ok(Done { answer, secret: Some(secret), key: Some(key) })
}

/// Does the work in a task of its own, so that a panic in it leaves no record open.
async fn record<S, W>(
    accounts: Accounts,
    key: IdempotencyKey,
    work: W,
) -> Result<(Answer, S), AccountError>
where
    S: Send + 'static,
    W: Future<Output = Result<(Answer, S), AccountError>> + Send + 'static,
{
    let done = tokio::spawn(work).await.unwrap_or_else(|_| Err(given_up()));
    let answer = done.as_ref().ok().map(|(answer, _)| answer.clone());
    let end = move |transaction: &Transaction<'_>| match &answer {
        Some(answer) => key.finish(transaction, answer.status.as_u16(), &answer.body),
        None => idempotency::forget(transaction, &key.keyed),
    };
    if let Err(error) = accounts.store.write::<_, StoreError, _>(end).await {
        // It stays as begun: a repeat is told to wait, and nothing is done twice.
        tracing::error!(%error, "the answer of a request with a key was not recorded");
    }
    done
}

fn given_up() -> AccountError {
    unreadable("a request was given up")
}

fn read(status: u16, body: &str) -> Result<Answer, AccountError> {
    let status = StatusCode::from_u16(status).map_err(|_| unreadable("a kept status"))?;
    let body = serde_json::from_str(body).map_err(|_| unreadable("a kept answer"))?;
    Ok(Answer { status, body })
}

/// The key of a request. It counts for the account that the request shows, or for its client.
async fn key_of(
    accounts: &Accounts,
    asked: Asked<'_>,
) -> Result<Option<IdempotencyKey>, AccountError> {
    let Some(text) = text_of(asked.headers)? else { return Ok(None) };
    let whose = match optional_token(asked.headers)? {
        Some(token) => format!("account {}", accounts.authenticate(&token).await?),
        None => format!("client {}", client(asked.extensions)),
    };
    let scope = format!("{whose} {}", asked.endpoint);
    let key = Sha256::digest(text.as_bytes()).into();
    let mut fingerprint = Sha256::new();
    for part in [asked.endpoint.as_bytes(), asked.body] {
        fingerprint.update((part.len() as u64).to_be_bytes());
        fingerprint.update(part);
    }
    let keyed = Keyed { scope, key, fingerprint: fingerprint.finalize().into() };
    Ok(Some(IdempotencyKey { keyed, text }))
}

/// One header of 1 to 255 printable characters.
fn text_of(headers: &HeaderMap) -> Result<Option<String>, AccountError> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map(str::trim).unwrap_or_default();
    let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if values.next().is_some() || text.is_empty() || text.len() > KEY_LEN_MAX || !is_printable {
        return Err(AccountError::InvalidIdempotencyKey);
    }
    Ok(Some(text.to_owned()))
}
