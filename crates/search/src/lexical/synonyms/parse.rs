//! Reading the tables.

/// One line of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Phrases before the sign, or all of them.
    pub(super) left: Vec<&'a str>,
    /// What stands between the two sides.
    pub(super) sign: Sign,
    /// Phrases after the sign.
    pub(super) right: Vec<&'a str>,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// `a, b`: all the same.
    None,
    /// `a > b`: related.
    Leads,
    /// `a: b`: a translation.
    Translates,
    /// `a ?: b`: a translation of what is an English word as well.
    MayTranslate,
}

/// The lines of a table, without comments.
pub(super) fn lines(table: &str) -> impl Iterator<Item = Line<'_>> {
    table.lines().filter_map(|line| {
        let line = line.split('#').next().unwrap_or_default().trim();
        (!line.is_empty()).then(|| parse(line))
    })
}

fn parse(line: &str) -> Line<'_> {
    let signs = [("?:", Sign::MayTranslate), (":", Sign::Translates), (">", Sign::Leads)];
    for (written, sign) in signs {
        if let Some((left, right)) = line.split_once(written) {
            return Line { left: phrases(left), sign, right: phrases(right) };
        }
    }
    Line { left: phrases(line), sign: Sign::None, right: Vec::new() }
}

fn phrases(side: &str) -> Vec<&str> {
    side.split([',', '，']).map(str::trim).filter(|phrase| !phrase.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_sign_or_none() {
        let parsed: Vec<_> =
            lines("# note\n\na, b c\nd > e, f # why\ng: h\nred ?: network\n").collect();
        let expected = [
            (vec!["a", "b c"], Sign::None, vec![]),
            (vec!["d"], Sign::Leads, vec!["e", "f"]),
            (vec!["g"], Sign::Translates, vec!["h"]),
            (vec!["red"], Sign::MayTranslate, vec!["network"]),
        ];
        let expected = expected.map(|(left, sign, right)| Line { left, sign, right });
        assert_eq!(parsed, expected);
    }
}
