//! A name server and HTTP servers on this machine.

use axum::Router;
use farebox_net::{
    AddressPolicy, DnsResolver, Fetched, GuardError, GuardOptions, GuardedClient, Limits,
};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use url::Url;

/// What stands for a public address in these tests; other addresses of this machine stay private.
pub const PUBLIC: &str = "127.0.0.2";

/// Answers for each name: one list for each look-up, the last again and again.
#[derive(Default)]
pub struct Zone {
    addresses: HashMap<String, Vec<Vec<IpAddr>>>,
    texts: HashMap<String, Vec<Vec<String>>>,
    asked: HashMap<String, usize>,
}

#[derive(Clone)]
pub struct NameServer {
    pub address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
}

impl NameServer {
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let zone = Arc::new(Mutex::new(Zone::default()));
        let server = Self { address, zone };
        let own = server.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 1_500];
            while let Ok((len, from)) = socket.recv_from(&mut buffer).await {
                let query = Message::from_vec(&buffer[..len]).unwrap();
                let _ = socket.send_to(&own.answer(&query), from).await;
            }
        });
        server
    }

    /// The look-ups of `name` are answered with these lists of addresses, in order.
    pub fn serve(&self, name: &str, answers: &[&[&str]]) {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        self.zone.lock().unwrap().addresses.insert(format!("{name}."), answers);
    }

    pub fn serve_txt(&self, name: &str, records: &[&[&str]]) {
        let owned = |parts: &&[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
        let records = records.iter().map(owned).collect();
        self.zone.lock().unwrap().texts.insert(format!("{name}."), records);
    }

    /// How often the IPv4 addresses of a name were asked for.
    pub fn asked(&self, name: &str) -> usize {
        let zone = self.zone.lock().unwrap();
        zone.asked.get(&format!("{name}.")).copied().unwrap_or_default()
    }

    fn answer(&self, query: &Message) -> Vec<u8> {
        let mut zone = self.zone.lock().unwrap();
        let question = query.queries[0].clone();
        let name = question.name().to_string().to_ascii_lowercase();
        let kind = question.query_type();
        let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
        answer.add_query(question.clone());
        let asked = zone.asked.entry(name.clone()).or_default();
        let nth = *asked;
        *asked += usize::from(kind == RecordType::A);
        let nth = if kind == RecordType::A { nth } else { nth.saturating_sub(1) };
        let data: Vec<RData> = match kind {
            RecordType::TXT => {
                let records = zone.texts.get(&name).cloned().unwrap_or_default();
                records.into_iter().map(|parts| RData::TXT(TXT::new(parts))).collect()
            }
            _ => {
                let lists = zone.addresses.get(&name).cloned().unwrap_or_default();
                let list = lists.get(nth).or(lists.last()).cloned().unwrap_or_default();
                list.into_iter().map(RData::from).filter(|own| own.record_type() == kind).collect()
            }
        };
        if !zone.addresses.contains_key(&name) && !zone.texts.contains_key(&name) {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        if name.starts_with("broken.") {
            answer.metadata.response_code = ResponseCode::ServFail;
        }
        // No record lives on, so that every look-up is asked here.
        answer.add_answers(
            data.into_iter().map(|data| Record::from_rdata(question.name().clone(), 0, data)),
        );
        answer.to_vec().unwrap()
    }
}

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
