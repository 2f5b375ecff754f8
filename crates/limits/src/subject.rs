//! Who is counted.

use farebox_net::ClientKey;
use std::fmt;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A client, by its address.
    Client(ClientKey),
    /// A payment, whoever shows it, by its key.
    Payment([u8; 32]),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(client) => client.fmt(f),
            Self::Payment(key) => f.write_str(&hex::encode(key)),
        }
    }
}

/// Who, and of which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub policy: &'static str,
    pub subject: Subject,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.policy, self.subject)
    }
}
