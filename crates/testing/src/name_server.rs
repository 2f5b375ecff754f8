//! A name server on this machine whose answers change from one look-up to the next.

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;

/// Answers for each name: one list for each look-up, the last again and again.
#[derive(Default)]
struct Zone {
    addresses: HashMap<String, Vec<Vec<IpAddr>>>,
    texts: HashMap<String, Vec<Vec<String>>>,
    asked: HashMap<String, usize>,
}

/// A name server on this machine, which says of each name what it was told.
#[derive(Clone)]
pub struct NameServer {
    /// Where it answers.
    pub address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
}

impl NameServer {
    /// One that knows no name yet.
    ///
    /// # Panics
    /// When no port is free.
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

    /// The look-ups of `name` are answered with these lists of addresses, in order; the
    /// last list again and again.
    ///
    /// # Panics
    /// When a text is no address.
    pub fn serve(&self, name: &str, answers: &[&[&str]]) {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        self.zone.lock().unwrap().addresses.insert(format!("{name}."), answers);
    }

    /// The TXT records of `name`, each in its parts.
    ///
    /// # Panics
    /// After another thread panicked in here.
    pub fn serve_txt(&self, name: &str, records: &[&[&str]]) {
        let owned = |parts: &&[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
        let records = records.iter().map(owned).collect();
        self.zone.lock().unwrap().texts.insert(format!("{name}."), records);
    }

    /// How often the IPv4 addresses of a name were asked for.
    ///
    /// # Panics
    /// After another thread panicked in here.
    #[must_use]
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
