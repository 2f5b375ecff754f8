//! Webhooks: programs that are told what happens to listings.
//!
//! What happened stands in `listing_event`. One server at a time, by lease, puts each event into the
//! queue of every webhook that wants it, and sends what is due. An answer of 2xx is written down
//! after it came: a server that dies between the two sends the same again, under the same
//! `webhook-id`. Pure: `rules`, `secret`, `message`. The rest is I/O.

mod api;
mod courier;
mod error;
mod fan_out;
mod message;
mod rows;
mod rules;
mod secret;
mod send;
mod webhooks;

pub use api::routes;
pub use courier::Courier;
pub use error::WebhookError;
pub use rows::{Delivery, Webhook};
pub use rules::{DeliveryStatus, FAILURES_MAX, Interest, VERIFICATION_WINDOW, WebhookStatus};
pub use secret::{SecretSeal, WebhookSecret};
pub use webhooks::{NewWebhook, WebhookOptions, Webhooks};

use farebox_store::{StoreError, Transaction};
use jiff::Timestamp;

/// Drops webhooks that have been off for long; to be run once a day.
///
/// # Errors
/// [`StoreError`].
pub fn purge(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    rows::purge(transaction, now)
}
