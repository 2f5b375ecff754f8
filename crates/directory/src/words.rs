//! The closed sets of words that listings and queries are written in.

/// A payment protocol, written as the API writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Lightning invoices with macaroons.
    L402,
    /// The Machine Payments Protocol.
    Mpp,
    /// Signed stablecoin transfers.
    X402,
}

impl Protocol {
    /// All of them, in the order that counts are shown in.
    pub const ALL: [Self; 3] = [Self::L402, Self::Mpp, Self::X402];

    /// `L402`, `MPP` or `x402`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L402 => "L402",
            Self::Mpp => "MPP",
            Self::X402 => "x402",
        }
    }

    /// Reads a name in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }
}

/// What the last check of a listing found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealthStatus {
    /// A client could pay now.
    Healthy,
    /// The paywall answers, but its challenge is malformed or suspicious.
    Degraded,
    /// Never checked, or the check could not judge.
    Unknown,
    /// Nothing that takes payment answers.
    Down,
}

impl HealthStatus {
    /// All of them, best first: the order in which listings are ranked.
    pub const ALL: [Self; 4] = [Self::Healthy, Self::Degraded, Self::Unknown, Self::Down];

    /// The lower-case word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Down => "down",
        }
    }

    /// Reads the word in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }
}

/// Whether a check that knows nothing of the endpoint's parameters can reach its paywall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeStatus {
    /// A plain request gets the payment challenge.
    Probeable,
    /// The endpoint judges the request's parameters first, or its URL has placeholders.
    Unprobeable,
}

impl ProbeStatus {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Probeable, Self::Unprobeable];

    /// The lower-case word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Probeable => "probeable",
            Self::Unprobeable => "unprobeable",
        }
    }

    /// Reads the word in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }
}

/// How an L402 endpoint writes its macaroon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum L402Format {
    /// Binary version 2, type-length-value: what current clients read.
    V2Tlv,
    /// Binary version 1.
    V1Binary,
    /// Text of packets, before version 1.
    V0Text,
    /// JSON.
    Json,
    /// Something else.
    Unknown,
}

impl L402Format {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::V2Tlv, Self::V1Binary, Self::V0Text, Self::Json, Self::Unknown];

    /// The word of the API, such as `v2_tlv`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2Tlv => "v2_tlv",
            Self::V1Binary => "v1_binary",
            Self::V0Text => "v0_text",
            Self::Json => "json",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }
}

/// Where a listing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListingStatus {
    /// It waits for an admin and is not shown.
    Pending,
    /// It is shown.
    Active,
    /// An admin turned it down; it is not shown.
    Rejected,
    /// It was deleted and is not shown; its row goes 30 days later.
    Deleted,
}

impl ListingStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Rejected, Self::Deleted];

    /// The lower-case word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the word in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }
}

pub(crate) fn find<T: Copy, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
    text: &str,
) -> Option<T> {
    all.into_iter().find(|word| name(*word).eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_in_either_case() {
        for protocol in Protocol::ALL {
            assert_eq!(Protocol::parse(&protocol.name().to_lowercase()), Some(protocol));
        }
        for status in HealthStatus::ALL {
            assert_eq!(HealthStatus::parse(&status.name().to_uppercase()), Some(status));
        }
        for format in L402Format::ALL {
            assert_eq!(L402Format::parse(format.name()), Some(format));
        }
        assert_eq!(Protocol::parse("l403"), None);
        assert_eq!(ProbeStatus::parse(""), None);
    }
}
