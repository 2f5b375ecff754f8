//! What a probe found, for people and for programs.

use crate::output::harmless;
use farebox_buyer::Probe;
use farebox_wire::mpp::format_timestamp;
use farebox_wire::probe::{Fault, Offer, RailReport, Severity};
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::IsTerminal;

/// Characters of a stranger's text in one line at most.
const TEXT_LEN_MAX: usize = 240;

/// Whether colours are used.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    is_on: bool,
}

impl Paint {
    /// On a terminal whose user wants colours.
    pub(super) fn for_standard_output() -> Self {
        let is_on = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { is_on }
    }

    /// Without colours.
    #[cfg(test)]
    pub(super) const fn none() -> Self {
        Self { is_on: false }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn good_or_bad(self, is_good: bool, text: &str) -> String {
        self.paint(if is_good { "1;32" } else { "1;31" }, text)
    }
}

/// One object: where it was asked, and the report as [`farebox_wire::probe::Report`] has it.
pub(super) fn to_json(found: &Probe) -> Value {
    let attempts = found.attempts.iter().map(|attempt| {
        json!({
            "method": attempt.method,
            "url": attempt.url.as_str(),
            "status": attempt.status,
        })
    });
    let mut object = json!({
        "url": found.answer.url,
        "method": found.answer.method,
        "attempts": attempts.collect::<Vec<_>>(),
        "redirect": found.redirect,
    });
    let report = serde_json::to_value(&found.report).unwrap_or_default();
    if let (Some(object), Value::Object(report)) = (object.as_object_mut(), report) {
        object.extend(report);
    }
    object
}

/// Some lines for people.
pub(super) fn to_text(found: &Probe, paint: Paint) -> String {
    let mut text = String::new();
    let report = &found.report;
    for attempt in &found.attempts {
        let status = attempt.status.map_or_else(|| "no answer".to_owned(), |s| s.to_string());
        push(&mut text, &shown(&format!("{} {} -> {status}", attempt.method, attempt.url)));
    }
    push(&mut text, &paint.good_or_bad(report.is_payable, report.message));
    if let Some(to) = &found.redirect {
        push(&mut text, &format!("redirects to {}", shown(to)));
    }
    if let Some(fix) = report.fix {
        push(&mut text, &format!("fix: {fix}"));
    }
    for rail in &report.rails {
        push_rail(&mut text, rail, paint);
    }
    if !report.faults.is_empty() {
        push(&mut text, "");
        push(&mut text, &paint.paint("1", "the answer"));
        push_faults(&mut text, &report.faults, false, paint);
    }
    text
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn push_rail(text: &mut String, rail: &RailReport, paint: Paint) {
    push(text, "");
    let state = if rail.is_payable { "payable" } else { "not payable" };
    let (name, state) =
        (paint.paint("1", rail.rail.name()), paint.good_or_bad(rail.is_payable, state));
    push(text, &format!("{name}: {state}"));
    for offer in &rail.offers {
        push(text, &format!("  {}", offer_line(offer, rail.offers.len() > 1)));
    }
    for client in &rail.clients.0 {
        push(text, &format!("  by {}", shown(client)));
    }
    push_faults(text, &rail.faults, rail.offers.len() > 1, paint);
}

/// `#1 exact: 0.01 USDC to 0x… on eip155:8453, until 2026-01-01T00:00:00Z`
fn offer_line(offer: &Offer, is_numbered: bool) -> String {
    let mut line = String::new();
    if is_numbered {
        let _ = write!(line, "#{} ", offer.index);
    }
    let kind = if offer.kind.is_empty() { "unreadable" } else { &offer.kind };
    let most = offer.price.as_ref().is_some_and(|price| price.is_maximum);
    let price = offer.price.as_ref().map_or("no price", |price| &price.text);
    let _ = write!(line, "{kind}: {}{price}", if most { "at most " } else { "" });
    if let Some(recipient) = &offer.recipient {
        let _ = write!(line, " to {}", short(recipient));
    }
    if let Some(network) = &offer.network {
        let _ = write!(line, " on {network}");
    }
    if offer.is_test_money {
        line.push_str(" (test money)");
    }
    if let Some(expires_at) = offer.expires_at {
        let _ = write!(line, ", until {}", format_timestamp(expires_at));
    }
    if is_numbered && !offer.is_payable {
        line.push_str(", not payable");
    }
    shown(&line)
}

fn push_faults(text: &mut String, faults: &[Fault], is_numbered: bool, paint: Paint) {
    for fault in faults {
        let (name, colour) = match fault.severity {
            Severity::Error => ("error", "31"),
            Severity::Warning => ("warning", "33"),
            Severity::Note => ("note", "36"),
        };
        let place = fault.offer.filter(|_| is_numbered);
        let place = place.map_or_else(String::new, |offer| format!(" in #{offer}"));
        let message = shown(&fault.message);
        let message = message.trim_end_matches('.');
        let label = paint.paint(colour, name);
        push(text, &format!("  {label}{place}: {message} [{}]", fault.code));
        push(text, &format!("    fix: {}", shown(&fault.fix)));
    }
}

/// The ends of a long name.
fn short(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    match (characters.get(..10), characters.get(characters.len().saturating_sub(6)..)) {
        (Some(start), Some(end)) if characters.len() > 24 => {
            format!("{}…{}", start.iter().collect::<String>(), end.iter().collect::<String>())
        }
        _ => text.to_owned(),
    }
}

/// A stranger's text in one line.
fn shown(text: &str) -> String {
    let text = harmless(text);
    let mut cut: String = text.chars().take(TEXT_LEN_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
