//! Unpaid invoices, handed out again until they are paid or expire, so that a flood of unpaid
//! requests makes few of them.

use farebox_money::Sats;
use farebox_net::ClientKey;
use farebox_wallet::CreatedInvoice;
use farebox_wire::lightning::PaymentHash;
use farebox_wire::mpp::methods::lightning::LightningCharge;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Invoices that one client can make at once; past it, one more each second. Requests beyond
/// that share what the client has open for the same route and price.
pub(crate) const BURST_PER_CLIENT: u64 = 64;
/// Invoices that all clients together can have open.
pub(crate) const OPEN_TOTAL_MAX: usize = 50_000;
/// An invoice with less time left is not handed out again: its payer needs some.
const TIME_LEFT_MIN_S: u64 = 60;

/// What an invoice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Purpose {
    pub route: &'static str,
    pub price: Sats,
    /// The very request, so that two different ones of a client can be paid at the same time.
    pub request_digest: [u8; 32],
    /// Whether it is for one browser, which is admitted without a preimage: nobody else is ever
    /// handed its invoice, and it is handed nobody else's, or one of two payers behind the same
    /// address could take what the other paid for.
    pub is_private: bool,
}

/// An unpaid invoice, as it is and as the challenges of MPP need it: read once, because an invoice
/// is not read without checking its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenInvoice {
    pub invoice: CreatedInvoice,
    /// `None` for an invoice that MPP cannot ask for.
    pub charge: Option<Arc<LightningCharge>>,
}

impl From<CreatedInvoice> for OpenInvoice {
    fn from(invoice: CreatedInvoice) -> Self {
        let charge = LightningCharge::new(&invoice.bolt11).ok();
        Self { invoice, charge: charge.map(Arc::new) }
    }
}

#[derive(Clone)]
struct Entry {
    purpose: Purpose,
    open: OpenInvoice,
}

impl Entry {
    const fn is_shared(&self) -> bool {
        !self.purpose.is_private
    }

    fn is_fresh(&self, now: u64) -> bool {
        self.open.invoice.expires_at >= now.saturating_add(TIME_LEFT_MIN_S)
    }
}

/// What the pool has for a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Hand this out.
    Invoice(OpenInvoice),
    /// Make a new one.
    None,
    /// The client makes too many, and none of those it has is of use here.
    ClientBusy {
        /// Seconds until it can make another one.
        retry_after_s: u64,
    },
    /// All clients together have too many open.
    Full {
        /// Seconds until one may have expired.
        retry_after_s: u64,
    },
}

/// What one client has open, and how far ahead of one invoice a second it is.
#[derive(Default)]
struct Client {
    entries: Vec<Entry>,
    /// When it will have waited out what it made, in seconds since 1970.
    even_at: u64,
}

#[derive(Default)]
struct State {
    clients: HashMap<ClientKey, Client>,
    clients_by_hash: HashMap<PaymentHash, ClientKey>,
    /// When expired ones were last looked for, in seconds since 1970.
    swept_at: u64,
}

/// The open invoices, in memory only: the node knows them too, and a token needs no row.
#[derive(Default)]
pub(crate) struct InvoicePool {
    state: Mutex<State>,
}

