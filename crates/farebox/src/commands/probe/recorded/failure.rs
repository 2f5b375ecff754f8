//! Why a recorded request brought no answer.

use farebox_wire::probe::health::Failure;

/// Words of a recorded failure, and what they mean; the first that fits counts.
const WORDS: [(&str, Failure); 21] = [
    ("not sent", Failure::NotAsked),
    ("guard", Failure::Refused),
    ("private address", Failure::Refused),
    ("servfail", Failure::NameUnanswered),
    ("dns: timeout", Failure::NameUnanswered),
    ("dns timeout", Failure::NameUnanswered),
    ("eai_again", Failure::NameUnanswered),
    ("dns", Failure::NameUnknown),
    ("nxdomain", Failure::NameUnknown),
    ("enotfound", Failure::NameUnknown),
    ("no such host", Failure::NameUnknown),
    ("tls", Failure::Tls),
    ("ssl", Failure::Tls),
    ("certificate", Failure::Tls),
    ("timeout", Failure::Timeout),
    ("timed out", Failure::Timeout),
    ("etimedout", Failure::Timeout),
    ("refused", Failure::ConnectRefused),
    ("malformed", Failure::Malformed),
    ("not http", Failure::Malformed),
    ("headers too", Failure::HeadersTooLarge),
];

/// What the text of a failure means; a broken connection where nothing else is said.
pub(super) fn failure_of(text: &str) -> Failure {
    let text = text.to_ascii_lowercase();
    let found = WORDS.iter().find(|(word, _)| text.contains(word));
    found.map_or(Failure::Connect, |(_, failure)| *failure)
}
