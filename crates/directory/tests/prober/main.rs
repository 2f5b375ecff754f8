//! The sweep, against endpoints that count how they are asked.

#![cfg(test)]

mod hosts;
mod outage;
mod shared;
mod sweep;
mod world;
