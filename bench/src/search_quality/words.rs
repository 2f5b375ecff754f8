//! What the plain ways take for words.

/// Words that say nothing about what is looked for.
const STOP_WORDS: &str = "a an and are as at be by can could do does find for from get give has \
    have how i in into is it its me my need of on or please should show tell that the this to \
    want what when where which who will with would you your";

/// Letters and digits in a row, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text.split(|letter: char| !letter.is_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase)
}

/// The words that say what is looked for; all of them when none does.
pub fn telling_words(query: &str) -> Vec<String> {
    let is_telling = |word: &String| !STOP_WORDS.split_whitespace().any(|stop| stop == word);
    let telling: Vec<String> = words(query).filter(is_telling).collect();
    match telling.is_empty() {
        true => words(query).collect(),
        false => telling,
    }
}
