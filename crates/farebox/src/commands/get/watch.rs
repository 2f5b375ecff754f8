//! What a get says while it runs: on standard error, and on a terminal with a spinner or a bar.

use super::GetArgs;
use super::stage::Stage;
use crate::commands::when::time;
use crate::output::harmless;
use farebox_buyer::{Observer, Step};
use farebox_money::Msat;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderName, HeaderValue};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(120);
/// Shorter answers have arrived before anybody has read a bar.
const BAR_LEN_MIN: u64 = 256 * 1_024;

/// Watches one get.
pub(super) struct Watch {
    notices: bool,
    verbose: bool,
    /// Whether a spinner or bar can be drawn, and whether the answer leaves it room.
    spinner: bool,
    bar: bool,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    progress: Option<ProgressBar>,
    warnings: Vec<String>,
    stage: Stage,
    /// How often the paid request was sent.
    attempt: u32,
    /// Why it is sent again, as said last.
    reason: Option<String>,
}

impl Shown {
    /// Whether a reason to wait is another than the last; each is said once.
    fn is_news(&mut self, reason: &str) -> bool {
        if self.reason.as_deref() == Some(reason) {
            return false;
        }
        self.reason = Some(reason.to_owned());
        true
    }
}

impl Watch {
    pub(super) fn new(args: &GetArgs) -> Self {
        let notices = !args.quiet && !args.json;
        let terminal = std::io::stderr().is_terminal() && !args.quiet;
        let elsewhere = args.output.as_deref().is_some_and(|path| path != "-") || args.json;
        Self {
            notices,
            verbose: args.verbose,
            spinner: terminal,
            bar: terminal && (elsewhere || !std::io::stdout().is_terminal()),
            shown: Mutex::default(),
        }
    }

    /// Takes everything off the terminal; returns what was warned of.
    pub(super) fn end(&self) -> Vec<String> {
        self.clear();
        std::mem::take(&mut self.shown().warnings)
    }

