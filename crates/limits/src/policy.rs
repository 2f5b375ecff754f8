//! How much of what, in how long.

/// A window is counted in this many parts: what was taken in a part is free again as a whole.
pub const PARTS: u32 = 6;

/// At most `limit` in any `window_s` seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Names it in headers and rows: lower-case letters and `-`.
    pub name: &'static str,
    /// How much can be taken.
    pub limit: u32,
    /// In how long, in seconds.
    pub window_s: u32,
}

impl Policy {
    /// So much in a minute.
    #[must_use]
    pub const fn per_minute(name: &'static str, limit: u32) -> Self {
        Self { name, limit, window_s: 60 }
    }

    /// So much in an hour.
    #[must_use]
    pub const fn per_hour(name: &'static str, limit: u32) -> Self {
        Self { name, limit, window_s: 3_600 }
    }

    /// How long a part of the window is, in milliseconds; rounded up, so that no interval of
    /// `window_s` touches more than [`PARTS`] and one.
    #[must_use]
    pub const fn part_ms(self) -> u64 {
        let part_ms = (self.window_s as u64 * 1_000).div_ceil(PARTS as u64);
        if part_ms == 0 { 1 } else { part_ms }
    }
}

/// The limits of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Requests of a client that does not pay.
    pub free: Policy,
    /// Paid requests of a client, whatever tokens it shows.
    pub paid: Policy,
    /// Requests with one token, whoever shows it.
    pub token: Policy,
    /// Credentials of a client that were looked up and found to be no good.
    pub credentials: Policy,
    /// Registrations of a client.
    pub registrations: Policy,
    /// Webhooks that a client sets up.
    pub webhooks: Policy,
    /// Endpoints that a client has examined.
    pub validations: Policy,
    /// Claims of a domain that a client makes or has verified.
    pub claims: Policy,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            free: Policy::per_minute("free", 100),
            paid: Policy::per_minute("paid", 1_000),
            token: Policy::per_minute("token", 1_000),
            credentials: Policy::per_minute("credentials", 30),
            registrations: Policy::per_hour("registrations", 10),
            webhooks: Policy::per_hour("webhooks", 5),
            validations: Policy::per_hour("validations", 30),
            claims: Policy::per_hour("claims", 20),
        }
    }
}

/// Expensive work that is limited for itself, across restarts and servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// Registering a listing.
    Registrations,
    /// Setting up a webhook.
    Webhooks,
    /// Having an endpoint examined.
    Validations,
    /// Claiming a domain, and having the claim verified.
    Claims,
}

impl Rules {
    /// The limit of a kind of work.
    #[must_use]
    pub const fn of(&self, work: Work) -> Policy {
        match work {
            Work::Registrations => self.registrations,
            Work::Webhooks => self.webhooks,
            Work::Validations => self.validations,
            Work::Claims => self.claims,
        }
    }
}
