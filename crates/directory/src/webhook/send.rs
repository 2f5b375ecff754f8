//! One message to one webhook, and what is written down about it.

use super::message::{answers_challenge, challenge_body, headers};
use super::rows::{self, Delivery, Webhook};
use super::rules::{Outcome, VERIFICATION_WINDOW, WebhookStatus, judge, later, pause_after};
use super::webhooks::{Webhooks, random};
use crate::Change;
use bytes::Bytes;
use farebox_net::{Fetched, GuardError, Limits};
use farebox_store::{StoreError, Transaction};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer that are looked at.
const ANSWER_LEN_MAX: usize = 1_024;

/// What a receiver answered, or why it did not.
struct Reply {
    answer: Result<Fetched, String>,
}

impl Webhooks {
    /// Sends what a webhook is to be sent next, if there is something, and writes down what came
    /// of it.
    pub(super) async fn send_next(&self, hook: &Webhook) -> Result<(), StoreError> {
        if hook.status == WebhookStatus::PendingVerification {
            return self.challenge(hook).await;
        }
        let (id, now) = (hook.id.clone(), self.directory.now());
        let next = move |transaction: &Transaction<'_>| rows::next(transaction, &id, now);
        let Some(delivery) = self.directory.store().read(next).await? else { return Ok(()) };
        let kind = delivery.kind.name();
        let reply = self.post(hook, &delivery.id, kind, &delivery.body).await;
        let hook_id = hook.id.clone();
        let record = move |change: &Change<'_>| record(change, &hook_id, &delivery, &reply);
        self.directory.change(record).await
    }

    /// Asks a receiver whether it wants to be a webhook.
    async fn challenge(&self, hook: &Webhook) -> Result<(), StoreError> {
        let no_random = |_| StoreError::Unreadable("no random bytes".to_owned());
        let challenge = hex::encode(random::<32>().map_err(no_random)?);
        let message_id = format!("msg_{}", hex::encode(random::<12>().map_err(no_random)?));
        let body = challenge_body(&hook.id, &challenge, self.directory.now());
        let reply = self.post(hook, &message_id, "webhook.verify", &body).await;
        let is_wanted = reply.is_success()
            && reply
                .answer
                .as_ref()
                .is_ok_and(|fetched| answers_challenge(&fetched.body, &challenge));
        let (id, created_at) = (hook.id.clone(), hook.created_at);
        let settle = move |change: &Change<'_>| settle(change, &id, created_at, is_wanted, &reply);
        self.directory.change(settle).await
    }

    async fn post(&self, hook: &Webhook, message_id: &str, kind: &str, body: &str) -> Reply {
        let answer = self.try_post(hook, message_id, kind, body).await;
        if let Err(GuardError::Address { address, .. }) = &answer {
            tracing::warn!(webhook = hook.id, %address, "a webhook leads to a private address");
        }
        Reply { answer: answer.map_err(|error| error.to_string()) }
    }

    async fn try_post(
        &self,
        hook: &Webhook,
        message_id: &str,
        kind: &str,
        body: &str,
    ) -> Result<Fetched, GuardError> {
        let unusable = |reason| GuardError::Url { reason };
        let url = Url::parse(&hook.url).map_err(|_| unusable("it is not absolute"))?;
        let secret = self.secret(hook);
        let secret = secret.ok_or(unusable("its secret was sealed with another server's key"))?;
        let headers = headers(&secret, message_id, kind, body, self.directory.now());
        let headers = headers.ok_or(unusable("its secret makes no header"))?;
        let body = Bytes::copy_from_slice(body.as_bytes());
        let limits = Limits { body_len_max: ANSWER_LEN_MAX, timeout: TIMEOUT, ..Limits::default() };
        self.client.fetch(Method::POST, url, headers, body, &limits).await
    }
}

impl Reply {
    fn is_success(&self) -> bool {
        self.answer.as_ref().is_ok_and(|fetched| fetched.status.is_success())
    }

    fn outcome(&self) -> Outcome {
        match &self.answer {
            Ok(fetched) if fetched.status.is_success() => Outcome::Delivered,
            Ok(fetched) if fetched.status == StatusCode::GONE => Outcome::Gone,
            _ => Outcome::Failed,
        }
    }

    fn status(&self) -> Option<u16> {
        self.answer.as_ref().ok().map(|fetched| fetched.status.as_u16())
    }

    fn error(&self) -> Option<&str> {
        self.answer.as_ref().err().map(String::as_str)
    }
}

fn record(
    change: &Change<'_>,
    hook_id: &str,
    delivery: &Delivery,
    reply: &Reply,
) -> Result<(), StoreError> {
    let (transaction, now) = (change.transaction(), change.now());
    let Some(hook) = rows::find(transaction, hook_id)? else { return Ok(()) };
    let attempts = delivery.attempts.saturating_add(1);
    let verdict = judge(reply.outcome(), attempts, hook.consecutive_failures, now);
    let seen = (reply.status(), reply.error());
    if !rows::record(transaction, delivery, &verdict, seen, now)? {
        return Ok(());
    }
    let failures = verdict.consecutive_failures;
    rows::set_failures(transaction, hook_id, failures, verdict.paused_until)?;
    if verdict.is_off {
        let reason = match reply.outcome() {
            Outcome::Gone => "the receiver answered 410".to_owned(),
            _ => format!("{failures} failures in a row"),
        };
        let off = WebhookStatus::Inactive;
        rows::set_status(transaction, hook_id, off, Some(&reason), now)?;
    }
    Ok(())
}

fn settle(
    change: &Change<'_>,
    hook_id: &str,
    created_at: Timestamp,
    is_wanted: bool,
    reply: &Reply,
) -> Result<(), StoreError> {
    let (transaction, now) = (change.transaction(), change.now());
    let Some(hook) = rows::find(transaction, hook_id)? else { return Ok(()) };
    if hook.status != WebhookStatus::PendingVerification {
        return Ok(());
    }
    if is_wanted {
        rows::set_failures(transaction, hook_id, 0, now)?;
        return rows::set_status(transaction, hook_id, WebhookStatus::Active, None, now);
    }
    let failures = hook.consecutive_failures.saturating_add(1);
    let pause = pause_after(failures).unwrap_or(SignedDuration::from_hours(12));
    rows::set_failures(transaction, hook_id, failures, later(now, pause))?;
    let is_over = now >= later(created_at, VERIFICATION_WINDOW);
    let standing =
        if is_over { WebhookStatus::Inactive } else { WebhookStatus::PendingVerification };
    let reason = match (reply.status(), reply.error()) {
        (Some(status), _) => format!("the challenge was answered {status} without the challenge"),
        (None, error) => format!("the challenge got no answer: {}", error.unwrap_or_default()),
    };
    rows::set_status(transaction, hook_id, standing, Some(&reason), now)
}
