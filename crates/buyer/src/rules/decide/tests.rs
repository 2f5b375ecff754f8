use super::super::policy::AskAbove;
use super::super::window::Window;
use super::*;
use crate::spend::Rail;
use farebox_money::MicroUsd;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use url::Url;

const NOW: u64 = 1_800_000_000;

fn rate() -> Option<BtcUsd> {
    BtcUsd::new(MicroUsd::new(100_000_000_000))
}

fn sats(amount: u64) -> Limit {
    Limit::Bitcoin(Msat::new(amount * 1_000))
}

fn usd(micro: u64) -> Limit {
    Limit::Dollars(MicroUsd::new(micro))
}

fn lightning(amount_sats: u64) -> Spend {
    Spend {
        rail: Rail::L402,
        method: "GET".into(),
        url: Url::parse("https://api.example.com/x").unwrap(),
        body_sha256: [0; 32],
        charge: Charge::Lightning(Msat::new(amount_sats * 1_000)),
        fee_max: Msat::ZERO,
        payee: Some("02ab".into()),
        payment_key: "00".into(),
    }
}

fn dollars(micro: u64) -> Spend {
    let worth = Some(MicroUsd::new(micro));
    let charge = Charge::Token { asset: "usdc".into(), units: micro.into(), worth };
    Spend { rail: Rail::X402, charge, ..lightning(0) }
}

fn policy(text: &str) -> Policy {
    text.parse().unwrap()
}

fn decided(policy: &Policy, history: &History, spend: &Spend) -> Decision {
    decide(policy, history, spend, Moment { now: NOW, rate: rate() })
}

fn denied(policy: &Policy, history: &History, spend: &Spend) -> String {
    match decided(policy, history, spend) {
        Decision::Deny(denial) => denial.to_string(),
        other => panic!("{other:?}"),
    }
}

fn spent(sats: u64, calls: u64) -> Spent {
    let sum = Sum { msat: Msat::new(sats * 1_000), usd: MicroUsd::new(0), calls };
    Spent { hour: sum, day: sum, week: sum, month: sum }
}

#[test]
fn without_a_policy_a_thousand_sats_a_call_are_paid_and_no_tokens() {
    let (policy, history) = (Policy::default(), History::default());
    assert_eq!(decided(&policy, &history, &lightning(1_000)), Decision::Allow);
    let text = denied(&policy, &history, &lightning(1_001));
    assert!(text.starts_with("it costs 1001 sats, more than the 1000 sats"), "{text}");
    let text = denied(&policy, &history, &dollars(1));
    assert_eq!(text, "no rule of the policy says what may be paid in usdc");
}

#[test]
fn the_first_rule_that_matches_decides() {
    let policy = policy(
        r#"
        [[rules]]
        name = "no"
        hosts = ["*.example.com"]
        payees = ["02ff"]
        action = "deny"
        [[rules]]
        name = "once"
        hosts = ["*.example.com"]
        until = "2020-01-01T00:00:00Z"
        call = "100000 sats"
        [[rules]]
        name = "posts"
        methods = ["post"]
        action = "deny"
        [[rules]]
        name = "yes"
        hosts = ["api.example.com"]
        rails = ["l402"]
        call = "5 sats"
        [[rules]]
        name = "rest"
        action = "ask"
        "#,
    );
    let history = History::default();
    assert_eq!(decided(&policy, &history, &lightning(5)), Decision::Allow);
    assert!(denied(&policy, &history, &lightning(6)).contains("rule \"yes\""));
    let foreign = Spend { payee: Some("02ff".into()), ..lightning(5) };
    assert!(denied(&policy, &history, &foreign).contains("rule \"no\""));
    let post = Spend { method: "POST".into(), ..lightning(5) };
    assert!(denied(&policy, &history, &post).contains("rule \"posts\""));
    let rest = Decision::Ask(AskReason::Rule("rest".into()));
    assert_eq!(decided(&policy, &history, &dollars(5)), rest);
}

#[test]
fn a_limit_in_other_money_needs_a_rate_and_fails_closed_without() {
    let policy = policy("total = { day = \"1 USD\" }");
    let history = History { total: spent(900, 1), ..History::default() };
    assert_eq!(decided(&policy, &history, &lightning(100)), Decision::Allow);
    let text = denied(&policy, &history, &lightning(101));
    assert!(
        text.contains("left of the 1 USD a day") && text.contains("spent or reserved: 0.9 USD"),
        "{text}"
    );
    let blind = decide(&policy, &history, &lightning(1), Moment { now: NOW, rate: None });
    let Decision::Deny(denial) = blind else { panic!("{blind:?}") };
    assert_eq!(denial.code(), "rate_unknown");
    assert!(denial.to_string().contains("without the price of bitcoin"), "{denial}");
}

