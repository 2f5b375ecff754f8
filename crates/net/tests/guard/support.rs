//! HTTP servers on this machine, and a client that asks a name server of its own.

use axum::Router;
use farebox_net::{
    AddressPolicy, DnsResolver, Fetched, GuardError, GuardOptions, GuardedClient, Limits,
};
pub use farebox_testing::name_server::NameServer;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

/// What stands for a public address in these tests; other addresses of this machine stay private.
pub const PUBLIC: &str = "127.0.0.2";

/// An HTTP server that counts what reaches it.
pub struct Server {
    pub address: SocketAddr,
    hits: Arc<AtomicUsize>,
}

impl Server {
    pub async fn start(at: SocketAddr, router: Router) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let hits = Arc::new(AtomicUsize::new(0));
        let own = Arc::clone(&hits);
        let count = axum::middleware::from_fn(
            move |request: axum::extract::Request, next: axum::middleware::Next| {
                own.fetch_add(1, Ordering::SeqCst);
                next.run(request)
            },
        );
        let router = router.layer(count);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, hits }
    }

    /// At the address that counts as public, whatever it is asked for answered with `text`.
    pub async fn public(text: &'static str) -> Self {
        Self::start(format!("{PUBLIC}:0").parse().unwrap(), saying(text)).await
    }

    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    pub fn url(&self, host: &str) -> Url {
        Url::parse(&format!("http://{host}:{}/", self.address.port())).unwrap()
    }
}

pub fn saying(text: &'static str) -> Router {
    Router::new().fallback(move || async move { text })
}

pub fn client(name_server: &NameServer, networks: &[&str]) -> GuardedClient {
    let networks = networks.iter().map(|network| network.parse().unwrap());
    let options = GuardOptions {
        user_agent: "farebox-test".to_owned(),
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(20),
        addresses: AddressPolicy::and_networks(networks),
        resolver: Arc::new(DnsResolver::name_server(name_server.address).unwrap()),
        certificate: None,
    };
    GuardedClient::new(options).unwrap()
}

/// A client to which [`PUBLIC`] is as good as public, and nothing else of this machine.
pub fn usual_client(name_server: &NameServer) -> GuardedClient {
    client(name_server, &["127.0.0.2/32"])
}

pub async fn get(client: &GuardedClient, url: &Url) -> Result<Fetched, GuardError> {
    client.get(url, &Limits::default()).await
}
