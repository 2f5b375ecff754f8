//! The books as the rest of the program uses them.

#![cfg(test)]

mod agreement;
mod rules;
mod support;
mod tampering;
