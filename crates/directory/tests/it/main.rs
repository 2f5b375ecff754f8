//! The directory as its clients see it.

#![cfg(test)]

mod common;

mod asking;
mod badge;
mod categories;
mod changes;
mod export;
mod feed;
mod health;
mod history;
mod imports;
mod manifest;
mod opportunities;
mod properties;
mod search;
mod service;
mod services;
mod validate;
