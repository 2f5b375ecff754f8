//! What each word of a document weighs: by the fields it stands in and how often (BM25 with
//! fields).

use super::TermId;
use super::boilerplate::{Boilerplate, sentences};
use super::terms::Terms;
use crate::Document;
use crate::lexical::words::{for_each_word, is_stop_word};

const NAME_WEIGHT: f32 = 2.4;
const LABELS_WEIGHT: f32 = 1.2;
const DESCRIPTION_WEIGHT: f32 = 1.0;
const PATH_WEIGHT: f32 = 0.9;
const HOST_WEIGHT: f32 = 0.5;
const PROVIDER_WEIGHT: f32 = 0.4;
const RAIL_WEIGHT: f32 = 0.3;
/// What a sentence that the host repeats counts beside one that it says once.
const REPEATED_SHARE: f32 = 0.45;

/// Where returns diminish (BM25's `k1`).
const SATURATION: f32 = 1.6;
/// How much longer documents are held back (BM25's `b`).
const LENGTH_SHARE: f32 = 0.45;
/// The weight of all words of a usual document. A constant, so that a score does not depend on
/// which other documents an index holds.
const USUAL_LENGTH: f32 = 40.0;
/// The full impact in its byte.
pub(super) const IMPACT_MAX: f32 = 255.0;
/// Words of a field that are read.
const FIELD_WORDS_MAX: usize = 400;

/// The terms of a document with their impacts, ascending, in `weighed`.
pub(super) fn weigh(
    document: &Document<'_>,
    boilerplate: &Boilerplate,
    terms: &mut Terms,
    weighed: &mut Vec<(TermId, u8)>,
) {
    let mut weights = weights(document, boilerplate, terms);
    weights.sort_unstable_by_key(|(term, _)| *term);
    weights.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            kept.1 += next.1;
        }
        is_same
    });
    let length: f32 = weights.iter().map(|(_, weight)| weight).sum();
    let length = 1.0 - LENGTH_SHARE + LENGTH_SHARE * length / USUAL_LENGTH;
    weighed.clear();
    weighed.extend(weights.iter().map(|(term, weight)| {
        let impact = weight / (weight + SATURATION * length);
        (*term, to_byte(impact))
    }));
}

fn weights(
    document: &Document<'_>,
    boilerplate: &Boilerplate,
    terms: &mut Terms,
) -> Vec<(TermId, f32)> {
    let mut weights: Vec<(TermId, f32)> = Vec::with_capacity(64);
    let mut field = |text: &str, weight: f32| {
        let mut left = FIELD_WORDS_MAX;
        for_each_word(text, |word| {
            if left > 0 && !is_stop_word(word) {
                weights.push((terms.of_word(word), weight));
                left -= 1;
            }
        });
    };
    for (text, weight) in [(document.name, NAME_WEIGHT), (document.description, DESCRIPTION_WEIGHT)]
    {
        for sentence in sentences(text) {
            let is_repeated = boilerplate.is_repeated(document, sentence);
            field(sentence, if is_repeated { weight * REPEATED_SHARE } else { weight });
        }
    }
    let (host, path) = document.url.split_once('/').unwrap_or((document.url, ""));
    field(document.labels, LABELS_WEIGHT);
    field(path, PATH_WEIGHT);
    field(host, HOST_WEIGHT);
    field(document.provider, PROVIDER_WEIGHT);
    field(document.rail, RAIL_WEIGHT);
    weights
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
fn to_byte(impact: f32) -> u8 {
    (impact * IMPACT_MAX).round().clamp(1.0, IMPACT_MAX) as u8
}
