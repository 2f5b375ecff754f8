//! What one probe of a listing came to.

/// What one probe of a listing came to. The number of a failure is what the history stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Some offer of the listing's rail could have been paid.
    Payable = 0,
    /// Nothing came in time.
    Timeout = 1,
    /// It asks for payment, and nobody can pay what it asks, or it asks for other than is listed.
    NotPayable = 2,
    /// The name leads nowhere.
    Dns = 3,
    /// The connection was refused or broke.
    Connect = 4,
    /// The certificate or the handshake failed.
    Tls = 5,
    /// It answered with a status from 500 on.
    ServerError = 6,
    /// It answered with another status below 500 that says nothing about payment.
    ClientError = 7,
    /// It answered without asking for payment.
    Free = 8,
    /// It leads elsewhere.
    Redirect = 9,
    /// Its answer is larger than clients read.
    TooLarge = 10,
    /// Nothing is there: 404, 410, a tunnel or a host that says so.
    Gone = 11,
    /// It wants fewer requests.
    RateLimited = 12,
    /// It wants a login, or input that nobody told us.
    NeedsMore = 13,
    /// A wall against programs answered in its place. Says nothing about the endpoint.
    Wall = 14,
    /// Our own guard refused to ask. Says nothing about the endpoint.
    Refused = 15,
}

impl Outcome {
    /// All of them, by their number.
    pub const ALL: [Self; 16] = [
        Self::Payable,
        Self::Timeout,
        Self::NotPayable,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::ServerError,
        Self::ClientError,
        Self::Free,
        Self::Redirect,
        Self::TooLarge,
        Self::Gone,
        Self::RateLimited,
        Self::NeedsMore,
        Self::Wall,
        Self::Refused,
    ];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payable => "payable",
            Self::Timeout => "timeout",
            Self::NotPayable => "not_payable",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::ServerError => "server_error",
            Self::ClientError => "client_error",
            Self::Free => "free",
            Self::Redirect => "redirect",
            Self::TooLarge => "too_large",
            Self::Gone => "gone",
            Self::RateLimited => "rate_limited",
            Self::NeedsMore => "needs_more",
            Self::Wall => "wall",
            Self::Refused => "refused",
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The outcome of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether it says anything about the endpoint. What does not counts neither for it nor
    /// against it.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        !matches!(self, Self::Wall | Self::Refused)
    }

    /// Whether the endpoint was there and answered, whatever it said.
    #[must_use]
    pub const fn is_reachable(self) -> bool {
        match self {
            Self::Payable
            | Self::NotPayable
            | Self::ClientError
            | Self::Free
            | Self::Redirect
            | Self::TooLarge
            | Self::RateLimited
            | Self::NeedsMore => true,
            Self::Timeout
            | Self::Dns
            | Self::Connect
            | Self::Tls
            | Self::ServerError
            | Self::Gone
            | Self::Wall
            | Self::Refused => false,
        }
    }

    /// Orders what several probes of one slot came to: the greatest stands for the slot. What says
    /// nothing about the endpoint gives way to everything else; not to be reached is worse than not
    /// to be payable; otherwise the number decides.
    #[must_use]
    pub(crate) const fn severity(self) -> (u8, u8) {
        let rank = match (self.is_judged(), self.is_reachable()) {
            (false, _) => 0,
            (true, true) if matches!(self, Self::Payable) => 1,
            (true, true) => 2,
            (true, false) => 3,
        };
        (rank, self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_are_stored() {
        for (number, outcome) in (0_u8..).zip(Outcome::ALL) {
            assert_eq!(outcome.number(), number);
            assert_eq!(Outcome::from_number(number), Some(outcome));
        }
        assert_eq!(Outcome::from_number(16), None);
    }

    #[test]
    fn the_worst_of_a_slot_is_what_kept_callers_away() {
        let worst = |outcomes: &[Outcome]| {
            outcomes.iter().copied().max_by_key(|outcome| outcome.severity()).unwrap()
        };
        assert_eq!(worst(&[Outcome::Payable, Outcome::Wall]), Outcome::Payable);
        assert_eq!(worst(&[Outcome::Payable, Outcome::RateLimited]), Outcome::RateLimited);
        assert_eq!(worst(&[Outcome::NeedsMore, Outcome::Timeout]), Outcome::Timeout);
        assert_eq!(worst(&[Outcome::Wall, Outcome::Refused]), Outcome::Refused);
    }
}
