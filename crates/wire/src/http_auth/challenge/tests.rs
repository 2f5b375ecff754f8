use super::*;
use proptest::prelude::*;

/// Schemes, each with `name=value` of its parameters.
fn shape(lines: &[&str]) -> Vec<String> {
    let shown = |challenge: RawChallenge| {
        let params = challenge.params.iter().map(|p| format!(" {}={}", p.name, p.value));
        let token68 = challenge.token68.iter().map(|text| format!(" {text}"));
        format!("{}{}", challenge.scheme, token68.chain(params).collect::<String>())
    };
    challenges(lines).into_iter().map(shown).collect()
}

#[test]
fn folded_challenges_are_told_apart_in_any_order() {
    let (l402, payment) = (r#"L402 macaroon="A==", invoice="l""#, r#"Payment id="x", b="y""#);
    let (l402_shape, payment_shape) = ("L402 macaroon=A== invoice=l", "Payment id=x b=y");
    for glue in [", ", ",", " ,\t", " , , "] {
        let found = shape(&[&format!("{l402}{glue}{payment}")]);
        assert_eq!(found, [l402_shape, payment_shape], "{glue:?}");
        let found = shape(&[&format!("{payment}{glue}{l402}")]);
        assert_eq!(found, [payment_shape, l402_shape], "{glue:?}");
    }
    assert_eq!(shape(&[l402, payment]), [l402_shape, payment_shape]);
    let places: Vec<_> = challenges([&*format!("{l402}, {payment}"), payment])
        .iter()
        .map(|c| (c.line, c.place))
        .collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0)]);
}

#[test]
fn values_are_read_however_they_are_written() {
    for (line, expected) in [
        (r#"X a="1, \"2\" \\ L402 b=3", c=4"#, r#"X a=1, "2" \ L402 b=3 c=4"#),
        ("X a=1==, b=2=", "X a=1== b=2="),
        ("X a='1 2' b='tis, c=3", "X a=1 2 b='tis c=3"),
        ("X a = \"1\" ,\tb =2", "X a=1 b=2"),
        ("X a=\"1\"b=\"2\"", "X a=1 b=2"),
        ("X a=1; b=\"2\"; c=3", "X a=1 b=2 c=3"),
        ("X a=1, A=2, a=3", "X a=1 A=2 a=3"),
        ("X a=Hello World, b=2", "X a=Hello b=2"),
        ("X: a=1, /=2, b=3", "X a=1 b=3"),
        ("X a=\"1, b=2", "X a=1, b=2"),
        ("X a=, b=2", "X a= b=2"),
    ] {
        assert_eq!(shape(&[line]), [expected], "{line}");
    }
    let written = challenges([r#"X a="1", b='2' c=3,d="4"#]).remove(0).params;
    let quoting: Vec<_> = written.iter().map(|param| param.quoting).collect();
    use Quoting::{Double, None, Single, Unclosed};
    assert_eq!(quoting, [Double, Single, None, Unclosed]);
    let separators: Vec<_> = written.iter().map(|param| &*param.separator).collect();
    assert_eq!(separators, [" ", ", ", " ", ","]);
}

#[test]
fn schemes_without_parameters_do_not_take_those_of_others() {
    for (line, expected) in [
        ("Negotiate, L402 a=1", &["Negotiate", "L402 a=1"][..]),
        ("Negotiate YII/+==, L402 a=1", &["Negotiate YII/+==", "L402 a=1"]),
        ("NTLM abc , L402 a=1", &["NTLM abc", "L402 a=1"]),
        ("Bearer L402 a=1", &["Bearer", "L402 a=1"]),
        ("Basic realm=x L402 a=1", &["Basic realm=x", "L402 a=1"]),
        ("L402", &["L402"]),
        ("a=1, b=2", &[]),
        (" ,; ", &[]),
    ] {
        assert_eq!(shape(&[line]), expected, "{line}");
    }
}

#[test]
fn names_are_compared_in_any_case_and_duplicates_are_told() {
    let twice = challenges(["PAYMENT Id=1, id=2"]).remove(0);
    assert!(twice.is("Payment") && twice.has_duplicates());
    assert_eq!(twice.value("ID"), Some("1"));
    assert_eq!(twice.values("iD").collect::<Vec<_>>(), ["1", "2"]);
    assert!(!challenges(["X a=1, b=1"]).remove(0).has_duplicates());
}

#[test]
fn bytes_that_are_no_text_harm_only_their_value() {
    let line = b"Basic realm=\"caf\xe9\", L402 a=1";
    let found = challenges([&line[..]]);
    assert_eq!(found[0].value("realm"), Some("caf\u{fffd}"));
    assert_eq!(found[1].value("a"), Some("1"));
}

#[test]
fn every_count_and_length_has_a_limit() {
    assert_eq!(challenges(vec!["X a=1"; 100]).len(), ITEMS_MAX);
    assert_eq!(challenges([&*"X a=1, ".repeat(100)]).len(), ITEMS_MAX);
    let many = format!("X {}, Y b=2", "a=1, ".repeat(100));
    let found = challenges([&*many]);
    assert_eq!((found[0].params.len(), found.len()), (PARAMS_MAX, 2));
    let long = "X ".to_owned() + &"a".repeat(LINE_LEN_MAX);
    assert_eq!(shape(&[&long, "Y b=2"]), ["Y b=2"]);
    let half = format!("X a={}", "1".repeat(LINE_LEN_MAX - 4));
    assert_eq!(challenges(vec![half; 6]).len(), TOTAL_LEN_MAX / LINE_LEN_MAX);
}

proptest! {
    #[test]
    fn arbitrary_bytes_stay_within_the_limits(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..4)) {
        let found = challenges(&lines);
        prop_assert!(found.len() <= ITEMS_MAX);
        for challenge in found {
            prop_assert!(is_token(challenge.scheme.as_bytes()));
            prop_assert!(challenge.params.len() <= PARAMS_MAX);
            prop_assert!(challenge.params.iter().all(|param| is_token(param.name.as_bytes())));
        }
    }

    #[test]
    fn what_is_quoted_is_read_back(values in proptest::collection::vec("[ -~]{0,60}", 1..6), schemes in 1usize..4) {
        let escape = |value: &String| value.replace('\\', r"\\").replace('"', "\\\"");
        let params: Vec<_> = values.iter().map(|value| format!("p=\"{}\"", escape(value))).collect();
        let line = vec![format!("Scheme {}", params.join(", ")); schemes].join(", ");
        let found = challenges([&*line]);
        prop_assert_eq!(found.len(), schemes);
        for challenge in found {
            prop_assert_eq!(challenge.values("p").collect::<Vec<_>>(), values.iter().collect::<Vec<_>>());
        }
    }
}
