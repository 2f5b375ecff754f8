//! What the shipped model makes of texts.

#![allow(clippy::unwrap_used, reason = "tests")]

use farebox_search::{Embedding, Model};
use proptest::prelude::*;

fn embed(text: &str) -> Embedding {
    Model::shipped().embed(text).unwrap()
}

fn length(embedding: &Embedding) -> f32 {
    embedding.values().iter().map(|value| value * value).sum::<f32>().sqrt()
}

#[test]
fn the_shipped_model_is_whole() {
    let model = Model::shipped();
    assert_eq!(model.id(), "10df8545393600a5");
    assert_eq!(model.dimensions(), 256);
    assert_eq!(model.tokens("[UNK] \u{1F9E6}").last(), Some(&1), "what is not in the vocabulary");
}

#[test]
fn the_same_meaning_is_nearer_than_the_same_letters() {
    let query = embed("how hot will it be tomorrow");
    let weather = embed("Weather forecast: temperature by city, for the next days");
    let hotel = embed("Hot hotel deals for tonight");
    assert!(query.cosine(&weather) > query.cosine(&embed("Convert PDF documents to text")));
    assert!(embed("turn speech into text").cosine(&embed("Audio transcription")) > 0.4);
    assert!(embed("turn speech into text").cosine(&hotel) < 0.3);
}

#[test]
fn words_that_nobody_knows_are_few_in_a_text_that_says_something() {
    assert!((embed("bitcoin price, in euros!").known_share() - 1.0).abs() < f32::EPSILON);
    assert!(embed("xqzvbn wprtlk bitcoin").known_share() < 0.5);
}

#[test]
fn a_text_without_words_has_no_embedding() {
    for text in ["", "  \n", "\u{0}\u{7f}\u{fffd}", "\u{1F9E6}", &"x".repeat(1_000)] {
        assert_eq!(Model::shipped().embed(text), None, "{text:?}");
    }
}

#[test]
fn only_the_beginning_of_a_long_text_counts() {
    let long = "weather ".repeat(128);
    assert_eq!(embed(&long), embed(&format!("{long} and invoices")));
}

#[test]
fn vectors_made_elsewhere_are_checked() {
    for values in
        [vec![], vec![0.0; 8], vec![1.0, f32::NAN], vec![f32::INFINITY, 1.0], vec![1.0; 8_193]]
    {
        assert_eq!(Embedding::new(values), None);
    }
    let huge = Embedding::new(vec![f32::MAX; 8_192]).unwrap();
    assert!((length(&huge) - 1.0).abs() < 1e-4);
    assert!(embed("weather").cosine(&huge).abs() < f32::EPSILON, "another number of dimensions");
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}|[a-z ]{0,300}|(?s:.{0,300})", other in "[a-z ]{1,80}") {
        let model = Model::shipped();
        let tokens = model.tokens(&text);
        prop_assert!(tokens.iter().all(|token| *token < 40_709));
        if let Some(embedding) = model.embed(&text) {
            prop_assert!((length(&embedding) - 1.0).abs() < 1e-4);
            prop_assert!((0.0..=1.0).contains(&embedding.known_share()));
            prop_assert!((embedding.cosine(&embedding) - 1.0).abs() < 1e-4);
            if let Some(other) = model.embed(&other) {
                prop_assert!((-1.0..=1.0).contains(&embedding.cosine(&other)));
            }
        }
    }

    #[test]
    fn any_numbers_are_brought_to_length_1_or_refused(bits in proptest::collection::vec(any::<u32>(), 0..40)) {
        let values: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        let sound = values.iter().all(|value| value.is_finite());
        if let Some(embedding) = Embedding::new(values) {
            prop_assert!(sound && (length(&embedding) - 1.0).abs() < 1e-4);
        }
    }
}
