//! Where the endpoints are: so many hosts on loopback addresses, half of them by HTTPS.

use crate::certificates::SUFFIX;
use async_trait::async_trait;
use farebox_net::{Resolve, ResolveError};
use std::io::{Cursor, Read};
use std::net::{IpAddr, Ipv4Addr};

/// The first address.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 16, 0, 1);

/// The endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Estate {
    pub endpoints: u32,
    pub hosts: u32,
    pub http_port: u16,
    pub https_port: u16,
}

/// One endpoint.
pub struct Place {
    pub is_https: bool,
    pub address: Ipv4Addr,
    pub port: u16,
    /// The name or address in its URL.
    pub host: String,
    pub path: String,
}

impl Estate {
    pub fn place(&self, endpoint: u32) -> Place {
        let host = endpoint % self.hosts;
        let is_https = host % 2 == 1;
        let address = address(host);
        Place {
            is_https,
            address,
            port: if is_https { self.https_port } else { self.http_port },
            host: if is_https { format!("h{host}.{SUFFIX}") } else { address.to_string() },
            path: format!("/v1/{endpoint}"),
        }
    }

    fn line(&self, endpoint: u32) -> String {
        const WORDS: [&str; 8] =
            ["weather", "maps", "prices", "images", "news", "speech", "flights", "documents"];
        let Place { is_https, port, host, path, .. } = self.place(endpoint);
        let scheme = if is_https { "https" } else { "http" };
        let word = |at: u32| WORDS.get(at as usize % WORDS.len()).copied().unwrap_or("data");
        let (first, second) = (word(endpoint), word(endpoint / 8));
        format!(
            "{{\"url\":\"{scheme}://{host}:{port}{path}\",\"http_method\":\"GET\",\
             \"protocol\":\"L402\",\"name\":\"{first} {second} {endpoint}\",\"description\":\
             \"Answers questions about {first} and {second} from {endpoint} sources.\",\
             \"price_sats\":5,\"category\":\"data/{first}\"}}\n"
        )
    }

    /// As a list to import.
    pub fn list(self) -> impl Read + Send + 'static {
        let text: String = (0..self.endpoints).map(|endpoint| self.line(endpoint)).collect();
        Cursor::new(text.into_bytes())
    }
}

fn address(host: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(FIRST).saturating_add(host))
}

/// Knows the names of the estate and no others.
pub struct OwnNames;

#[async_trait]
impl Resolve for OwnNames {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let number = name.strip_prefix('h').and_then(|rest| rest.strip_suffix(SUFFIX));
        let number = number.and_then(|rest| rest.trim_end_matches('.').parse().ok());
        let number = number.ok_or_else(|| ResolveError("not one of these".to_owned()))?;
        Ok(vec![address(number).into()])
    }

    async fn txt(&self, _name: &str) -> Result<Vec<String>, ResolveError> {
        Ok(Vec::new())
    }
}
