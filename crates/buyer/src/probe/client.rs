//! By what a probe is sent.

use farebox_net::GuardedClient;

/// The client of a probe. What is sent, what is read and what comes of it are the same with both.
#[derive(Clone, Copy, Debug)]
pub enum ProbeClient<'a> {
    /// That of the person at this machine, which goes wherever they say.
    Plain(&'a reqwest::Client),
    /// That for addresses which outsiders name: public places only.
    Guarded(&'a GuardedClient),
}

impl<'a> From<&'a reqwest::Client> for ProbeClient<'a> {
    fn from(client: &'a reqwest::Client) -> Self {
        Self::Plain(client)
    }
}

impl<'a> From<&'a GuardedClient> for ProbeClient<'a> {
    fn from(client: &'a GuardedClient) -> Self {
        Self::Guarded(client)
    }
}
