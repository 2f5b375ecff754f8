//! Looks names up.

use async_trait::async_trait;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData};
use hickory_resolver::{ResolverBuilder, TokioResolver};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Addresses of one name that are looked at; an answer with more is refused.
const ADDRESSES_MAX: usize = 64;
/// TXT records of one name that are looked at.
const TXT_RECORDS_MAX: usize = 64;
/// Bytes of one TXT record that are looked at; longer ones are left out.
const TXT_LEN_MAX: usize = 4 * 1_024;
/// How long one name server is waited for before it is asked again.
const NAME_SERVER_TIMEOUT: Duration = Duration::from_secs(3);
/// Look-ups under way at once.
const REQUESTS_MAX: usize = 1_024;
/// How long an answer is believed at most, whatever it says itself.
const TTL_MAX: Duration = Duration::from_secs(300);
/// The same for an answer that there is nothing: who mends a name need not wait long.
const NEGATIVE_TTL_MAX: Duration = Duration::from_secs(60);
/// Answers that are remembered at most.
const REMEMBERED_MAX: u64 = 65_536;

/// Looks names up. What it finds is judged by its caller.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// All addresses of a name.
    ///
    /// # Errors
    /// [`ResolveError`] when there are none, or nobody answers.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError>;

    /// The TXT records of a name, the parts of each joined. No record is an empty list.
    ///
    /// # Errors
    /// [`ResolveError`] when nobody answers.
    async fn txt(&self, name: &str) -> Result<Vec<String>, ResolveError>;
}

/// A look-up that brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ResolveError(pub String);

/// The DNS, by the name servers of this machine or others.
#[derive(Debug)]
pub struct DnsResolver(TokioResolver);

impl DnsResolver {
    /// The name servers and the hosts file of this machine. Without any settings the machine
    /// itself is asked, as the C library does (resolv.conf(5)).
    ///
    /// # Errors
    /// [`ResolveError`] when no resolver can be made.
    pub fn system() -> Result<Self, ResolveError> {
        let local = || Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 53)));
        let builder = TokioResolver::builder_tokio().unwrap_or_else(|_| local());
        Self::build(builder, ResolveHosts::Always)
    }

    /// One name server, and no hosts file.
    ///
    /// # Errors
    /// [`ResolveError`] when no resolver can be made.
    pub fn name_server(address: SocketAddr) -> Result<Self, ResolveError> {
        Self::build(Self::at(address), ResolveHosts::Never)
    }

    fn at(address: SocketAddr) -> ResolverBuilder<TokioRuntimeProvider> {
        let with_port = |mut connection: ConnectionConfig| {
            connection.port = address.port();
            connection
        };
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(with_port);
        let server = NameServerConfig::new(address.ip(), true, connections.into());
        let config = ResolverConfig::from_name_servers(vec![server]);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    }

    fn build(
        mut builder: ResolverBuilder<TokioRuntimeProvider>,
        hosts: ResolveHosts,
    ) -> Result<Self, ResolveError> {
        let options = builder.options_mut();
        // Both at once: an answer that is half private is refused whole.
        options.ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
        options.use_hosts_file = hosts;
        options.timeout = NAME_SERVER_TIMEOUT;
        options.max_active_requests = REQUESTS_MAX;
        options.positive_max_ttl = Some(TTL_MAX);
        options.negative_max_ttl = Some(NEGATIVE_TTL_MAX);
        options.cache_size = REMEMBERED_MAX;
        builder.build().map(Self).map_err(|error| ResolveError(error.to_string()))
    }
}

#[async_trait]
impl Resolve for DnsResolver {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let found = self.0.lookup_ip(absolute(name)?).await;
        let found = found.map_err(|error| ResolveError(reason(&error)))?;
        let addresses: Vec<_> = found.iter().take(ADDRESSES_MAX.saturating_add(1)).collect();
        match addresses.len() {
            0 => Err(ResolveError("the name has no addresses".to_owned())),
            len if len > ADDRESSES_MAX => {
                Err(ResolveError(format!("the name has more than {ADDRESSES_MAX} addresses")))
            }
            _ => Ok(addresses),
        }
    }

    async fn txt(&self, name: &str) -> Result<Vec<String>, ResolveError> {
        let found = match self.0.txt_lookup(absolute(name)?).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
            Err(error) => return Err(ResolveError(reason(&error))),
        };
        let text = |data: &RData| match data {
            RData::TXT(txt) => {
                let bytes = txt.txt_data.concat();
                (bytes.len() <= TXT_LEN_MAX).then(|| String::from_utf8(bytes).ok())?
            }
            _ => None,
        };
        let texts = found.answers().iter().filter_map(|record| text(&record.data));
        Ok(texts.take(TXT_RECORDS_MAX).collect())
    }
}

/// The name as it stands: no search list makes another of it.
fn absolute(name: &str) -> Result<Name, ResolveError> {
    let mut name = Name::from_ascii(name).map_err(|error| ResolveError(error.to_string()))?;
    name.set_fqdn(true);
    Ok(name)
}

fn reason(error: &NetError) -> String {
    match error {
        error if error.is_nx_domain() => "the name does not exist".to_owned(),
        error if error.is_no_records_found() => "the name has no addresses".to_owned(),
        NetError::Timeout => "the name servers do not answer".to_owned(),
        error => error.to_string(),
    }
}
