//! How good an answer is.

use crate::listings::Endpoint;
use std::collections::HashMap;

/// Rows that count.
const DEPTH: usize = 10;
/// Rows that somebody looks at in any case.
const SUCCESS_DEPTH: usize = 3;
/// Does what was asked.
const FULL_GRADE: u8 = 2;

/// How good one answer is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    /// nDCG@10 with the gain 2^grade - 1, from 0 to 1.
    pub ndcg: f64,
    /// Whether one of the first three rows does what was asked.
    pub success: bool,
}

impl Score {
    pub fn of(found: &[&Endpoint], grades: &HashMap<Endpoint, u8>) -> Self {
        let grade = |endpoint: &&Endpoint| grades.get(*endpoint).copied().unwrap_or(0);
        let given: Vec<u8> = found.iter().take(DEPTH).map(grade).collect();
        let mut best: Vec<u8> = grades.values().copied().collect();
        best.sort_unstable_by(|a, b| b.cmp(a));
        let ideal = discounted(best.into_iter());
        Self {
            ndcg: if ideal > 0.0 { discounted(given.iter().copied()) / ideal } else { 0.0 },
            success: given.iter().take(SUCCESS_DEPTH).any(|grade| *grade >= FULL_GRADE),
        }
    }

    /// The mean of both over some queries.
    pub fn mean(scores: impl Iterator<Item = Self> + Clone) -> (f64, f64) {
        let count = scores.clone().count().max(1) as f64;
        let ndcg: f64 = scores.clone().map(|score| score.ndcg).sum();
        let success = scores.filter(|score| score.success).count() as f64;
        (ndcg / count, success / count)
    }
}

/// The gain of the first rows, each worth less than the one before.
fn discounted(grades: impl Iterator<Item = u8>) -> f64 {
    let ranked = (2_u32..).zip(grades.take(DEPTH));
    let gains = ranked.map(|(place, grade)| gain(grade) / f64::from(place).log2());
    // A sum of nothing would be -0.
    gains.fold(0.0, |sum, gain| sum + gain)
}

fn gain(grade: u8) -> f64 {
    f64::from(grade).exp2() - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint { url: url.to_owned(), method: None }
    }

    #[test]
    fn the_best_order_scores_one_and_a_worse_one_less() {
        let [a, b, c] = ["a", "b", "c"].map(endpoint);
        let grades = HashMap::from([(a.clone(), 2), (b.clone(), 1)]);
        let best = Score::of(&[&a, &b, &c], &grades);
        assert!((best.ndcg - 1.0).abs() < 1e-9 && best.success);
        // (1 + 3 / log2(3)) / (3 + 1 / log2(3))
        let turned = Score::of(&[&b, &a], &grades);
        assert!((turned.ndcg - 0.796_71).abs() < 1e-4, "{turned:?}");
        assert!(Score::of(&[&c], &grades).ndcg.abs() < 1e-9);
    }

    #[test]
    fn only_the_first_rows_count() {
        let filler: Vec<Endpoint> = (0..10).map(|number| endpoint(&number.to_string())).collect();
        let wanted = endpoint("wanted");
        let grades = HashMap::from([(wanted.clone(), 2)]);
        let found: Vec<&Endpoint> = filler.iter().chain([&wanted]).collect();
        let score = Score::of(&found, &grades);
        assert!(score.ndcg.abs() < 1e-9 && !score.success);
    }
}
