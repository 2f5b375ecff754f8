//! How many files and connections this process may have open.

/// Where the system does not say: the least that systems allow.
const USUAL: usize = 1_024;

/// Raises the limit as far as the system lets it be raised, and returns it.
#[cfg(unix)]
pub fn raise_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let raised = setrlimit(Resource::Nofile, raised).map(|()| limit.maximum);
    let current = raised.unwrap_or(limit.current);
    // None is no limit at all.
    current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(USUAL))
}

#[cfg(not(unix))]
pub const fn raise_limit() -> usize {
    USUAL
}
