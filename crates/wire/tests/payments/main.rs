//! Payments in tokens, as a seller, a buyer, a facilitator and an attacker make them.

#![cfg(test)]

mod challenges;
mod digests;
mod forms;
mod hostile;
mod support;
mod vectors;
mod verification;
