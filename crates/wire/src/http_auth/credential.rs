//! `Authorization`, from every line of a request.

use super::{ITEMS_MAX, LINE_LEN_MAX, is_token, is_token_byte};

/// One credential as it was shown: not read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawCredential<'a> {
    /// The scheme as it was written; to be compared without regard to case.
    pub scheme: &'a str,
    /// What follows the scheme, without space around it.
    pub value: &'a [u8],
    /// The line that it is from, counted from 0.
    pub line: usize,
}

impl RawCredential<'_> {
    /// Whether the credential is of this scheme, in any case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
}

/// Cuts every `Authorization` line into its credentials, in their order: a client may show several
/// in as many lines, and a proxy may fold these into one with commas. A comma that is not followed
/// by a scheme and a value belongs to the credential, as in a list of macaroons. A line above
/// [`LINE_LEN_MAX`] is taken as one credential, for its scheme to refuse.
#[must_use]
pub fn credentials<'a, V>(lines: impl IntoIterator<Item = &'a V>) -> Vec<RawCredential<'a>>
where
    V: AsRef<[u8]> + ?Sized + 'a,
{
    let mut found = Vec::new();
    for (line, value) in lines.into_iter().enumerate() {
        let mut rest = Some(value.as_ref());
        while let Some(text) = rest.filter(|_| found.len() < ITEMS_MAX) {
            let (head, tail) = split_credential(text);
            found.extend(raw(head, line));
            rest = tail;
        }
    }
    found
}

/// The credential at the start of a text, and what follows its comma.
fn split_credential(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    // Most have no comma at all, and that is seen fastest.
    if text.len() > LINE_LEN_MAX || !text.contains(&b',') {
        return (text, None);
    }
    let mut skip_to = 0;
    for (index, byte) in text.iter().enumerate() {
        let after = text.get(index + 1..).unwrap_or_default();
        match byte {
            _ if index < skip_to => {}
            b'"' => skip_to = closing_quote(after).map_or(text.len(), |len| index + len + 2),
            b',' if starts_credential(after) => {
                return (text.get(..index).unwrap_or_default(), Some(after));
            }
            _ => {}
        }
    }
    (text, None)
}

/// How many bytes stand before the quote that ends a quoted text.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

/// Whether a scheme, space and the start of a value follow. The name of a parameter is followed
/// by `=`, the last macaroon of a list by `:`.
fn starts_credential(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let name_len = text.iter().take_while(|byte| is_token_byte(**byte)).count();
    let (name, rest) = text.split_at_checked(name_len).unwrap_or_default();
    let value = rest.trim_ascii_start();
    let is_spaced = value.len() < rest.len();
    !name.is_empty() && is_spaced && value.first().is_some_and(|byte| !b"=:,".contains(byte))
}

fn raw(text: &[u8], line: usize) -> Option<RawCredential<'_>> {
    let text = text.trim_ascii();
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (scheme, value) = text.split_at_checked(end)?;
    let scheme = std::str::from_utf8(scheme).ok().filter(|scheme| is_token(scheme.as_bytes()))?;
    Some(RawCredential { scheme, value: value.trim_ascii(), line })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape<'a>(lines: &[&'a str]) -> Vec<(&'a str, &'a str, usize)> {
        let lines = lines.iter().copied();
        let shown =
            |c: RawCredential<'a>| (c.scheme, std::str::from_utf8(c.value).unwrap(), c.line);
        credentials(lines).into_iter().map(shown).collect()
    }

    #[test]
    fn lists_of_credentials_are_split_and_lists_of_macaroons_are_not() {
        for (line, expected) in [
            ("Bearer x, Payment y", &[("Bearer", "x", 0), ("Payment", "y", 0)][..]),
            ("Bearer x,Payment y", &[("Bearer", "x", 0), ("Payment", "y", 0)]),
            ("L402 AgE=,AgI/=:00ff", &[("L402", "AgE=,AgI/=:00ff", 0)]),
            ("L402 AgE=, AgI=:00ff", &[("L402", "AgE=, AgI=:00ff", 0)]),
            ("L402 AgE, AgI : 00ff", &[("L402", "AgE, AgI : 00ff", 0)]),
            ("Bearer x, L402 A,B:0", &[("Bearer", "x", 0), ("L402", "A,B:0", 0)]),
            ("L402 A,B:0, Bearer x", &[("L402", "A,B:0", 0), ("Bearer", "x", 0)]),
            ("X a=\"1, Bearer y\", b = 2", &[("X", "a=\"1, Bearer y\", b = 2", 0)]),
            ("X a=\"\\\", Y b\", Z c", &[("X", "a=\"\\\", Y b\"", 0), ("Z", "c", 0)]),
            ("  bearer \t x  ", &[("bearer", "x", 0)]),
            ("L402", &[("L402", "", 0)]),
            (", ,", &[]),
            ("", &[]),
        ] {
            assert_eq!(shape(&[line]), expected, "{line}");
        }
        assert_eq!(shape(&["Bearer x", "L402 y"]), [("Bearer", "x", 0), ("L402", "y", 1)]);
        assert!(credentials(["lsat x"])[0].is("LSAT"));
    }

    #[test]
    fn long_lines_are_left_whole_and_many_credentials_are_cut_off() {
        let long = format!("L402 {}, Bearer x", "a".repeat(LINE_LEN_MAX));
        assert_eq!(credentials([&*long]).len(), 1);
        assert_eq!(credentials([&*"Bearer x, ".repeat(100)]).len(), ITEMS_MAX);
        assert_eq!(credentials(vec!["Bearer x"; 100]).len(), ITEMS_MAX);
    }

    proptest! {
        #[test]
        fn nothing_is_made_up(line in "[ -~]{0,200}") {
            for credential in credentials([&*line]) {
                prop_assert!(line.contains(credential.scheme));
                prop_assert!(line.contains(std::str::from_utf8(credential.value).unwrap()));
            }
        }

        #[test]
        fn folded_lines_give_what_the_lines_give(values in proptest::collection::vec("[A-Za-z0-9+/]{1,40}={0,2}(,[A-Za-z0-9+/]{1,40})?:[0-9a-f]{64}", 1..5)) {
            let lines: Vec<_> = values.iter().map(|value| format!("L402 {value}")).collect();
            let folded = lines.join(", ");
            let from = |credentials: Vec<RawCredential<'_>>| credentials.into_iter().map(|c| c.value.to_vec()).collect::<Vec<_>>();
            prop_assert_eq!(from(credentials(&lines)), from(credentials([&*folded])));
        }
    }
}
