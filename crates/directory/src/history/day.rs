//! One day of one listing: every slot for as long as windows need them, later their sum.

use super::slot::SLOTS_PER_DAY;
use super::{Code, Sketch};

/// The first byte of a stored day.
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
const SUM: u8 = 2;
/// Slots without a probe that one pair of a sparse day can step over.
const GAP_MAX: u8 = u8::MAX;

/// The slots of a day.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DayCodes([u8; SLOTS_PER_DAY]);

/// A day as it is stored.
#[expect(clippy::large_enum_variant, reason = "nearly all days that are read have slots")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DayRecord {
    /// Every slot.
    Codes(DayCodes),
    /// What they added up to.
    Sum(Box<Sketch>),
}

impl Default for DayCodes {
    fn default() -> Self {
        Self([0; SLOTS_PER_DAY])
    }
}

impl std::fmt::Debug for DayCodes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let probed = self.probed().map(|(place, code)| (place, code.0));
        formatter.debug_map().entries(probed).finish()
    }
}

impl DayCodes {
    pub(crate) fn set(&mut self, place: usize, code: Code) {
        if let Some(slot) = self.0.get_mut(place) {
            *slot = code.0;
        }
    }

    /// The slots from one place on.
    pub(crate) fn from(&self, place: usize) -> &[u8] {
        self.0.get(place..).unwrap_or_default()
    }

    /// The slots before one place.
    pub(crate) fn before(&self, place: usize) -> &[u8] {
        self.0.get(..place).unwrap_or(&self.0)
    }

    pub(crate) fn all(&self) -> &[u8] {
        &self.0
    }

    /// Forgets the slots from one place on.
    pub(crate) fn clear_from(&mut self, place: usize) {
        if let Some(slots) = self.0.get_mut(place..) {
            slots.fill(Code::EMPTY.0);
        }
    }

    /// The slots in which something was probed.
    pub(crate) fn probed(&self) -> impl Iterator<Item = (usize, Code)> {
        let codes = self.0.iter().copied().map(Code).enumerate();
        codes.filter(|(_, code)| *code != Code::EMPTY)
    }

    /// As bytes, in the shorter of two forms: every slot up to the last that was probed; or a pair
    /// for each that was probed, the distance from the one before and the code.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let len = self.probed().last().map_or(0, |(place, _)| place + 1);
        let sparse = self.sparse();
        if sparse.len() < len {
            return [&[SPARSE], sparse.as_slice()].concat();
        }
        [&[DENSE], self.before(len)].concat()
    }

    fn sparse(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut next = 0_usize;
        for (place, code) in self.probed() {
            let mut gap = place.saturating_sub(next);
            while gap >= usize::from(GAP_MAX) {
                bytes.extend([GAP_MAX, Code::EMPTY.0]);
                gap -= usize::from(GAP_MAX);
            }
            bytes.extend([u8::try_from(gap).unwrap_or(GAP_MAX), code.0]);
            next = place + 1;
        }
        bytes
    }

    fn from_dense(bytes: &[u8]) -> Option<Self> {
        let mut codes = Self::default();
        codes.0.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(codes)
    }

    fn from_sparse(bytes: &[u8]) -> Option<Self> {
        let mut codes = Self::default();
        let mut next = 0_usize;
        for pair in bytes.chunks(2) {
            let &[gap, code] = pair else { return None };
            next += usize::from(gap);
            if Code(code) == Code::EMPTY {
                continue;
            }
            *codes.0.get_mut(next)? = code;
            next += 1;
        }
        Some(codes)
    }
}

impl DayRecord {
    /// As bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Codes(codes) => codes.encode(),
            Self::Sum(sum) => {
                let mut bytes = vec![SUM];
                sum.encode_into(&mut bytes);
                bytes
            }
        }
    }

    /// Reads what [`Self::encode`] wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&DENSE, codes) => DayCodes::from_dense(codes).map(Self::Codes),
            (&SPARSE, pairs) => DayCodes::from_sparse(pairs).map(Self::Codes),
            (&SUM, mut sum) => {
                let read = Sketch::decode_from(&mut sum)?;
                sum.is_empty().then(|| Self::Sum(Box::new(read)))
            }
            _ => None,
        }
    }

    /// What the whole day adds up to.
    pub(crate) fn sum(&self) -> Sketch {
        match self {
            Self::Codes(codes) => Sketch::of(codes.all()),
            Self::Sum(sum) => sum.as_ref().clone(),
        }
    }

    /// The slots, while they are kept.
    pub(crate) const fn codes(&self) -> Option<&DayCodes> {
        match self {
            Self::Codes(codes) => Some(codes),
            Self::Sum(_) => None,
        }
    }

    /// The day without its slots.
    pub(crate) fn compacted(&self) -> Self {
        Self::Sum(Box::new(self.sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(probes: &[(usize, u8)]) -> DayCodes {
        let mut codes = DayCodes::default();
        for (place, code) in probes {
            codes.set(*place, Code(*code));
        }
        codes
    }

    #[test]
    fn an_hourly_probe_takes_two_bytes_and_a_full_day_one_for_each_slot() {
        let hourly: Vec<_> = (0..24).map(|hour| (hour * 12, 100)).collect();
        assert_eq!(day(&hourly).encode().len(), 1 + 48);
        let full: Vec<_> = (0..288).map(|place| (place, 100)).collect();
        assert_eq!(day(&full).encode().len(), 1 + 288);
        assert_eq!(DayCodes::default().encode(), [DENSE]);
    }

    proptest! {
        #[test]
        fn days_read_back_as_they_were(
            probes in proptest::collection::vec((0_usize..288, any::<u8>()), 0..400)
        ) {
            let codes = DayRecord::Codes(day(&probes));
            prop_assert_eq!(DayRecord::decode(&codes.encode()), Some(codes.clone()));
            let sum = codes.compacted();
            prop_assert_eq!(DayRecord::decode(&sum.encode()), Some(sum.clone()));
            prop_assert_eq!(sum.sum(), codes.sum());
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = DayRecord::decode(&bytes);
        }
    }
}
