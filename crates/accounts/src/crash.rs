//! Places where tests let the process die, to see that the next start comes to the right end.
//! Without the feature `fail-points` they are nothing.

/// Ends the process at once when the fail point `name` is armed.
#[cfg(feature = "fail-points")]
pub(crate) fn crash_point(name: &str) {
    fail::fail_point!(name, |_| std::process::abort());
}

/// Nothing.
#[cfg(not(feature = "fail-points"))]
#[inline]
pub(crate) const fn crash_point(_name: &str) {}
