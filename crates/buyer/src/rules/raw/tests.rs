use super::*;
use crate::rules::POLICY_TEMPLATE;
use proptest::prelude::*;

#[test]
fn the_template_is_a_policy() {
    let policy: Policy = POLICY_TEMPLATE.parse().unwrap();
    assert_eq!(policy.total.amounts.len(), 1);
    assert!(policy.rules.is_empty() && policy.hook.is_none());
}

#[test]
fn what_cannot_be_used_is_said_in_one_line() {
    for (text, part) in [
        ("expires = \"soon\"", "2027-01-31T00:00:00Z"),
        ("approval_timeout_s = 1", "between 10 and"),
        ("utc_offset = \"+15:00\"", "+02:00"),
        ("[total]\nday = []", "one amount"),
        ("[total]\ncalls = { day = -1 }", "calls"),
        ("[hook]\nurl = \"ftp://a\"", "hook.url"),
        ("[hook]\nurl = \"http://u:p@a\"", "without a password"),
        ("[hook]\nurl = \"http://a\"\nsecret = \"a b\"", "hook.secret"),
        ("[hook]\nurl = \"http://a\"\ntimeout_ms = 1", "hook.timeout_ms"),
        ("[rates]", "btc_usd or sources"),
        ("[[rules]]\nname = \"a\"\nfee = \"1 USD\"", "rule \"a\": fee"),
        ("[[rules]]\nname = \"a\"\nfee_percent = 101", "fee_percent"),
        ("[[rules]]\nname = \"a\"\nrails = [\"fax\"]", "fax"),
        ("[[rules]]\nname = \"a\"\npayees = [\"a b\"]", "is no payee"),
        ("[[rules]]\nname = \"\\u001b\"", "a name has"),
        ("[[rules]]", "name"),
    ] {
        let error = text.parse::<Policy>().unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let long = " ".repeat(POLICY_LEN_MAX + 1);
    assert!(long.parse::<Policy>().is_err());
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,200}", value in "\\PC{0,40}") {
        let _ = text.parse::<Policy>();
        let value = toml::Value::String(value).to_string();
        for key in ["utc_offset", "expires", "ask_above", "total.day", "hook.url"] {
            let _ = format!("{key} = {value}").parse::<Policy>();
        }
        let rule = format!("[[rules]]\nname = \"a\"\nhosts = [{value}]\npayees = [{value}]");
        let _ = rule.parse::<Policy>();
    }
}