impl InvoicePool {
    pub(crate) fn find(&self, client: ClientKey, purpose: Purpose, now: u64) -> Found {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A full pool is swept once a second, not at every request of a flood.
        if state.clients_by_hash.len() >= OPEN_TOTAL_MAX && state.swept_at < now {
            state.swept_at = now;
            state.drop_expired(now);
        }
        let total = state.clients_by_hash.len();
        state.drop_expired_of(client, now);
        let known = state.clients.get(&client);
        let entries = known.map(|client| client.entries.as_slice()).unwrap_or_default();
        let ahead_s = known.map_or(0, |client| client.even_at.saturating_sub(now));
        let open = || entries.iter().filter(|entry| entry.is_shared() && entry.is_fresh(now));
        let same = open().find(|entry| entry.purpose == purpose);
        if let Some(same) = same.filter(|_| !purpose.is_private) {
            return Found::Invoice(same.open.clone());
        }
        if ahead_s < BURST_PER_CLIENT && total < OPEN_TOTAL_MAX {
            return Found::None;
        }
        let shareable = |entry: &&Entry| {
            entry.purpose.route == purpose.route && entry.purpose.price == purpose.price
        };
        if let Some(shared) = open().find(shareable).filter(|_| !purpose.is_private) {
            return Found::Invoice(shared.open.clone());
        }
        if total < OPEN_TOTAL_MAX {
            return Found::ClientBusy { retry_after_s: 1 };
        }
        let first = entries.iter().map(|entry| entry.open.invoice.expires_at).min();
        Found::Full { retry_after_s: first.unwrap_or(now).saturating_sub(now).max(1) }
    }

    /// The invoice of a browser that has shown its token, while there is time to pay it.
    pub(crate) fn find_private(&self, hash: PaymentHash, now: u64) -> Option<OpenInvoice> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let client = state.clients.get(state.clients_by_hash.get(&hash)?)?;
        let entry = client.entries.iter().find(|entry| entry.open.invoice.payment_hash == hash)?;
        let is_its_own = entry.purpose.is_private && entry.is_fresh(now);
        is_its_own.then(|| entry.open.clone())
    }

    pub(crate) fn insert(&self, client: ClientKey, purpose: Purpose, open: OpenInvoice, now: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clients_by_hash.insert(open.invoice.payment_hash, client);
        let client = state.clients.entry(client).or_default();
        client.even_at = client.even_at.max(now).saturating_add(1);
        client.entries.push(Entry { purpose, open });
    }

    /// Takes a paid invoice out: it must never be handed to a second payer. Who pays may make
    /// another one. Whether it was here.
    pub(crate) fn remove(&self, hash: PaymentHash) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(client) = state.clients_by_hash.remove(&hash) else { return false };
        if let Some(client) = state.clients.get_mut(&client) {
            client.even_at = client.even_at.saturating_sub(1);
        }
        state.retain_of(client, None, |entry| entry.open.invoice.payment_hash != hash);
        true
    }

    /// Forgets what has expired.
    pub(crate) fn prune(&self, now: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).drop_expired(now);
    }

    pub(crate) fn len(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clients_by_hash.len()
    }
}

impl State {
    /// Drops what is not to be kept. A client is forgotten when it has nothing open and, at
    /// `now`, has waited out what it made.
    fn retain_of(&mut self, key: ClientKey, now: Option<u64>, keep: impl Fn(&Entry) -> bool) {
        let Some(client) = self.clients.get_mut(&key) else { return };
        client.entries.retain(|entry| {
            let kept = keep(entry);
            if !kept {
                self.clients_by_hash.remove(&entry.open.invoice.payment_hash);
            }
            kept
        });
        if client.entries.is_empty() && now.is_some_and(|now| client.even_at <= now) {
            self.clients.remove(&key);
        }
    }

    fn drop_expired_of(&mut self, client: ClientKey, now: u64) {
        self.retain_of(client, Some(now), |entry| entry.open.invoice.expires_at > now);
    }

