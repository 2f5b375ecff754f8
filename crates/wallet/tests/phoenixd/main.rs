//! The phoenixd client against the play network's phoenixd API, and against servers that break
//! every promise.

#[cfg(test)]
mod double;
#[cfg(test)]
mod paying;
#[cfg(test)]
mod play;
#[cfg(test)]
mod receiving;
#[cfg(test)]
mod unknown_outcomes;
