//! Words of strangers, made fit to be shown.

use bytes::Bytes;
use farebox_wire::text::is_hidden;
use serde_json::Value;

/// The text in one line without control characters and without any that cannot be seen, cut
/// after `chars_max` characters.
pub(crate) fn printable(text: &str, chars_max: usize) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    let mut shown = line.chars().filter(|character| !is_hidden(*character));
    let mut short: String = shown.by_ref().take(chars_max).collect();
    if shown.next().is_some() {
        short.push('…');
    }
    short
}

/// What a seller says in an error's body: its code and message, or the start of the text.
pub(crate) fn seller_words(body: &Bytes) -> String {
    const CHARS_MAX: usize = 300;
    let said = match serde_json::from_slice::<Value>(body) {
        Ok(json) => json_words(&json),
        Err(_) => None,
    };
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    printable(&said, CHARS_MAX)
}

fn json_words(json: &Value) -> Option<String> {
    const MESSAGES: [&str; 4] = ["message", "detail", "title", "reason"];
    let error = json.get("error").unwrap_or(json);
    if let Some(text) = error.as_str() {
        return Some(text.to_owned());
    }
    let text = |key: &str| error.get(key).and_then(Value::as_str);
    let message = MESSAGES.into_iter().find_map(text);
    match (text("code"), message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.or(message).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seller_cannot_write_to_the_terminal() {
        assert_eq!(printable("a\x1b[31mb\r\n  c", 80), "a[31mb c");
        assert_eq!(printable("\u{202e}di\u{2066}ap\u{200b}\u{feff}", 80), "diap");
        assert_eq!(printable("a\u{2028}b\u{e0041}é漢", 80), "a bé漢");
        assert_eq!(printable("abcdef", 3), "abc…");
        assert_eq!(printable("abc", 3), "abc");
    }

    #[test]
    fn the_code_and_message_of_an_error_are_found() {
        let said = |body: &str| seller_words(&Bytes::copy_from_slice(body.as_bytes()));
        let ours = r#"{"error":{"code":"token_used","message":"one payment, one use"}}"#;
        assert_eq!(said(ours), "token_used: one payment, one use");
        assert_eq!(said(r#"{"error":"nope"}"#), "nope");
        assert_eq!(said(r#"{"title":"Gone","status":410}"#), "Gone");
        assert_eq!(said("<h1>502</h1>"), "<h1>502</h1>");
        assert_eq!(said(r#"{"a":1}"#), r#"{"a":1}"#);
    }
}
