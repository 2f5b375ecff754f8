//! The line between a client and a server, which can be cut.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A server's address that outlives the server.
#[derive(Clone)]
pub struct Line {
    pub address: SocketAddr,
    server: SocketAddr,
    /// What listens and what is connected; `None` while the line is cut.
    running: Arc<Mutex<Option<JoinSet<()>>>>,
}

impl Line {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let line = Self { address, server, running: Arc::default() };
        line.run(listener);
        line
    }

    /// Ends all connections and takes no new ones, as a server that stops.
    pub async fn cut(&self) {
        let running = self.running.lock().unwrap().take();
        running.unwrap().shutdown().await;
    }

    /// Takes connections again at the same address.
    pub async fn mend(&self) {
        self.run(TcpListener::bind(self.address).await.unwrap());
    }

    fn run(&self, listener: TcpListener) {
        let server = self.server;
        let mut running = JoinSet::new();
        running.spawn(async move {
            // Connections end with the set that they are in.
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(connect(near, server));
            }
        });
        *self.running.lock().unwrap() = Some(running);
    }
}

async fn connect(mut near: TcpStream, server: SocketAddr) {
    if let Ok(mut far) = TcpStream::connect(server).await {
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    }
}
