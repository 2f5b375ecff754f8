//! Who can pay an offer.

use serde::Serialize;

/// Kinds of clients or wallets, each one line for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Clients(pub Vec<String>);

impl Clients {
    pub(super) fn add(&mut self, who: impl Into<String>) {
        let who = who.into();
        if !self.0.contains(&who) {
            self.0.push(who);
        }
    }
}
