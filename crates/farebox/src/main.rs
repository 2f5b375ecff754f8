//! The `farebox` binary.
fn main() {}
