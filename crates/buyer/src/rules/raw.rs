//! A policy as it is written, and what is wrong with it.

use super::limit::Limit;
use super::policy::{APPROVAL_TIMEOUT, Action, AskAbove, Caps, Hook, Policy, Rule};
use super::rates::RawRates;
use super::token::RawToken;
use super::window::{Calendar, Window, WindowKind};
use crate::spend::Rail;
use farebox_money::Msat;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Longer files are not read.
pub(super) const POLICY_LEN_MAX: usize = 256 * 1_024;
const RULES_MAX: usize = 200;
const NAMES_MAX: usize = 1_000;
const NAME_LEN_MAX: usize = 64;
const HOUR_S: u64 = 3_600;

/// A policy that cannot be used: one line that says where and what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(pub(super) String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    #[serde(default)]
    windows: WindowKind,
    utc_offset: Option<String>,
    expires: Option<String>,
    ask_above: Option<OneOrMore>,
    #[serde(default)]
    ask_new_hosts: bool,
    approval_timeout_s: Option<u64>,
    total: Option<RawCaps>,
    rates: Option<RawRates>,
    hook: Option<RawHook>,
    #[serde(default)]
    tokens: Vec<RawToken>,
    #[serde(default)]
    rules: Vec<RawRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHook {
    url: String,
    secret: Option<String>,
    timeout_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCaps {
    hour: Option<OneOrMore>,
    day: Option<OneOrMore>,
    week: Option<OneOrMore>,
    month: Option<OneOrMore>,
    #[serde(default)]
    calls: RawCalls,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalls {
    hour: Option<u64>,
    day: Option<u64>,
    week: Option<u64>,
    month: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: String,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    payees: Vec<String>,
    #[serde(default)]
    rails: Vec<Rail>,
    #[serde(default)]
    methods: Vec<String>,
    until: Option<String>,
    #[serde(default)]
    action: Action,
    call: Option<OneOrMore>,
    fee: Option<String>,
    fee_percent: Option<u32>,
    hour: Option<OneOrMore>,
    day: Option<OneOrMore>,
    week: Option<OneOrMore>,
    month: Option<OneOrMore>,
    #[serde(default)]
    calls: RawCalls,
    #[serde(default)]
    each_host: RawCaps,
    ask_above: Option<OneOrMore>,
    ask_new_hosts: Option<bool>,
}

/// `"1000 sats"`, or `["1000 sats", "1 USD"]`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > POLICY_LEN_MAX {
            return Err(PolicyError(format!("it is longer than {POLICY_LEN_MAX} bytes")));
        }
        let raw: RawPolicy =
            toml::from_str(text).map_err(|error| PolicyError(one_line(&error.to_string())))?;
        raw.check().map_err(PolicyError)
    }
}

impl RawPolicy {
    fn check(self) -> Result<Policy, String> {
        if self.rules.len() > RULES_MAX {
            return Err(format!("there can be {RULES_MAX} rules at most"));
        }
        let ask_above = ask_above(self.ask_above.as_ref())?.unwrap_or_default();
        let mut names = BTreeSet::new();
        let rules = self.rules.into_iter().map(|rule| {
            let place = format!("rule {:?}", rule.name);
            if !names.insert(rule.name.clone()) {
                return Err(format!("{place}: another rule has the same name"));
            }
            let checked = rule.check(&ask_above, self.ask_new_hosts);
            checked.map_err(|problem| format!("{place}: {problem}"))
        });
        let rules = rules.collect::<Result<_, _>>()?;
        let timeout_s = self.approval_timeout_s.unwrap_or(APPROVAL_TIMEOUT.as_secs());
        if !(10..=7 * 24 * HOUR_S).contains(&timeout_s) {
            return Err("approval_timeout_s must be between 10 and 604800".to_owned());
        }
        let utc_offset_s = self.utc_offset.as_deref().map(utc_offset_s).transpose()?;
        Ok(Policy {
            calendar: Calendar { kind: self.windows, utc_offset_s: utc_offset_s.unwrap_or(0) },
            expires: self.expires.as_deref().map(|text| moment("expires", text)).transpose()?,
            total: self.total.unwrap_or_default().check("total.")?,
            rules,
            approval_timeout: Duration::from_secs(timeout_s),
            rate: self.rates.map(RawRates::check).transpose()?,
            hook: self.hook.map(RawHook::check).transpose()?,
            tokens: RawToken::check_all(self.tokens)?,
        })
    }
}

impl RawHook {
    fn check(self) -> Result<Hook, String> {
        let timeout_ms = self.timeout_ms.unwrap_or(3_000);
        if !(100..=60_000).contains(&timeout_ms) {
            return Err("hook.timeout_ms must be between 100 and 60000".to_owned());
        }
        let url = Url::parse(&self.url).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        let url = url.ok_or("hook.url must be an http or https address without a password")?;
        let is_sendable =
            |secret: &String| !secret.is_empty() && secret.bytes().all(|b| b.is_ascii_graphic());
        if !self.secret.as_ref().is_none_or(is_sendable) {
            return Err("hook.secret must be visible ASCII characters".to_owned());
        }
        Ok(Hook { url, secret: self.secret, timeout: Duration::from_millis(timeout_ms) })
    }
}

