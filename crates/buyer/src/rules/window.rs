//! Stretches of time that a limit is for.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

/// How long a limit looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week, which begins on Monday.
    Week,
    /// A month; a rolling one has 30 days.
    Month,
}

impl Window {
    /// Every window, the shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// As written in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    const fn len_s(self) -> i64 {
        match self {
            Self::Hour => HOUR_S,
            Self::Day => DAY_S,
            Self::Week => 7 * DAY_S,
            Self::Month => 30 * DAY_S,
        }
    }
}

/// Where windows begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowKind {
    /// At the full hour, at midnight, on Monday, on the first: as people speak of a day.
    #[default]
    Calendar,
    /// The last 60 minutes, 24 hours, 7 days, 30 days.
    Rolling,
}

/// How a policy reads the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Where windows begin.
    pub kind: WindowKind,
    /// Seconds by which the human's clock is ahead of UTC. It stands in the policy and is not
    /// taken from the environment, which whoever starts the program can choose.
    pub utc_offset_s: i32,
}

impl Calendar {
    /// The first second that belongs to the window of `now`; both in seconds since 1970.
    #[must_use]
    pub fn start(&self, window: Window, now: u64) -> u64 {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let start = match self.kind {
            // The second that is exactly a day ago is past.
            WindowKind::Rolling => now.saturating_sub(window.len_s()).saturating_add(1),
            WindowKind::Calendar => self.calendar_start(window, now),
        };
        u64::try_from(start).unwrap_or(0)
    }

    /// When the window of `now` ends, in seconds since 1970; a rolling one never does.
    #[must_use]
    pub fn end(&self, window: Window, now: u64) -> Option<u64> {
        if self.kind == WindowKind::Rolling {
            return None;
        }
        let start = self.start(window, now);
        let length = u64::try_from(window.len_s()).unwrap_or_default();
        Some(match window {
            // A day of the next month, whichever length this one has.
            Window::Month => self.start(window, start.saturating_add(length + length / 6)),
            _ => start.saturating_add(length),
        })
    }

    fn calendar_start(&self, window: Window, now: i64) -> i64 {
        let offset = i64::from(self.utc_offset_s);
        let local = now.saturating_add(offset);
        let whole = |length: i64| local.div_euclid(length).saturating_mul(length);
        let start = match window {
            Window::Hour => whole(HOUR_S),
            Window::Day => whole(DAY_S),
            // 1970 began on a Thursday.
            Window::Week => {
                let since_monday = (local.div_euclid(DAY_S) + 3).rem_euclid(7);
                whole(DAY_S) - since_monday * DAY_S
            }
            Window::Month => first_of_month(local).unwrap_or_else(|| whole(Window::Month.len_s())),
        };
        start.saturating_sub(offset)
    }
}

/// The midnight at which the month of a second began.
fn first_of_month(second: i64) -> Option<i64> {
    let date: Date = Offset::UTC.to_datetime(Timestamp::from_second(second).ok()?).date();
    let midnight = date.first_of_month().at(0, 0, 0, 0);
    Offset::UTC.to_timestamp(midnight).ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> u64 {
        u64::try_from(text.parse::<Timestamp>().unwrap().as_second()).unwrap()
    }

    #[test]
    fn windows_begin_where_people_say_that_they_do() {
        let calendar = Calendar::default();
        // A Wednesday.
        let now = at("2026-09-16T13:45:10Z");
        for (window, start, end) in [
            (Window::Hour, "2026-09-16T13:00:00Z", "2026-09-16T14:00:00Z"),
            (Window::Day, "2026-09-16T00:00:00Z", "2026-09-17T00:00:00Z"),
            (Window::Week, "2026-09-14T00:00:00Z", "2026-09-21T00:00:00Z"),
            (Window::Month, "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"),
        ] {
            assert_eq!(calendar.start(window, now), at(start), "{window:?}");
            assert_eq!(calendar.end(window, now), Some(at(end)), "{window:?}");
        }
        let february = at("2028-02-29T23:59:59Z");
        assert_eq!(calendar.end(Window::Month, february), Some(at("2028-03-01T00:00:00Z")));
    }

    #[test]
    fn a_day_begins_at_the_humans_midnight() {
        let calendar = Calendar { kind: WindowKind::Calendar, utc_offset_s: 2 * 3_600 };
        let now = at("2026-09-30T22:30:00Z");
        assert_eq!(calendar.start(Window::Day, now), at("2026-09-30T22:00:00Z"));
        assert_eq!(calendar.start(Window::Month, now), at("2026-09-30T22:00:00Z"));
        let before = at("2026-09-30T21:59:59Z");
        assert_eq!(calendar.start(Window::Day, before), at("2026-09-29T22:00:00Z"));
    }

    proptest! {
        #[test]
        fn a_moment_is_in_its_own_window(
            now in 0u64..20_000_000_000, offset in -50_400i32..50_400, rolling: bool,
        ) {
            let kind = if rolling { WindowKind::Rolling } else { WindowKind::Calendar };
            let calendar = Calendar { kind, utc_offset_s: offset };
            for window in Window::ALL {
                let start = calendar.start(window, now);
                prop_assert!(start <= now);
                prop_assert!(now - start < 31 * 86_400);
                if let Some(end) = calendar.end(window, now) {
                    prop_assert!(end > now);
                    // The second before belongs to the window before.
                    let before = start.saturating_sub(1);
                    prop_assert!(start == 0 || calendar.start(window, before) < start);
                }
            }
        }
    }
}
