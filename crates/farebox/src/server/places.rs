//! How many connections there may be, in all and from one client.

use farebox_net::{ClientKey, TrustedProxies};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections at the same time; further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 8_192;
/// Connections of one client: a quarter, so that nobody alone can take them all.
const CONNECTIONS_PER_CLIENT_MAX: usize = CONNECTIONS_MAX / 4;

type Counts = Arc<Mutex<HashMap<ClientKey, usize>>>;

/// The places for connections; cheap to clone.
#[derive(Clone)]
pub struct Places {
    all: Arc<Semaphore>,
    by_client: Counts,
    proxies: Arc<TrustedProxies>,
}

/// One place, given back when it is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    client: Option<(ClientKey, Counts)>,
}

impl Places {
    /// All of them free. Trusted proxies bring the connections of many, and are not counted.
    pub fn new(proxies: Arc<TrustedProxies>) -> Self {
        let all = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        Self { all, by_client: Counts::default(), proxies }
    }

    /// Waits for a place for a client that is not known yet.
    pub async fn take(&self) -> Option<Place> {
        let permit = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Place { _permit: permit, client: None })
    }

    /// Counts a place as that of a client; `None` when it has too many, and the place is free
    /// again.
    pub fn give(&self, mut place: Place, address: IpAddr) -> Option<Place> {
        if self.proxies.contains(address) {
            return Some(place);
        }
        let client = ClientKey::of(address);
        let mut counts = self.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if *count >= CONNECTIONS_PER_CLIENT_MAX {
            return None;
        }
        *count += 1;
        place.client = Some((client, Arc::clone(&self.by_client)));
        Some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((client, counts)) = self.client.take() else { return };
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_client_cannot_take_every_place() {
        let places = Places::new(Arc::default());
        let greedy = IpAddr::from([192, 0, 2, 1]);
        let mut taken = Vec::new();
        for _ in 0..CONNECTIONS_PER_CLIENT_MAX {
            let place = places.take().await.unwrap();
            taken.push(places.give(place, greedy).unwrap());
        }
        let place = places.take().await.unwrap();
        assert!(places.give(place, greedy).is_none());
        let place = places.take().await.unwrap();
        assert!(places.give(place, IpAddr::from([192, 0, 2, 2])).is_some());
        taken.pop();
        let place = places.take().await.unwrap();
        assert!(places.give(place, greedy).is_some());
        drop(taken);
        assert_eq!(places.all.available_permits(), CONNECTIONS_MAX);
        assert!(places.by_client.lock().unwrap().is_empty());
    }
}