    fn drop_expired(&mut self, now: u64) {
        let clients: Vec<_> = self.clients.keys().copied().collect();
        for client in clients {
            self.drop_expired_of(client, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(digest: usize) -> Purpose {
        let mut request_digest = [0; 32];
        request_digest[..8].copy_from_slice(&digest.to_be_bytes());
        Purpose { route: "weather", price: Sats::new(5), request_digest, is_private: false }
    }

    fn invoice(number: usize, expires_at: u64) -> OpenInvoice {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        let payment_hash = PaymentHash::new(hash);
        CreatedInvoice { bolt11: format!("lnbcrt{number}"), payment_hash, expires_at }.into()
    }

    fn client(number: u8) -> ClientKey {
        ClientKey::of([192, 0, 2, number].into())
    }

    #[test]
    fn an_open_invoice_is_handed_out_again_until_it_is_paid() {
        let pool = InvoicePool::default();
        assert_eq!(pool.find(client(1), purpose(1), 0), Found::None);
        pool.insert(client(1), purpose(1), invoice(1, 600), 0);
        assert_eq!(pool.find(client(1), purpose(1), 540), Found::Invoice(invoice(1, 600)));
        assert_eq!(pool.find(client(2), purpose(1), 0), Found::None, "another client");
        assert_eq!(pool.find(client(1), purpose(2), 0), Found::None, "another request");
        assert_eq!(pool.find(client(1), purpose(1), 541), Found::None, "too late to pay it");
        pool.remove(invoice(1, 600).invoice.payment_hash);
        assert_eq!((pool.find(client(1), purpose(1), 0), pool.len()), (Found::None, 0));
    }

    #[test]
    fn a_client_that_makes_many_shares_its_own_or_waits_a_moment() {
        let pool = InvoicePool::default();
        for number in 0..64 {
            assert_eq!(pool.find(client(1), purpose(number), 0), Found::None);
            pool.insert(client(1), purpose(number), invoice(number, 600), 0);
        }
        assert_eq!(pool.find(client(1), purpose(999), 0), Found::Invoice(invoice(0, 600)));
        let dearer = Purpose { price: Sats::new(6), ..purpose(999) };
        assert_eq!(pool.find(client(1), dearer, 0), Found::ClientBusy { retry_after_s: 1 });
        assert_eq!(pool.find(client(2), dearer, 0), Found::None, "others are not touched");
        assert_eq!(pool.find(client(1), dearer, 1), Found::None, "one more each second");
        pool.remove(invoice(3, 600).invoice.payment_hash);
        assert_eq!(pool.find(client(1), dearer, 0), Found::None, "who pays may buy more");
    }

    #[test]
    fn an_invoice_of_a_browser_is_for_that_browser_only() {
        let pool = InvoicePool::default();
        let private = |digest| Purpose { is_private: true, ..purpose(digest) };
        pool.insert(client(1), private(1), invoice(1, 600), 0);
        pool.insert(client(1), purpose(1), invoice(2, 600), 0);
        assert_eq!(pool.find(client(1), private(1), 0), Found::None, "another browser's");
        assert_eq!(pool.find(client(1), purpose(1), 0), Found::Invoice(invoice(2, 600)));
        let hash = |number| invoice(number, 600).invoice.payment_hash;
        assert_eq!(pool.find_private(hash(1), 540), Some(invoice(1, 600)));
        assert_eq!(pool.find_private(hash(1), 541), None, "too late to pay it");
        assert_eq!(pool.find_private(hash(2), 0), None, "everybody's");
        for number in 3..=BURST_PER_CLIENT {
            let number = usize::try_from(number).unwrap();
            pool.insert(client(1), private(number), invoice(number, 600), 0);
        }
        let busy = Found::ClientBusy { retry_after_s: 1 };
        assert_eq!(pool.find(client(1), private(999), 0), busy, "never a program's");
        assert_eq!(pool.find(client(1), purpose(999), 0), Found::Invoice(invoice(2, 600)));
        pool.remove(hash(2));
        pool.insert(client(1), private(2), invoice(2, 600), 0);
        assert_eq!(pool.find(client(1), purpose(3), 0), busy, "never a browser's");
    }

    #[test]
    fn all_clients_together_are_bounded() {
        let pool = InvoicePool::default();
        for number in 0..OPEN_TOTAL_MAX {
            let last = u8::try_from(number % 250).unwrap();
            let high = u8::try_from(number / 250).unwrap();
            let address = ClientKey::of([10, 0, high, last].into());
            pool.insert(address, purpose(number), invoice(number, 600), 0);
        }
        assert!(matches!(pool.find(client(1), purpose(1), 0), Found::Full { .. }));
        assert_eq!(pool.find(client(1), purpose(1), 601), Found::None);
        assert_eq!(pool.len(), 0);
    }
}