#[test]
fn tokens_are_paid_where_a_rule_says_how_much_and_their_worth_is_known() {
    let policy = policy("[[rules]]\nname = \"a\"\ncall = \"0.10 USD\"\nday = \"1 USD\"");
    let history = History::default();
    assert_eq!(decided(&policy, &history, &dollars(100_000)), Decision::Allow);
    assert!(denied(&policy, &history, &dollars(100_001)).contains("more than the 0.1 USD"));
    let charge = Charge::Token { asset: "x".into(), units: 1, worth: None };
    let unknown = Spend { charge, ..dollars(1) };
    assert!(denied(&policy, &history, &unknown).contains("worth in dollars is not known"));
}

#[test]
fn the_human_is_asked_above_a_dollar_and_for_new_hosts_where_they_want_it() {
    let mut policy = policy("ask_new_hosts = true\n[[rules]]\nname = \"a\"\ncall = \"9000 sats\"");
    let known = History { host_is_known: true, ..History::default() };
    let new = Decision::Ask(AskReason::NewHost("api.example.com".into()));
    assert_eq!(decided(&policy, &History::default(), &lightning(1_000)), new);
    assert_eq!(decided(&policy, &known, &lightning(1_000)), Decision::Allow);
    let above = Decision::Ask(AskReason::Above(usd(1_000_000)));
    assert_eq!(decided(&policy, &known, &lightning(1_001)), above);
    let blind = decide(&policy, &known, &lightning(1_001), Moment { now: NOW, rate: None });
    assert_eq!(blind, Decision::Ask(AskReason::Above(sats(1_000))));
    policy.rules[0].ask_above = AskAbove::Never;
    assert_eq!(decided(&policy, &known, &lightning(9_000)), Decision::Allow);
}

#[test]
fn what_is_forbidden_is_not_asked_about() {
    let policy =
        policy("total = { calls = { day = 2 } }\n[[rules]]\nname = \"a\"\naction = \"ask\"");
    let history = History { total: spent(0, 2), ..History::default() };
    assert_eq!(
        denied(&policy, &history, &lightning(1)),
        "everything together has 2 payments a day and all are used"
    );
    let one = History { total: spent(0, 1), ..History::default() };
    assert!(matches!(decided(&policy, &one, &lightning(1)), Decision::Ask(_)));
}

#[test]
fn a_fee_is_limited_and_counts() {
    let policy = policy(
        "total = { day = \"110 sats\" }\n[[rules]]\nname = \"a\"\nfee = \"20 sats\"\nfee_percent = 10",
    );
    let spend = |fee| Spend { fee_max: Msat::new(fee), ..lightning(100) };
    assert_eq!(policy.fee_ceiling(&spend(0), NOW), Msat::new(10_000));
    assert_eq!(decided(&policy, &History::default(), &spend(10_000)), Decision::Allow);
    assert!(denied(&policy, &History::default(), &spend(10_001)).contains("its fee may be"));
    let before = History { total: spent(1, 1), ..History::default() };
    assert!(denied(&policy, &before, &spend(10_000)).contains("spent or reserved: 1 sat)"));
}

#[test]
fn a_policy_that_is_over_pays_nothing() {
    let policy = policy("expires = \"2020-01-01T00:00:00Z\"");
    assert_eq!(denied(&policy, &History::default(), &lightning(1)), "the policy has expired");
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        (0u64..3_000_000).prop_map(|msat| Limit::Bitcoin(Msat::new(msat))),
        (0u64..3_000_000).prop_map(|micro| Limit::Dollars(MicroUsd::new(micro))),
    ]
}

fn window() -> impl Strategy<Value = Window> {
    prop::sample::select(Window::ALL.to_vec())
}

fn caps() -> impl Strategy<Value = Caps> {
    (vec((window(), limit()), 0..4), vec((window(), 0u64..5), 0..3))
        .prop_map(|(amounts, calls)| Caps { amounts, calls })
}

fn sum() -> impl Strategy<Value = Sum> {
    (0u64..3_000_000, 0u64..3_000_000, 0u64..6).prop_map(|(msat, usd, calls)| Sum {
        msat: Msat::new(msat),
        usd: MicroUsd::new(usd),
        calls,
    })
}

fn sums() -> impl Strategy<Value = Spent> {
    (sum(), sum(), sum(), sum()).prop_map(|(hour, day, week, month)| Spent {
        hour,
        day,
        week,
        month,
    })
}

