use super::*;
use proptest::prelude::*;

fn index(names: &[&str]) -> LexicalIndex {
    LexicalIndex::build(names.iter().map(|name| Document { name, ..Document::default() }))
}

fn found(index: &LexicalIndex, query: &str) -> Vec<Position> {
    let question = index.question(&ParsedQuery::parse(query));
    index.candidates(&question, None, 10).into_iter().map(|(position, _)| position).collect()
}

#[test]
fn a_document_is_found_by_other_words_for_it() {
    let index = index(&["Text to speech", "Weather forecast", "Sanctions screening", "QR code"]);
    for (query, first) in [
        ("tts", 0),
        ("read aloud", 0),
        ("wether forcast", 1),
        ("weatherforecast", 1),
        ("pronóstico del tiempo", 1),
        ("天气预报", 1),
        ("ofac check", 2),
        ("código qr", 3),
    ] {
        assert_eq!(found(&index, query).first(), Some(&first), "{query}");
    }
    assert_eq!(found(&index, "banana"), Vec::<Position>::new());
}

#[test]
fn what_is_turned_into_what_counts() {
    let index = index(&["Text to speech", "Speech to text", "HTML to PDF", "PDF to HTML"]);
    assert_eq!(found(&index, "speech to text").first(), Some(&1));
    assert_eq!(found(&index, "text into speech").first(), Some(&0));
    assert_eq!(found(&index, "convert pdf to html").first(), Some(&3));
    assert_eq!(found(&index, "tts"), [0]);
}

#[test]
fn what_a_host_repeats_counts_less() {
    let said = "Prices and weather for agents.";
    let document =
        |name, description, url| Document { name, description, url, ..Document::default() };
    let documents = [
        document("Shipping", said, "one.example/a"),
        document("Parcels", said, "one.example/b"),
        document("Letters", said, "one.example/c"),
        document("Sky", "Sun, wind and weather for agents.", "two.example/a"),
    ];
    let index = LexicalIndex::build(documents.iter().copied());
    assert_eq!(found(&index, "weather").first(), Some(&3));
}

#[test]
fn a_named_provider_is_recognised() {
    let document = |name, url| Document { name, url, ..Document::default() };
    let documents =
        [document("Holdings", "api.acme.example/h"), document("Holdings", "other.example/h")];
    let index = LexicalIndex::build(documents.iter().copied());
    let question = index.question(&ParsedQuery::parse("acme holdings"));
    assert!(index.is_provider_named(&question, 0) && !index.is_provider_named(&question, 1));
}

proptest! {
    /// While an index is small its postings are walked to the end, so nothing may be missed.
    #[test]
    fn candidates_are_the_documents_that_cover_most(
        names in proptest::collection::vec("(alpha|beta|gamma|delta|image|photo| ){0,6}", 1..40),
        query in "(alpha|beta|gamma|picture|zeta| ){1,5}",
        allowed in proptest::collection::vec(proptest::bool::ANY, 40),
    ) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let index = index(&names);
        let question = index.question(&ParsedQuery::parse(&query));
        let len = u32::try_from(names.len()).unwrap();
        let filter = BitSet::of(len, (0..len).filter(|position| allowed[*position as usize]));
        let mut expected: Vec<(Position, f32)> = filter
            .iter()
            .map(|position| (position, index.coverage(&question, position)))
            .filter(|(_, coverage)| *coverage > 0.0)
            .collect();
        expected.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        prop_assert!(expected.iter().all(|(_, coverage)| (0.0..=1.0).contains(coverage)));
        prop_assert_eq!(index.candidates(&question, Some(&filter), 100), expected);
    }
}
