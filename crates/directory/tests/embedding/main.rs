//! The embedding service: well, slow, broken, gone.

#![cfg(test)]

mod double;

mod documents;
mod queries;
mod search;
