//! Runs of words that the tables know.

use super::Phrase;
use super::parse::{meanings, translate};
use crate::lexical::synonyms::PHRASE_WORDS_MAX;
use crate::lexical::words::Language;

/// How far the next word of a phrase may be: one other word may stand between, as in
/// `read this article aloud`.
const STEP_MAX: usize = 2;
/// Phrases of one query at most.
const PHRASES_MAX: usize = 16;

/// The phrases among the words of the groups, in order of where they begin, long ones first.
pub(crate) fn phrases(words: &[&str], foreign: &[Language]) -> Vec<Phrase> {
    let mut found: Vec<Phrase> = Vec::new();
    for start in 0..words.len() {
        let mut runs = Vec::new();
        extend(&mut vec![start], words.len(), &mut runs);
        runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
        for groups in runs {
            let run: Vec<&str> = groups.iter().filter_map(|at| words.get(*at).copied()).collect();
            let mut meanings = meanings(&run);
            meanings.extend(translate(&run, foreign));
            let is_part =
                found.iter().any(|known| groups.iter().all(|at| known.groups.contains(at)));
            if !meanings.is_empty() && !is_part && found.len() < PHRASES_MAX {
                let has_gaps = groups
                    .windows(2)
                    .any(|pair| pair.first().map(|at| at + 1) != pair.last().copied());
                found.push(Phrase { groups, meanings, has_gaps });
            }
        }
    }
    found
}

/// Every run of two words and more that begins with `run`.
fn extend(run: &mut Vec<usize>, len: usize, runs: &mut Vec<Vec<usize>>) {
    let Some(last) = run.last().copied() else { return };
    for next in (last + 1..len).take(STEP_MAX) {
        run.push(next);
        runs.push(run.clone());
        if run.len() < PHRASE_WORDS_MAX {
            extend(run, len, runs);
        }
        run.pop();
    }
}
