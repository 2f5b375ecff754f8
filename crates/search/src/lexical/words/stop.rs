//! Words that carry grammar and no meaning.

use super::stem::Language;

/// English words that no index holds and no query asks for.
const ENGLISH: &[&str] = &[
    "a",
    "about",
    "after",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "been",
    "but",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "each",
    "every",
    "for",
    "from",
    "get",
    "give",
    "gives",
    "had",
    "has",
    "have",
    "help",
    "hey",
    "hi",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "let",
    "like",
    "looking",
    "may",
    "me",
    "much",
    "must",
    "my",
    "need",
    "needs",
    "no",
    "not",
    "of",
    "on",
    "onto",
    "or",
    "our",
    "out",
    "over",
    "per",
    "please",
    "s",
    "should",
    "so",
    "some",
    "something",
    "such",
    "t",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "up",
    "us",
    "use",
    "using",
    "via",
    "want",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "whose",
    "will",
    "with",
    "would",
    "you",
    "your",
];

/// Function words of other languages. They are left out of queries, and tell the language.
const FOREIGN: &[(Language, &[&str])] = &[
    (
        Language::Spanish,
        &[
            "al", "algun", "alguna", "como", "con", "cual", "cuando", "de", "del", "desde",
            "donde", "el", "en", "entre", "es", "esta", "este", "hacia", "hay", "la", "las", "lo",
            "los", "mas", "me", "mi", "mis", "necesito", "o", "para", "por", "que", "quiero", "se",
            "ser", "sin", "sobre", "su", "sus", "tu", "un", "una", "unas", "unos", "y",
        ],
    ),
    (
        Language::German,
        &[
            "als", "am", "auf", "aus", "bei", "das", "dem", "den", "der", "des", "die", "durch",
            "ein", "eine", "einem", "einen", "einer", "eines", "fur", "fuer", "ich", "im", "in",
            "ist", "man", "mein", "meine", "mit", "nach", "oder", "und", "uber", "ueber", "um",
            "vom", "von", "wie", "will", "zu", "zum", "zur",
        ],
    ),
    (
        Language::French,
        &[
            "a", "au", "aux", "avec", "ce", "ces", "comment", "d", "dans", "de", "depuis", "des",
            "du", "en", "est", "et", "je", "l", "la", "le", "les", "ma", "mes", "mon", "ou", "par",
            "pour", "que", "qui", "sans", "ses", "son", "sur", "un", "une", "vers", "veux",
        ],
    ),
    (
        Language::Portuguese,
        &[
            "ao", "as", "com", "como", "da", "das", "de", "do", "dos", "e", "em", "entre", "eu",
            "meu", "minha", "na", "nas", "no", "nos", "o", "os", "ou", "para", "pela", "pelo",
            "por", "preciso", "quero", "sem", "seu", "sobre", "sua", "um", "uma",
        ],
    ),
    (Language::Chinese, &["的", "了", "和", "我", "吗", "在", "把", "请", "要"]),
];

/// Words that nearly every listing could be called by: they count, but little.
const GENERIC: &[&str] = &[
    "access",
    "agent",
    "agents",
    "ai",
    "api",
    "apis",
    "app",
    "application",
    "based",
    "data",
    "endpoint",
    "endpoints",
    "find",
    "good",
    "info",
    "information",
    "lookup",
    "make",
    "online",
    "provider",
    "request",
    "retrieve",
    "return",
    "returns",
    "service",
    "services",
    "show",
    "simple",
    "system",
    "tool",
    "tools",
];

/// Whether a folded English word says nothing.
pub(crate) fn is_stop_word(word: &str) -> bool {
    ENGLISH.binary_search(&word).is_ok()
}

/// Whether a folded word fits so many listings that it says little.
pub(crate) fn is_generic(word: &str) -> bool {
    GENERIC.binary_search(&word).is_ok()
}

/// The languages in which a folded word is a function word.
pub(crate) fn languages_of_stop_word(word: &str) -> impl Iterator<Item = Language> {
    let of_others = FOREIGN.iter().filter(move |(_, words)| words.contains(&word));
    of_others.map(|(language, _)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_for_look_up() {
        assert!(ENGLISH.is_sorted() && GENERIC.is_sorted());
        assert!(is_stop_word("the") && !is_stop_word("weather"));
        assert!(is_generic("api") && !is_generic("email"));
        assert_eq!(languages_of_stop_word("para").count(), 2);
    }
}