prop_compose! {
    fn any_policy()(
        total in caps(), rule in caps(), each_host in caps(), call in vec(limit(), 0..3),
        fee in option::of(0u64..20_000), fee_percent in option::of(0u32..=100),
        action in prop::sample::select(vec![Action::Allow, Action::Ask, Action::Deny]),
        expires in option::of(NOW - 2..NOW + 2),
    ) -> Policy {
        let rule = Rule {
            name: "a".into(), caps: rule, each_host, call, action, fee_percent,
            fee: fee.map(Msat::new), ask_above: AskAbove::Never, ..Rule::fallback()
        };
        Policy { total, rules: vec![rule], expires, ..Policy::default() }
    }
}

prop_compose! {
    fn any_spend()(amount in 0u64..3_000_000, fee in 0u64..20_000, is_token: bool) -> Spend {
        let spend = if is_token { dollars(amount) } else { lightning(0) };
        let charge = if is_token { spend.charge } else { Charge::Lightning(Msat::new(amount)) };
        Spend { charge, fee_max: Msat::new(fee), ..spend }
    }
}

/// In 1/100,000 of a micro-dollar, in which a millisatoshi is a whole number at any rate in
/// dollars: exact, and not by the code that is tested.
fn worth(msat: u64, micro_usd: u64, usd_per_btc: u64) -> u128 {
    u128::from(msat) * u128::from(usd_per_btc) + u128::from(micro_usd) * 100_000
}

/// Whether money stays within a limit, in exact numbers.
fn holds(limit: Limit, msat: u64, micro_usd: u64, usd_per_btc: u64) -> bool {
    let most = match limit {
        Limit::Bitcoin(limit) => worth(limit.get(), 0, usd_per_btc),
        Limit::Dollars(limit) => worth(0, limit.get(), usd_per_btc),
    };
    worth(msat, micro_usd, usd_per_btc) <= most
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nothing_is_allowed_that_passes_any_limit(
        policy in any_policy(), spend in any_spend(), total in sums(), rule in sums(),
        host in sums(), usd_per_btc in 1u64..1_000_000, known: bool,
    ) {
        let rate = BtcUsd::new(MicroUsd::new(usd_per_btc * 1_000_000)).filter(|_| known);
        let history = History { total, rule, host, host_is_known: true };
        let decision = decide(&policy, &history, &spend, Moment { now: NOW, rate });
        if !matches!(decision, Decision::Allow | Decision::Ask(_)) {
            return Ok(());
        }
        let own = &policy.rules[0];
        prop_assert!(own.action != Action::Deny);
        prop_assert!(policy.expires.is_none_or(|expires| NOW < expires));
        let (msat, micro) = match &spend.charge {
            Charge::Lightning(amount) => (amount.get(), 0),
            Charge::Token { worth, .. } => (0, worth.unwrap().get()),
        };
        let fee = spend.fee_max.get();
        for limit in &own.call {
            prop_assert!(holds(*limit, msat, micro, usd_per_btc));
        }
        let is_default = own.call.is_empty() && own.action == Action::Allow;
        prop_assert!(!is_default || (micro == 0 && msat <= 1_000_000));
        prop_assert!(own.fee.is_none_or(|most| fee <= most.get()));
        for (caps, spent) in
            [(&policy.total, &history.total), (&own.caps, &history.rule), (&own.each_host, &history.host)]
        {
            for (window, limit) in &caps.amounts {
                let before = spent.within(*window);
                let msat = before.msat.get() + msat + fee;
                prop_assert!(holds(*limit, msat, before.usd.get() + micro, usd_per_btc));
            }
            for (window, most) in &caps.calls {
                prop_assert!(spent.within(*window).calls < *most);
            }
        }
    }

    #[test]
    fn more_money_is_never_allowed_where_less_is_not(
        policy in any_policy(), spend in any_spend(), total in sums(), more in 1u64..1_000_000,
    ) {
        let history = History { total, ..History::default() };
        let moment = Moment { now: NOW, rate: rate() };
        let charge = match &spend.charge {
            Charge::Lightning(amount) => Charge::Lightning(Msat::new(amount.get() + more)),
            Charge::Token { asset, units, worth } => Charge::Token {
                asset: asset.clone(),
                units: units + u128::from(more),
                worth: worth.map(|worth| MicroUsd::new(worth.get() + more)),
            },
        };
        let dearer = Spend { charge, fee_max: Msat::ZERO, ..spend.clone() };
        let cheaper = Spend { fee_max: Msat::ZERO, ..spend };
        if decide(&policy, &history, &dearer, moment) == Decision::Allow {
            prop_assert_eq!(decide(&policy, &history, &cheaper, moment), Decision::Allow);
        }
    }
}
