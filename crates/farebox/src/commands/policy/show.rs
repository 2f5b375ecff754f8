//! A policy in words.

use crate::commands::money_rules::InForce;
use crate::commands::when::time;
use crate::output::{bold, harmless, print_json, print_line};
use farebox_buyer::rules::{AskAbove, Caps, Limit, Policy, RateSource, Rule, WindowKind};
use serde_json::{Map, Value, json};

/// Prints what is in force. The hook's secret is left out.
pub(super) fn print(in_force: &InForce, as_json: bool) {
    if as_json {
        return print_json(&to_json(in_force));
    }
    let InForce { policy, path } = in_force;
    match path {
        Some(path) => print_line(bold(&format!("The policy {}", path.display()))),
        None => print_line(bold("No policy file: the default holds (farebox policy init)")),
    }
    for line in general(policy) {
        print_line(format_args!("  {line}"));
    }
    for rule in &policy.rules {
        print_line(format_args!("\n{} {}", bold(&rule.name), rule.action.name()));
        for line in of_rule(rule) {
            print_line(format_args!("  {}", harmless(&line)));
        }
    }
    print_line(format_args!("\n{}", bold("what no rule matches")));
    print_line("  up to 1000 sats a call over Lightning, and nothing in tokens");
}

fn general(policy: &Policy) -> Vec<String> {
    let kind = match policy.calendar.kind {
        WindowKind::Calendar => "an hour, a day, a week and a month begin as on a calendar",
        WindowKind::Rolling => "an hour, a day, a week and a month are the last ones",
    };
    let mut lines = vec![format!("{kind}; {}", offset(policy.calendar.utc_offset_s))];
    lines.extend(policy.expires.map(|expires| format!("expires {}", time(expires))));
    let timeout_s = policy.approval_timeout.as_secs();
    lines.push(format!("an approval is waited for {timeout_s} seconds"));
    lines.push(match &policy.rate {
        None => "no price of bitcoin is set".to_owned(),
        Some(RateSource::Fixed(rate)) => format!("a bitcoin is {} USD", rate.usd_per_btc()),
        Some(RateSource::Asked(options)) => {
            format!("the price of bitcoin is asked of {} sources", options.sources.len())
        }
    });
    if let Some(hook) = &policy.hook {
        lines.push(format!("asks {} before each payment", hook.url.origin().ascii_serialization()));
    }
    lines.extend(caps("everything together", &policy.total));
    lines
}

fn offset(seconds: i32) -> String {
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    format!("UTC{sign}{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60)
}

fn of_rule(rule: &Rule) -> Vec<String> {
    let mut lines = Vec::new();
    let mut list = |label: &str, names: Vec<String>| {
        if !names.is_empty() {
            lines.push(format!("{label}: {}", names.join(", ")));
        }
    };
    list("hosts", texts(&rule.hosts));
    list("payees", texts(&rule.payees));
    list("rails", texts(&rule.rails));
    list("methods", rule.methods.clone());
    list("a call", texts(&rule.call));
    list("until", rule.until.map(time).into_iter().collect());
    list("fee", rule.fee.map(|fee| fee.to_string()).into_iter().collect());
    list("fee in percent", rule.fee_percent.map(|fee| fee.to_string()).into_iter().collect());
    list("asks above", ask_above(&rule.ask_above));
    if rule.ask_new_hosts {
        lines.push("asks before a host is paid for the first time".to_owned());
    }
    lines.extend(caps("in all", &rule.caps));
    lines.extend(caps("each host", &rule.each_host));
    lines
}

fn ask_above(ask: &AskAbove) -> Vec<String> {
    match ask {
        AskAbove::Default => vec!["1 USD, or 1000 sats without a price of bitcoin".to_owned()],
        AskAbove::Never => vec!["never".to_owned()],
        AskAbove::Any(limits) => texts(limits),
    }
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn caps(label: &str, caps: &Caps) -> Vec<String> {
    let amounts = caps.amounts.iter().map(|(window, limit)| format!("{limit} a {}", window.name()));
    let calls =
        caps.calls.iter().map(|(window, calls)| format!("{calls} calls a {}", window.name()));
    amounts.chain(calls).map(|text| format!("{label}: {text}")).collect()
}

fn to_json(in_force: &InForce) -> Value {
    let InForce { policy, path } = in_force;
    let rules: Vec<Value> = policy.rules.iter().map(rule_json).collect();
    json!({
        "path": path,
        "windows": policy.calendar.kind,
        "utc_offset_s": policy.calendar.utc_offset_s,
        "expires_at": policy.expires,
        "approval_timeout_s": policy.approval_timeout.as_secs(),
        "has_rate": policy.rate.is_some(),
        "hook": policy.hook.as_ref().map(|hook| hook.url.origin().ascii_serialization()),
        "total": caps_json(&policy.total),
        "rules": rules,
    })
}

fn rule_json(rule: &Rule) -> Value {
    json!({
        "name": rule.name,
        "action": rule.action.name(),
        "hosts": texts(&rule.hosts),
        "payees": texts(&rule.payees),
        "rails": texts(&rule.rails),
        "methods": rule.methods,
        "until": rule.until,
        "call": texts(&rule.call),
        "fee_msat": rule.fee,
        "fee_percent": rule.fee_percent,
        "ask_above": ask_above(&rule.ask_above),
        "ask_new_hosts": rule.ask_new_hosts,
        "limits": caps_json(&rule.caps),
        "each_host": caps_json(&rule.each_host),
    })
}

fn caps_json(caps: &Caps) -> Value {
    let mut amounts = Map::new();
    for (window, limit) in &caps.amounts {
        let entry = amounts.entry(window.name()).or_insert_with(|| json!([]));
        if let Some(entry) = entry.as_array_mut() {
            entry.push(Limit::to_string(limit).into());
        }
    }
    let calls = caps.calls.iter().map(|(window, calls)| (window.name().to_owned(), json!(calls)));
    json!({ "amounts": amounts, "calls": Map::from_iter(calls) })
}
