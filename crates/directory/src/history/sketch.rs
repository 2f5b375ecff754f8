//! What many slots add up to: counts, and how often each latency was seen.

use super::code::latency_of_step;
use super::{Code, Outcome};

/// How many slots were judged, and how they came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotCounts {
    /// Those that say something about the endpoint.
    pub judged: u32,
    /// Those in which it could have been paid.
    pub healthy: u32,
    /// Those in which it answered, whatever it said.
    pub reachable: u32,
}

/// A sum of slots that remembers no order. Sums add up exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sketch {
    counts: SlotCounts,
    /// How often each latency was seen, by its step.
    latencies: [u32; Code::LATENCIES],
}

impl Default for Sketch {
    fn default() -> Self {
        Self { counts: SlotCounts::default(), latencies: [0; Code::LATENCIES] }
    }
}

impl Sketch {
    /// The sum of these slots.
    pub(crate) fn of(codes: &[u8]) -> Self {
        let mut sum = Self::default();
        sum.add_codes(codes);
        sum
    }

    pub(crate) const fn counts(&self) -> SlotCounts {
        self.counts
    }

    pub(crate) fn add_codes(&mut self, codes: &[u8]) {
        for code in codes.iter().copied().map(Code) {
            let Some(outcome) = code.outcome().filter(|outcome| outcome.is_judged()) else {
                continue;
            };
            self.counts.judged = self.counts.judged.saturating_add(1);
            if outcome.is_reachable() {
                self.counts.reachable = self.counts.reachable.saturating_add(1);
            }
            if outcome == Outcome::Payable {
                self.counts.healthy = self.counts.healthy.saturating_add(1);
            }
            let step = code.latency_step().map(usize::from);
            if let Some(seen) = step.and_then(|step| self.latencies.get_mut(step)) {
                *seen = seen.saturating_add(1);
            }
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        let counts = &mut self.counts;
        counts.judged = counts.judged.saturating_add(other.counts.judged);
        counts.healthy = counts.healthy.saturating_add(other.counts.healthy);
        counts.reachable = counts.reachable.saturating_add(other.counts.reachable);
        for (seen, others) in self.latencies.iter_mut().zip(other.latencies) {
            *seen = seen.saturating_add(others);
        }
    }

    /// How many successes there are.
    pub(crate) const fn samples(&self) -> u32 {
        self.counts.healthy
    }

    /// The least latency in milliseconds that so many of a hundred successes do not exceed.
    pub(crate) fn latency_percentile(&self, of_a_hundred: u64) -> Option<u32> {
        let rank = (u64::from(self.samples()) * of_a_hundred).div_ceil(100);
        let mut passed = 0_u64;
        for (step, seen) in (0_u8..).zip(self.latencies) {
            passed += u64::from(seen);
            if seen > 0 && passed >= rank {
                return Some(latency_of_step(step));
            }
        }
        None
    }

    /// As bytes: the counts, then each latency that was seen as its distance from the one before
    /// and its number, all of it in groups of seven bits, the lowest first.
    pub(crate) fn encode_into(&self, bytes: &mut Vec<u8>) {
        let SlotCounts { judged, healthy, reachable } = self.counts;
        let seen = (0_u32..).zip(self.latencies).filter(|(_, seen)| *seen > 0);
        let kinds = u32::try_from(seen.clone().count()).unwrap_or(0);
        for number in [judged, healthy, reachable, kinds] {
            put_number(bytes, number);
        }
        let mut before = 0;
        for (step, seen) in seen {
            put_number(bytes, step - before);
            put_number(bytes, seen);
            before = step;
        }
    }

    /// Reads what [`Self::encode_into`] wrote and moves `bytes` behind it.
    pub(crate) fn decode_from(bytes: &mut &[u8]) -> Option<Self> {
        let [judged, healthy, reachable, kinds] =
            [take_number(bytes)?, take_number(bytes)?, take_number(bytes)?, take_number(bytes)?];
        let mut sketch =
            Self { counts: SlotCounts { judged, healthy, reachable }, ..Self::default() };
        let mut step = 0_usize;
        for _ in 0..kinds {
            step = step.checked_add(usize::try_from(take_number(bytes)?).ok()?)?;
            *sketch.latencies.get_mut(step)? = take_number(bytes)?;
        }
        Some(sketch)
    }
}

fn put_number(bytes: &mut Vec<u8>, mut number: u32) {
    while let [low, ..] = number.to_le_bytes()
        && number >= 0x80
    {
        bytes.push(low | 0x80);
        number >>= 7;
    }
    bytes.extend(number.to_le_bytes().first());
}

fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_was_judged_counts() {
        let success = Code::of(Outcome::Payable, Some(100)).0;
        let codes = [0, success, success, 1, 2, 14, 15];
        let sum = Sketch::of(&codes);
        assert_eq!(sum.counts(), SlotCounts { judged: 4, healthy: 2, reachable: 3 });
        assert_eq!(sum.latency_percentile(50), Code(success).latency_ms());
        assert_eq!(Sketch::default().latency_percentile(50), None);
    }

    proptest! {
        #[test]
        fn sums_add_up_and_read_back(
            a in proptest::collection::vec(any::<u8>(), 0..600),
            b in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let (of_a, of_b) = (Sketch::of(&a), Sketch::of(&b));
            let mut both = of_a.clone();
            both.add(&of_b);
            prop_assert_eq!(&both, &Sketch::of(&[a, b].concat()));
            let mut bytes = Vec::new();
            both.encode_into(&mut bytes);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(Sketch::decode_from(&mut rest), Some(both));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Sketch::decode_from(&mut bytes.as_slice());
        }
    }
}
