//! Which texts have no vector yet. Pure: the looking up and asking is its caller's.

use super::embedder::BATCH_LEN_MAX;
use super::rows::Digest;
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, HashSet, VecDeque};

/// Of a text, so much is sent: services refuse texts that are longer than what their model reads.
const TEXT_CHARS_MAX: usize = 2_000;
/// Texts that are looked up in the database at once.
const LOOK_UP_LEN_MAX: usize = 1_000;
/// When so many texts in a row are refused, each by itself, it is not the texts' fault.
const REFUSED_MAX: u32 = 5;

/// The text as it is sent, and what its vector is kept under.
pub(crate) fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

/// What the vector of a text is kept under.
pub(crate) fn digest(text: &str) -> Digest {
    Sha256::digest(cut(text)).into()
}

/// The texts that are wanted and have no vector yet.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// Not looked up in the database yet.
    unknown: VecDeque<(Digest, String)>,
    /// Not in the database.
    absent: VecDeque<(Digest, String)>,
    /// The service does not take them.
    refused: HashSet<Digest>,
    refused_in_a_row: u32,
    batch_len: usize,
}

/// What to do about a batch that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Go on, with fewer at once or without that text.
    GoOn,
    /// Wait: the service refuses everything.
    Wait,
}

impl Missing {
    /// Begins anew with these texts, each by its digest, of which none has a vector yet.
    pub(crate) fn replace(&mut self, wanted: HashMap<Digest, String>, all: &HashSet<Digest>) {
        self.refused.retain(|digest| all.contains(digest));
        self.absent.clear();
        self.unknown.clear();
        let kept = wanted.into_iter().filter(|(digest, _)| !self.refused.contains(digest));
        self.unknown.extend(kept);
        self.batch_len = BATCH_LEN_MAX;
    }

    pub(crate) fn len(&self) -> usize {
        self.unknown.len() + self.absent.len()
    }

    /// The next ones to look up.
    pub(crate) fn to_look_up(&self) -> Vec<Digest> {
        self.unknown.iter().take(LOOK_UP_LEN_MAX).map(|(digest, _)| *digest).collect()
    }

    /// The first `count` were looked up: what is not among those found is absent.
    pub(crate) fn looked_up(&mut self, count: usize, is_found: impl Fn(&Digest) -> bool) {
        let count = count.min(self.unknown.len());
        let looked_up = self.unknown.drain(..count);
        self.absent.extend(looked_up.filter(|(digest, _)| !is_found(digest)));
    }

    /// Somebody else asks for them: they are looked up again.
    pub(crate) fn left_to_others(&mut self) {
        self.unknown.append(&mut self.absent);
    }

    /// The next ones to ask for; while the number of dimensions is not known, one.
    pub(crate) fn to_ask(&self, is_first: bool) -> Vec<(Digest, String)> {
        let texts = if self.absent.is_empty() { &self.unknown } else { &self.absent };
        let len = if is_first { 1 } else { self.batch_len };
        texts.iter().take(len).cloned().collect()
    }

    /// These have a vector now.
    pub(crate) fn answered(&mut self, digests: &HashSet<Digest>) {
        self.without(digests);
        self.refused_in_a_row = 0;
        self.batch_len = (self.batch_len * 2).clamp(1, BATCH_LEN_MAX);
    }

    /// These were refused together.
    pub(crate) fn refused(&mut self, digests: &HashSet<Digest>) -> Refusal {
        if digests.len() > 1 {
            self.batch_len = digests.len() / 2;
            return Refusal::GoOn;
        }
        self.refused_in_a_row += 1;
        if self.refused_in_a_row > REFUSED_MAX {
            return Refusal::Wait;
        }
        self.without(digests);
        self.refused.extend(digests);
        Refusal::GoOn
    }

    fn without(&mut self, digests: &HashSet<Digest>) {
        for texts in [&mut self.absent, &mut self.unknown] {
            texts.retain(|(digest, _)| !digests.contains(digest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(count: usize) -> Missing {
        let wanted = (0..count).map(|number| number.to_string());
        let wanted: HashMap<Digest, String> = wanted.map(|text| (digest(&text), text)).collect();
        let all = wanted.keys().copied().collect();
        let mut missing = Missing::default();
        missing.replace(wanted, &all);
        missing
    }

    /// Asks a service that refuses batches with one of these texts in them.
    fn ask_all(missing: &mut Missing, bad: &[&str]) -> (usize, usize) {
        let (mut requests, mut waits) = (0, 0);
        missing.looked_up(usize::MAX, |_| false);
        while missing.len() > 0 && waits < 3 {
            let asked = missing.to_ask(false);
            requests += 1;
            let digests = asked.iter().map(|(digest, _)| *digest).collect();
            if asked.iter().any(|(_, text)| bad.contains(&text.as_str())) {
                waits += usize::from(missing.refused(&digests) == Refusal::Wait);
            } else {
                missing.answered(&digests);
            }
        }
        (requests, waits)
    }

    #[test]
    fn a_text_that_is_refused_is_found_and_left_out() {
        let mut one = missing(1_000);
        assert_eq!(ask_all(&mut one, &[]), (8, 0));
        let mut some = missing(1_000);
        let (requests, waits) = ask_all(&mut some, &["17", "400", "999"]);
        assert!(requests < 80 && waits == 0, "{requests} requests");
        assert_eq!((some.len(), some.refused.len()), (0, 3));
        let again = HashMap::from([(digest("17"), "17".to_owned())]);
        some.replace(again, &HashSet::from([digest("17")]));
        assert_eq!(some.len(), 0, "it is not asked for again");
    }

    #[test]
    fn a_service_that_refuses_everything_is_not_asked_for_each_text() {
        let mut all = missing(1_000);
        let bad: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
        let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
        let (requests, waits) = ask_all(&mut all, &bad);
        assert!(requests < 30 && waits == 3, "{requests} requests");
    }

    #[test]
    fn what_is_in_the_database_is_not_asked_for() {
        let mut some = missing(1_500);
        let looked_up = some.to_look_up();
        assert_eq!(looked_up.len(), 1_000);
        some.looked_up(looked_up.len(), |digest| digest != &looked_up[0]);
        assert_eq!(some.len(), 501);
        assert_eq!(some.to_ask(false).len(), 1, "what was not looked up waits");
        some.left_to_others();
        assert_eq!(some.to_look_up().len(), 501);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "\u{e9}".repeat(3_000);
        assert_eq!(cut(&long).chars().count(), 2_000);
        assert_eq!(digest(&long), digest(&"\u{e9}".repeat(2_500)));
        assert_eq!(cut("short"), "short");
    }
}
