//! What recorded answers come to, for programs and for people.

use super::Judged;
use crate::output::harmless;
use farebox_wire::probe::Rail;
use farebox_wire::probe::health::{Classification, Reason};
use serde_json::{Value, json};
use std::fmt::Write;

/// Characters of a stranger's text in one line.
const TEXT_LEN_MAX: usize = 60;
/// The head of the table.
pub(super) const HEAD: &str = "   health    payable    id, reasons";

/// One line for programs.
pub(super) fn to_json(judged: &Judged) -> Value {
    let found = &judged.now;
    let mut object = json!({
        "id": judged.case.id,
        "health": found.state.name(),
        "health_after_3": judged.third.state.name(),
        "payable": payable(found),
        "reasons": codes(found),
        "details": found.reasons,
        "rails": found.rails,
    });
    if let Some(fields) = object.as_object_mut() {
        if let Some(l402) = found.l402 {
            fields.insert("l402_format".into(), json!(l402.format.map(|format| format.name())));
            fields.insert("lnget_compatible".into(), json!(l402.is_lnget_compatible));
            fields.insert("l402_compliant".into(), json!(l402.is_compliant));
            fields.insert("l402_degrade_reason".into(), json!(l402.degrade_reason));
        }
        if let Some(x402) = &found.x402 {
            fields.insert("x402_payment_valid".into(), json!(x402.is_payment_valid));
            fields.insert("x402_asset_known".into(), json!(x402.is_asset_known));
        }
    }
    object
}

/// A line that cannot be read.
pub(super) fn error_json(number: u64, problem: &str) -> Value {
    json!({ "line": number, "error": { "code": "record_unreadable", "message": problem } })
}

fn payable(found: &Classification) -> Vec<&'static str> {
    found.payable().into_iter().map(Rail::name).collect()
}

/// Every reason once, what matters most first.
fn codes(found: &Classification) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for Reason { code, .. } in &found.reasons {
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    codes
}

/// One line for people; `!` where the file expects something else.
pub(super) fn to_row(judged: &Judged) -> String {
    let agreement = Agreement::of(judged);
    let differs = [agreement.health, agreement.payable, agreement.after_3].contains(&Some(false));
    let mark = if differs { "!" } else { " " };
    let id = match &judged.case.id {
        Value::String(text) => shown(text),
        other => shown(&other.to_string()),
    };
    let payable = payable(&judged.now).join("+");
    let payable = if payable.is_empty() { "-" } else { &payable };
    let reasons = codes(&judged.now).join(", ");
    format!("{mark}  {:<9} {payable:<10} {id}: {reasons}", judged.now.state.name())
}

/// A stranger's text in one line.
pub(super) fn shown(text: &str) -> String {
    harmless(text).chars().take(TEXT_LEN_MAX).collect()
}

/// Whether a line comes to what the file expects, where it expects something.
struct Agreement {
    health: Option<bool>,
    payable: Option<bool>,
    after_3: Option<bool>,
    reasons: Option<bool>,
}

impl Agreement {
    fn of(judged: &Judged) -> Self {
        let expected = &judged.case.expected;
        let same = |wanted: &Option<String>, found: &Classification| {
            wanted.as_ref().map(|wanted| wanted == found.state.name())
        };
        let codes = codes(&judged.now);
        let has = |code: &String| codes.contains(&code.as_str());
        Self {
            health: same(&expected.health, &judged.now),
            after_3: same(&expected.after_3, &judged.third),
            payable: expected.payable.as_ref().map(|wanted| {
                let (mut wanted, mut found) = (wanted.clone(), payable(&judged.now));
                wanted.sort_unstable();
                found.sort_unstable();
                wanted == found
            }),
            reasons: expected.reasons.as_ref().map(|wanted| wanted.iter().all(has)),
        }
    }
}

/// How many of how many.
#[derive(Default)]
struct Share {
    part: u32,
    whole: u32,
}

impl Share {
    fn count(&mut self, agrees: Option<bool>) {
        self.whole = self.whole.saturating_add(u32::from(agrees.is_some()));
        self.part = self.part.saturating_add(u32::from(agrees == Some(true)));
    }

    fn line(&self, text: &mut String, name: &str) {
        if self.whole > 0 {
            let percent = 100.0 * f64::from(self.part) / f64::from(self.whole);
            let (part, whole) = (self.part, self.whole);
            let _ = writeln!(text, "{name:<34} {part} of {whole} ({percent:.1} %)");
        }
    }
}

/// What all lines come to together.
#[derive(Default)]
pub(super) struct Summary {
    read: u32,
    unreadable: u32,
    health: Share,
    after_3: Share,
    payable: Share,
    reasons: Share,
}

impl Summary {
    pub(super) fn count(&mut self, judged: Result<&Judged, &String>) {
        let Ok(judged) = judged else {
            self.unreadable = self.unreadable.saturating_add(1);
            return;
        };
        self.read = self.read.saturating_add(1);
        let agreement = Agreement::of(judged);
        self.health.count(agreement.health);
        self.after_3.count(agreement.after_3);
        self.payable.count(agreement.payable);
        self.reasons.count(agreement.reasons);
    }

    pub(super) const fn has_failures(&self) -> bool {
        self.unreadable > 0
    }

    /// The share of lines that come to what the file expects.
    pub(super) fn text(&self) -> String {
        let mut text = format!("\n{} read, {} not readable\n", self.read, self.unreadable);
        self.health.line(&mut text, "health as expected");
        self.after_3.line(&mut text, "health after three as expected");
        self.payable.line(&mut text, "payable rails as expected");
        self.reasons.line(&mut text, "every expected reason named");
        text
    }
}
