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
