//! Words without their endings, so that `generates` and `generation` meet.

use frostem::{Algorithm, Stemmer};
use std::borrow::Cow;

/// A language whose words are understood in queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    /// The language of nearly all listings.
    English,
    /// Spanish.
    Spanish,
    /// German.
    German,
    /// French.
    French,
    /// Portuguese.
    Portuguese,
    /// Chinese, in simplified or traditional characters; it has no endings.
    Chinese,
}

/// The stem of a folded word. Words with digits keep their form.
pub(crate) fn stem(language: Language, word: &str) -> Cow<'_, str> {
    let algorithm = match language {
        Language::English => Algorithm::English,
        Language::Spanish => Algorithm::Spanish,
        Language::German => Algorithm::German,
        Language::French => Algorithm::French,
        Language::Portuguese => Algorithm::Portuguese,
        Language::Chinese => return Cow::Borrowed(word),
    };
    if !word.is_ascii() || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(word);
    }
    if language == Language::English
        && let Some((_, stem)) = EXCEPTIONS.iter().find(|(form, _)| *form == word)
    {
        return Cow::Borrowed(stem);
    }
    let stemmer = Stemmer::new(algorithm);
    if language == Language::English {
        return stemmer.stem(word);
    }
    // `imágenes` loses its plural first, and then what `imagen` loses: again until both are one.
    let mut stem = word.to_owned();
    for _ in 0..ENDINGS_MAX {
        stem = stemmer.stem(&stem).into_owned();
    }
    Cow::Owned(stem)
}

/// Endings that are taken off a foreign word.
const ENDINGS_MAX: usize = 3;

/// Forms that the algorithm parts or joins wrongly for this field.
const EXCEPTIONS: [(&str, &str); 14] = [
    ("addresses", "address"),
    ("analyse", "analyz"),
    ("analyses", "analyz"),
    ("analysis", "analyz"),
    ("analytics", "analyt"),
    ("indices", "index"),
    ("media", "media"),
    ("news", "news"),
    ("organisation", "organiz"),
    ("organization", "organiz"),
    ("people", "person"),
    ("retrieval", "retriev"),
    ("vertices", "vertex"),
    ("weather", "weather"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_of_a_word_meet() {
        for forms in [
            &["generate", "generates", "generating", "generated", "generation", "generator"][..],
            &["city", "cities"],
            &["search", "searches", "searching"],
            &["forecast", "forecasts", "forecasting"],
            &["translate", "translation", "translations", "translating"],
            &["price", "prices", "pricing", "priced"],
            &["map", "maps", "mapping"],
            &["analysis", "analyze", "analyzing"],
        ] {
            let stems: Vec<_> = forms.iter().map(|form| stem(Language::English, form)).collect();
            assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{forms:?} {stems:?}");
        }
        assert_eq!(stem(Language::English, "x402"), "x402");
        assert_eq!(stem(Language::English, "news"), "news");
        assert_ne!(stem(Language::English, "new"), "news");
    }

    #[test]
    fn other_languages_have_other_endings() {
        let pairs = [
            (Language::Spanish, "imagenes", "imagen"),
            (Language::Spanish, "traduce", "traducir"),
            (Language::German, "bilder", "bild"),
            (Language::French, "images", "image"),
            (Language::Portuguese, "precos", "preco"),
        ];
        for (language, one, other) in pairs {
            assert_eq!(stem(language, one), stem(language, other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn no_word_makes_a_stemmer_panic(word in "[a-z0-9à-ü一-三]{0,30}") {
            for language in [
                Language::English,
                Language::Spanish,
                Language::German,
                Language::French,
                Language::Portuguese,
                Language::Chinese,
            ] {
                prop_assert!(stem(language, &word).len() <= word.len() + 8);
            }
        }
    }
}
