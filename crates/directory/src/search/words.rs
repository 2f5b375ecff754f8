//! From text to words that compare: lower case, without endings and without filler.

/// Words of a query that count at most.
pub(super) const QUERY_WORDS_MAX: usize = 24;
/// Longer runs of letters are cut; no word that people search for is longer.
const WORD_LEN_MAX: usize = 40;

const STOP_WORDS: [&str; 55] = [
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for",
    "from", "get", "give", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me",
    "my", "need", "of", "on", "or", "our", "please", "some", "that", "the", "their", "them",
    "then", "this", "to", "up", "using", "via", "want", "was", "what", "when", "where", "which",
    "with", "you", "your",
];

/// Short and long forms of one thing; the right one stands for both.
const SAME: [(&str, &str); 8] = [
    ("btc", "bitcoin"),
    ("crypto", "cryptocurrency"),
    ("db", "database"),
    ("eth", "ethereum"),
    ("photo", "image"),
    ("picture", "image"),
    ("pic", "image"),
    ("tweet", "twitter"),
];

/// Calls `visit` with each word's stem, in order; filler words are left out.
pub(super) fn for_each_stem(text: &str, mut visit: impl FnMut(&str)) {
    let mut word = String::new();
    for part in text.split(|c: char| !c.is_alphanumeric()) {
        if part.is_empty() {
            continue;
        }
        word.clear();
        word.extend(part.chars().flat_map(char::to_lowercase).take(WORD_LEN_MAX));
        if !STOP_WORDS.contains(&word.as_str()) {
            let stem = stem(&word);
            let same = SAME.iter().find(|(short, _)| *short == stem || *short == word);
            visit(same.map_or(stem, |(_, long)| self::stem(long)));
        }
    }
}

/// The distinct stems of a query. A query of nothing but filler words keeps them out as well.
pub(super) fn query_stems(query: &str) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for_each_stem(query, |stem| {
        if stems.len() < QUERY_WORDS_MAX && !stems.iter().any(|known| known == stem) {
            stems.push(stem.to_owned());
        }
    });
    stems
}

/// Takes common English endings off, so that `generates`, `generating` and `generation` meet.
fn stem(word: &str) -> &str {
    if !word.is_ascii() || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return word;
    }
    let word = without_plural(word);
    for (ending, rest_len_min) in [("ing", 4), ("ed", 4), ("ion", 4), ("or", 5), ("er", 5)] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= rest_len_min
            && (!matches!(ending, "ion" | "or") || rest.ends_with('t'))
        {
            return without_final_e(undoubled(rest));
        }
    }
    without_final_e(word)
}

fn without_plural(word: &str) -> &str {
    if let Some(rest) = word.strip_suffix("ies")
        && rest.len() >= 2
    {
        return rest;
    }
    if let Some(rest) = word.strip_suffix("es")
        && rest.len() >= 3
        && rest.ends_with(['s', 'x', 'z', 'h'])
    {
        return rest;
    }
    match word.strip_suffix('s') {
        Some(rest) if rest.len() >= 3 && !rest.ends_with(['s', 'u', 'i']) => rest,
        _ => word,
    }
}

fn undoubled(word: &str) -> &str {
    let mut letters = word.bytes().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && !matches!(last, b'l' | b's') => {
            word.get(..word.len() - 1).unwrap_or(word)
        }
        _ => word,
    }
}

/// `generate` meets `generat(ing)`, and `city` meets `cit(ies)`.
fn without_final_e(word: &str) -> &str {
    match word.strip_suffix(['e', 'y']) {
        Some(rest) if rest.len() >= 3 => rest,
        _ => word,
    }
}

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
        ] {
            let stems: Vec<&str> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{forms:?} {stems:?}");
        }
        assert_eq!(stem("x402"), "x402");
        assert_eq!(stem("news"), "new");
        assert_eq!(stem("bus"), "bus");
    }

    #[test]
    fn filler_words_do_not_count() {
        assert_eq!(query_stems("Get me the weather in a city, city!"), ["weath", "cit"]);
        assert_eq!(query_stems("what is it"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_text_has_words_without_panic(text in "\\PC{0,80}") {
            prop_assert!(query_stems(&text).len() <= QUERY_WORDS_MAX);
        }
    }
}
