//! A play network from outside, in process and over HTTP.

#[cfg(test)]
mod api;
#[cfg(test)]
mod common;
#[cfg(test)]
mod conservation;
#[cfg(test)]
mod payments;