    /// How far the get is with the money.
    pub(super) fn stage(&self) -> Stage {
        self.shown().stage
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spin(&self, message: String) {
        if !self.spinner {
            return;
        }
        self.clear();
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
        let spinner = ProgressBar::new_spinner().with_message(message);
        let spinner =
            style.map_or_else(|_| spinner.clone(), |style| spinner.clone().with_style(style));
        spinner.enable_steady_tick(TICK);
        self.shown().progress = Some(spinner);
    }

    fn begin_bar(&self, len: Option<u64>) {
        self.clear();
        if !self.bar || len.is_some_and(|len| len < BAR_LEN_MIN) {
            return;
        }
        let (bar, template) = match len {
            Some(len) => (
                ProgressBar::new(len),
                "{wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}",
            ),
            None => {
                (ProgressBar::new_spinner(), "{spinner} {decimal_bytes} {decimal_bytes_per_sec}")
            }
        };
        let style = ProgressStyle::with_template(template);
        let bar = style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style));
        self.shown().progress = Some(bar);
    }

    fn clear(&self) {
        if let Some(progress) = self.shown().progress.take() {
            progress.finish_and_clear();
        }
    }

    /// One line that stays.
    fn say(&self, line: &str) {
        let progress = self.shown().progress.clone();
        match progress {
            Some(progress) => progress.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    fn notice(&self, line: &str) {
        if self.notices {
            self.say(&harmless(line));
        }
    }

    /// Before a request, and which one it is where the same goes out several times.
    fn requesting(&self, host: &str) {
        let attempt = self.shown().attempt;
        let count = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        self.spin(format!("waiting for {host}{count}"));
    }

    fn resend_waiting(&self, reason: &str, wait: Duration) {
        let (is_news, attempt) = {
            let mut shown = self.shown();
            (shown.is_news(reason), shown.attempt)
        };
        let wait = wait.as_secs_f32();
        if is_news {
            self.notice(&format!("{reason}; trying again in {wait:.1} s"));
        }
        self.spin(format!("attempt {} in {wait:.1} s", attempt.saturating_add(1)));
    }

    fn trace(&self, mark: char, first: &str, headers: &HeaderMap) {
        if !self.verbose {
            return;
        }
        let mut lines = format!("{mark} {first}\n");
        for (name, value) in headers {
            lines += &format!("{mark} {name}: {}\n", shown_value(name, value));
        }
        self.say(&format!("{lines}{mark}"));
    }
}

impl Observer for Watch {
    fn step(&self, step: &Step<'_>) {
        {
            let mut shown = self.shown();
            shown.stage = shown.stage.after(step);
        }
        match step {
            Step::LockWaiting => self.spin("another process sends this request; waiting".into()),
            Step::Requesting { method, url, headers } => {
                self.requesting(url.host_str().unwrap_or_default());
                self.trace('>', &format!("{method} {url}"), headers);
            }
            Step::Answered { status, headers } => {
                self.trace('<', &status.to_string(), headers);
            }
            Step::ApprovalWaiting { id, reason, expires_at } => {
                self.notice(&format!(
                    "it needs the approval of a human ({reason}): farebox approve {id}, until {}",
                    time(*expires_at)
                ));
                self.spin("waiting for the approval".into());
            }
            Step::Paying { amount, seller, .. } => {
                self.spin(format!("paying {amount} to {seller}"))
            }
            Step::PaidRecorded { amount, fee, seller, payment_hash } => {
                self.clear();
                let fee = with_fee(*fee);
                self.notice(&format!(
                    "paid {amount}{fee} to {seller} (payment hash {payment_hash})"
                ));
            }
            Step::TransferSending { charge, seller, .. } => {
                self.spin(format!("paying {charge} to {seller}"));
            }
            Step::TransferSigned { charge, seller, payment } => {
                self.clear();
                self.notice(&format!("signed {charge} for {seller} ({payment})"));
            }
            Step::TransferSettled { charge, transaction, .. } => {
                self.clear();
                let by = transaction.map(|hash| format!(" (transaction {hash})"));
                self.notice(&format!("paid {charge}{}", by.unwrap_or_default()));
            }
            Step::TransferPending { .. } => self.spin("waiting for the chain".into()),
            Step::Resending { attempt } => self.shown().attempt = *attempt,
            Step::ResendWaiting { reason, wait } => self.resend_waiting(reason, *wait),
            Step::AnswerHead { len, .. } => self.begin_bar(*len),
            Step::Progress { bytes } => {
                if let Some(progress) = &self.shown().progress {
                    progress.set_position(*bytes);
                }
            }
            Step::Written { .. } => self.clear(),
            Step::Warning(text) => {
                self.notice(&format!("warning: {text}"));
                self.shown().warnings.push(harmless(text));
            }
            _ => {}
        }
    }
}

fn with_fee(fee: Msat) -> String {
    if fee.is_zero() { String::new() } else { format!(" and {fee} in fees") }
}

/// A header's value without anything that could be used by whoever reads it.
fn shown_value(name: &HeaderName, value: &HeaderValue) -> String {
    if value.is_sensitive() || name == http::header::SET_COOKIE {
        return "(hidden)".into();
    }
    let text = harmless(&String::from_utf8_lossy(value.as_bytes()));
    if name == WWW_AUTHENTICATE { without_tokens(&text) } else { text }
}

/// A challenge with its tokens shortened: with the preimage, they are as good as the money.
fn without_tokens(challenge: &str) -> String {
    const KEPT: usize = 12;
    let parts = challenge.split('"').enumerate();
    let mut before = "";
    let parts = parts.map(|(index, part)| {
        let is_token = before.ends_with("macaroon=") || before.ends_with("token=");
        before = part;
        if index % 2 == 1 && is_token && part.chars().count() > KEPT {
            part.chars().take(KEPT).chain(['…']).collect()
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_to_wait_is_said_once_until_it_changes() {
        let mut shown = Shown::default();
        let said = ["busy", "busy", "down", "down", "busy"].map(|reason| shown.is_news(reason));
        assert_eq!(said, [true, false, true, false, true]);
    }

    #[test]
    fn a_header_cannot_write_to_the_terminal_or_turn_it_around() {
        let name = HeaderName::from_static("x-a");
        let value = HeaderValue::from_bytes("a\u{202e}b\u{200b}\tc".as_bytes()).unwrap();
        assert_eq!(shown_value(&name, &value), "abc");
    }

    #[test]
    fn a_challenge_is_shown_without_its_token() {
        let shown = without_tokens(
            r#"L402 macaroon="AgEEbHNhdAJCAAAB", invoice="lnbc1abcdefghijkl", token="AgEEbHNhdAJCAAAB""#,
        );
        assert_eq!(
            shown,
            r#"L402 macaroon="AgEEbHNhdAJC…", invoice="lnbc1abcdefghijkl", token="AgEEbHNhdAJC…""#
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut secret = HeaderValue::from_static("L402 a:b");
        secret.set_sensitive(true);
        assert_eq!(shown_value(&http::header::AUTHORIZATION, &secret), "(hidden)");
        let cookie = HeaderValue::from_static("session=1");
        assert_eq!(shown_value(&http::header::SET_COOKIE, &cookie), "(hidden)");
    }
}
