//! Which names may be looked up.

use super::AddressPolicy;

/// Names at which clouds answer their own machines. They lead to refused addresses; a name that
/// says so itself is refused without asking.
const METADATA: [&str; 4] = [
    "metadata.google.internal",
    "metadata.goog",
    "instance-data.ec2.internal",
    "metadata.azure.internal",
];
/// What a private network knows, and the public does not (RFC 6761, RFC 6762, RFC 8375, ICANN's
/// reservation of `internal`).
const PRIVATE: [&str; 9] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "corp",
    "home",
    "home.arpa",
    "localdomain",
];
/// What no look-up finds (RFC 6761, RFC 7686).
const NOWHERE: [&str; 3] = ["onion", "invalid", "alt"];
/// The longest name (RFC 1035).
const NAME_LEN_MAX: usize = 253;
/// The longest part of it.
const LABEL_LEN_MAX: usize = 63;

/// Whether a name, in lower case as [`url::Url`] has it, may be looked up.
pub(super) fn is_allowed(name: &str, policy: &AddressPolicy) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| !label.is_empty() && label.len() <= LABEL_LEN_MAX;
    if name.len() > NAME_LEN_MAX || !name.split('.').all(is_label) {
        return false;
    }
    let is_below = |zone: &&str| {
        name.strip_suffix(*zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if METADATA.iter().any(is_below) || NOWHERE.iter().any(is_below) {
        return false;
    }
    let is_private = !name.contains('.') || PRIVATE.iter().any(is_below);
    !is_private || policy.knows_private_names()
}
