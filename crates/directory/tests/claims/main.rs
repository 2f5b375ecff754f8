//! Claims as providers, their rivals and the operator see them.

#![cfg(test)]

mod world;

mod domains;
mod failures;
mod proofs;
mod purge;
mod races;
mod services;
