//! A process that is known by more than its number, which others get when it has ended.

use std::fmt;
use std::str::FromStr;

/// A process by its number and when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessId {
    number: u32,
    /// Clock ticks after the start of the machine.
    begun: u64,
}

impl ProcessId {
    /// The running process with a number; `None` where there is none, or where the platform does
    /// not tell when it began.
    pub fn running(number: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        let begun = begun(&stat)?;
        Some(Self { number, begun })
    }

    /// Whether it still runs.
    pub fn is_running(self) -> bool {
        Self::running(self.number) == Some(self)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.number
    }
}

/// The start time in the text of `/proc/NUMBER/stat`; `None` for one that has ended and was not
/// waited for. The second field is a name in brackets, with whatever is in it.
fn begun(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    // The state is the third field, the start time the twenty-second.
    fields.nth(18)?.parse().ok()
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.begun)
    }
}

/// Not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAProcess;

impl FromStr for ProcessId {
    type Err = NotAProcess;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, begun) = text.trim().split_once(' ').ok_or(NotAProcess)?;
        let number = number.parse().map_err(|_| NotAProcess)?;
        Ok(Self { number, begun: begun.parse().map_err(|_| NotAProcess)? })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_not_taken_for_another_with_its_number() {
        let this = ProcessId::running(std::process::id()).unwrap();
        assert!(this.is_running());
        assert_eq!(this.to_string().parse(), Ok(this));
        assert!(!ProcessId { begun: this.begun + 1, ..this }.is_running());
        assert!("17".parse::<ProcessId>().is_err());
    }

    #[test]
    fn one_that_ended_does_not_run_even_before_it_was_waited_for() {
        let stat =
            |state| format!("7 (a) b) {state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 99 0");
        assert_eq!(begun(&stat("S")), Some(99));
        assert_eq!(begun(&stat("Z")), None);
        assert_eq!(begun("7 (a) S 1"), None);
    }
}
