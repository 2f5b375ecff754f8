//! Webhooks as those who are told see them.

#![cfg(test)]

mod world;

mod api;
mod delivery;
mod faults;
mod peers;
