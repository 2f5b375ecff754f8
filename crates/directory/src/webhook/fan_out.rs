//! From what happened to the queues of those who want to hear it.

use super::message::event_body;
use super::rows::{self, Webhook};
use super::webhooks::random;
use crate::{ListingEvent, events_after, last_event};
use farebox_store::{StoreError, Transaction};

/// Deliveries that wait for one webhook at most; the events stay where they are meanwhile.
pub(super) const WAITING_MAX: usize = 500;
/// Events that are looked at in one transaction at most.
const EVENTS_MAX: usize = 200;
/// Webhooks that are seen to in one transaction at most.
const WEBHOOKS_MAX: usize = 1_000;
/// Deliveries that are written in one transaction, about.
const WRITTEN_MAX: usize = 2_000;

/// Whether some webhook has events before it.
pub(super) fn is_needed(transaction: &Transaction<'_>) -> Result<bool, StoreError> {
    let last = last_event(transaction)?;
    Ok(!rows::behind(transaction, last, WAITING_MAX, 1)?.is_empty())
}

/// Puts events into queues. Says whether there may be more to do.
pub(super) fn fan_out(transaction: &Transaction<'_>) -> Result<bool, StoreError> {
    let last = last_event(transaction)?;
    let hooks = rows::behind(transaction, last, WAITING_MAX, WEBHOOKS_MAX)?;
    let Some(first) = hooks.first().map(|hook| hook.cursor) else { return Ok(false) };
    let events = events_after(transaction, first, EVENTS_MAX)?;
    // Where these are not all, what is behind them is looked at the next time.
    let is_whole = events.len() < EVENTS_MAX;
    let reached = if is_whole { last } else { events.last().map_or(last, |event| event.seq) };
    let mut written = 0;
    for hook in &hooks {
        if written >= WRITTEN_MAX {
            return Ok(true);
        }
        written += enqueue(transaction, hook, &events, reached)?;
    }
    Ok(!is_whole || hooks.len() == WEBHOOKS_MAX)
}

fn enqueue(
    transaction: &Transaction<'_>,
    hook: &Webhook,
    events: &[ListingEvent],
    reached: i64,
) -> Result<usize, StoreError> {
    let is_new = |event: &&ListingEvent| event.seq > hook.cursor;
    let wanted =
        |event: &&ListingEvent| !event.is_bulk && hook.interest.wants(event.kind, event.protocol);
    let mut count = 0;
    for event in events.iter().filter(is_new).filter(wanted) {
        let bytes = random::<12>().map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let id = format!("msg_{}", hex::encode(bytes));
        rows::enqueue(transaction, &id, &hook.id, event, &event_body(event))?;
        count += 1;
    }
    rows::set_cursor(transaction, &hook.id, reached.max(hook.cursor))?;
    Ok(count)
}
