//! The client for URLs that outsiders influence, against servers and name servers of the test.

#![cfg(test)]

mod addresses;
mod limits;
mod lookups;
mod redirects;
mod support;
mod urls;