impl RawCaps {
    fn check(self, prefix: &str) -> Result<Caps, String> {
        let amounts = [self.hour, self.day, self.week, self.month];
        caps(prefix, amounts, &self.calls)
    }
}

impl RawRule {
    fn check(self, asked: &AskAbove, ask_new_hosts: bool) -> Result<Rule, String> {
        check_name(&self.name)?;
        let names = self.hosts.len() + self.payees.len() + self.methods.len();
        if names > NAMES_MAX {
            return Err(format!("hosts, payees and methods can be {NAMES_MAX} at most"));
        }
        if self.fee_percent.is_some_and(|percent| percent > 100) {
            return Err("fee_percent must be between 0 and 100".to_owned());
        }
        let amounts = [self.hour, self.day, self.week, self.month];
        Ok(Rule {
            hosts: parse_all(&self.hosts)?,
            payees: parse_all(&self.payees)?,
            rails: self.rails,
            methods: self.methods.iter().map(|method| method.to_ascii_uppercase()).collect(),
            until: self.until.as_deref().map(|text| moment("until", text)).transpose()?,
            action: self.action,
            call: limits("call", self.call.as_ref())?,
            fee: self.fee.as_deref().map(fee).transpose()?,
            fee_percent: self.fee_percent,
            caps: caps("", amounts, &self.calls)?,
            each_host: self.each_host.check("each_host.")?,
            ask_above: ask_above(self.ask_above.as_ref())?.unwrap_or_else(|| asked.clone()),
            ask_new_hosts: self.ask_new_hosts.unwrap_or(ask_new_hosts),
            name: self.name,
        })
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_.".contains(c);
    if name.is_empty() || name.len() > NAME_LEN_MAX || !name.chars().all(plain) {
        return Err(format!(
            "a name has up to {NAME_LEN_MAX} letters, digits, spaces, hyphens, underscores or dots"
        ));
    }
    // It names the sums of what no rule matches.
    if name == Rule::fallback().name {
        return Err("this name stands for what no rule matches; choose another".to_owned());
    }
    Ok(())
}

fn caps(prefix: &str, amounts: [Option<OneOrMore>; 4], calls: &RawCalls) -> Result<Caps, String> {
    let mut made = Caps::default();
    for (window, written) in Window::ALL.into_iter().zip(&amounts) {
        let key = format!("{prefix}{}", window.name());
        let limits = limits(&key, written.as_ref())?;
        made.amounts.extend(limits.into_iter().map(|limit| (window, limit)));
    }
    let calls = [calls.hour, calls.day, calls.week, calls.month];
    let calls = Window::ALL.into_iter().zip(calls);
    made.calls = calls.filter_map(|(window, calls)| Some((window, calls?))).collect();
    Ok(made)
}

fn limits(key: &str, written: Option<&OneOrMore>) -> Result<Vec<Limit>, String> {
    let texts = match written {
        None => return Ok(Vec::new()),
        Some(OneOrMore::One(text)) => std::slice::from_ref(text),
        Some(OneOrMore::More(texts)) if texts.is_empty() || texts.len() > 2 => {
            return Err(format!("{key} is one amount, or one in sats and one in USD"));
        }
        Some(OneOrMore::More(texts)) => texts.as_slice(),
    };
    let limit = |text: &String| text.parse().map_err(|error| format!("{key}: {error}"));
    texts.iter().map(limit).collect()
}

fn ask_above(written: Option<&OneOrMore>) -> Result<Option<AskAbove>, String> {
    if let Some(OneOrMore::One(text)) = written
        && text == "never"
    {
        return Ok(Some(AskAbove::Never));
    }
    let limits = limits("ask_above", written)?;
    Ok((!limits.is_empty()).then_some(AskAbove::Any(limits)))
}

fn fee(text: &str) -> Result<Msat, String> {
    match text.parse() {
        Ok(Limit::Bitcoin(fee)) => Ok(fee),
        _ => Err(format!("fee must be an amount such as \"10 sats\", not {text:?}")),
    }
}

fn parse_all<T: FromStr<Err = String>>(texts: &[String]) -> Result<Vec<T>, String> {
    texts.iter().map(|text| text.parse()).collect()
}

fn moment(key: &str, text: &str) -> Result<u64, String> {
    let parsed = text.parse::<Timestamp>().ok();
    let seconds = parsed.and_then(|time| u64::try_from(time.as_second()).ok());
    seconds.ok_or_else(|| {
        format!("{key} must be a time such as \"2027-01-31T00:00:00Z\", not {text:?}")
    })
}

fn utc_offset_s(text: &str) -> Result<i32, String> {
    let refuse = || format!("utc_offset must be written as \"+02:00\", not {text:?}");
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(refuse()),
    };
    let (hours, minutes) = rest.split_once(':').ok_or_else(refuse)?;
    let number = |text: &str, most: i32| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|number| digits && *number <= most).ok_or_else(refuse)
    };
    Ok(sign * (number(hours, 14)? * 3_600 + number(minutes, 59)? * 60))
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
