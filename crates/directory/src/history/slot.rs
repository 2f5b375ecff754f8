//! Time in slots of five minutes, aligned to 1970, and in days of UTC.

use jiff::Timestamp;

/// Milliseconds of a slot.
pub(crate) const SLOT_MS: i64 = 300_000;
/// Slots of a day.
pub(crate) const SLOTS_PER_DAY: usize = 288;
const SLOTS_PER_DAY_I64: i64 = 288;

/// A slot of five minutes, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(pub(crate) i64);

/// A day of UTC, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i64);

impl Slot {
    /// The slot that a time lies in.
    pub(crate) const fn at(time_ms: i64) -> Self {
        Self(time_ms.div_euclid(SLOT_MS))
    }

    /// When it begins.
    pub(crate) const fn start_ms(self) -> i64 {
        self.0.saturating_mul(SLOT_MS)
    }

    pub(crate) const fn day(self) -> Day {
        Day(self.0.div_euclid(SLOTS_PER_DAY_I64))
    }

    /// Its place in its day, from 0 to 287.
    pub(crate) fn place(self) -> usize {
        usize::try_from(self.0.rem_euclid(SLOTS_PER_DAY_I64)).unwrap_or(0)
    }
}

impl Day {
    /// The day that lies so many before.
    pub(crate) const fn minus(self, days: i64) -> Self {
        Self(self.0.saturating_sub(days))
    }

    /// When it begins.
    pub(crate) fn start(self) -> Timestamp {
        let start_ms = self.0.saturating_mul(SLOTS_PER_DAY_I64).saturating_mul(SLOT_MS);
        Timestamp::from_millisecond(start_ms).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_days_begin_where_the_clock_shows_it() {
        let time: Timestamp = "2027-01-15T08:04:59.999Z".parse().unwrap();
        let slot = Slot::at(time.as_millisecond());
        assert_eq!(slot.start_ms(), time.as_millisecond() - 299_999);
        assert_eq!(slot.place(), 96);
        assert_eq!(slot.day().start().to_string(), "2027-01-15T00:00:00Z");
        assert_eq!(Slot::at(-1).day().start().to_string(), "1969-12-31T00:00:00Z");
    }
}
