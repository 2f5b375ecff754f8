//! A relay and a wallet service of Nostr Wallet Connect in one. Events are made, checked and
//! encrypted by a Nostr library that is none of Farebox's.

use super::Node;
use super::node::Payment;
use crate::bench::SECRET;
use crate::script::{Envelope, Fault};
use farebox_wallet::{Direction, FailureKind, InvoiceStatus, PaymentStatus, RecordState};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::PaymentHash;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use nostr::prelude::*;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// The time of the first settlement, in seconds since 1970; the next is a second later.
const FIRST_S: u64 = 1_795_000_000;
/// Rows of a list at most, whatever is asked for.
const ROWS_MAX: usize = 3;

type Sink = Arc<Mutex<SplitSink<WebSocketStream<TcpStream>, Message>>>;

/// What the wallet says that it understands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    Nip04,
    Both,
}

#[derive(Clone)]
struct Service {
    node: Node,
    keys: Keys,
    client: PublicKey,
    encryption: Encryption,
    requests: Arc<AtomicU64>,
}

/// Serves; returns the relay's address and the wallet's URL.
pub async fn open(node: Node, encryption: Encryption) -> (SocketAddr, String) {
    let client = Keys::parse(SECRET).unwrap().public_key();
    let service =
        Service { node, keys: Keys::generate(), client, encryption, requests: Arc::default() };
    let wallet = service.keys.public_key().to_hex();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(service.clone(), stream));
        }
    });
    let relay = format!("relay=ws://{address}");
    let url = format!("nostr+walletconnect://{wallet}?{relay}&secret={SECRET}&lud16=a@b.example");
    (address, url)
}

async fn converse(service: Service, stream: TcpStream) {
    let Ok(socket) = accept_async(stream).await else { return };
    let (sink, mut messages) = socket.split();
    let sink: Sink = Arc::new(Mutex::new(sink));
    let mut subscription = String::new();
    while let Some(Ok(message)) = messages.next().await {
        let Message::Text(text) = message else { continue };
        let message: Vec<Value> = serde_json::from_str(&text).unwrap();
        match message[0].as_str().unwrap() {
            "REQ" => {
                subscription = message[1].as_str().unwrap().to_owned();
                subscribe(&service, &sink, &subscription, &message[2]).await;
            }
            "EVENT" => {
                let event = Event::from_json(message[1].to_string()).unwrap();
                let (service, sink, name) = (service.clone(), sink.clone(), subscription.clone());
                tokio::spawn(async move { service.take(&sink, &name, event).await });
            }
            "CLOSE" => {}
            other => panic!("{other}"),
        }
    }
}

async fn tell(sink: &Sink, message: Value) {
    // The client may have gone.
    let _ = sink.lock().await.send(Message::text(message.to_string())).await;
}

async fn subscribe(service: &Service, sink: &Sink, name: &str, filter: &Value) {
    if filter["kinds"] == json!([13194]) {
        let builder = EventBuilder::new(Kind::Custom(13_194), "pay_invoice make_invoice");
        let builder = match service.encryption {
            Encryption::Both => builder.tag(Tag::parse(["encryption", "nip44_v2 nip04"]).unwrap()),
            Encryption::Nip04 => builder,
        };
        let info = builder.finalize(&service.keys).unwrap();
        tell(sink, json!(["EVENT", name, serde_json::from_str::<Value>(&info.as_json()).unwrap()]))
            .await;
    }
    tell(sink, json!(["EOSE", name])).await;
    if filter["kinds"] == json!([23_196, 23_197]) && !service.node.script.plan().is_silent {
        let (service, sink, name) = (service.clone(), sink.clone(), name.to_owned());
        tokio::spawn(async move { service.notify(&sink, &name).await });
    }
}

impl Service {
    /// Gives notice of every settlement from now on.
    async fn notify(&self, sink: &Sink, name: &str) {
        let mut known = self.node.settled(0, Duration::ZERO).await.len() as u64;
        self.node.script.sockets.fetch_add(1, Ordering::SeqCst);
        loop {
            known += self.node.settled(known, Duration::from_secs(3_600)).await.len() as u64;
            let tag = Tag::parse(["p", &self.client.to_hex()]).unwrap();
            let notice = EventBuilder::new(Kind::Custom(23_197), "encrypted").tag(tag);
            self.tell_event(sink, name, notice.finalize(&self.keys).unwrap()).await;
        }
    }

    async fn tell_event(&self, sink: &Sink, name: &str, event: Event) {
        let event: Value = serde_json::from_str(&event.as_json()).unwrap();
        tell(sink, json!(["EVENT", name, event])).await;
    }

    /// Takes a request and answers it as the script says.
    async fn take(&self, sink: &Sink, name: &str, event: Event) {
        event.verify().unwrap();
        assert_eq!(event.kind, Kind::Custom(23_194));
        tell(sink, json!(["OK", event.id.to_hex(), true, ""])).await;
        let body = self.decrypt(&event);
        let method = body["method"].as_str().unwrap();
        self.node.script.envelopes.lock().unwrap().push(Envelope {
            method: method.to_owned(),
            encryption: tag(&event, "encryption"),
            expires_in: expires_in(&event),
        });
        let fault = self.node.script.next(method == "pay_invoice");
        // Something by somebody else, which says that all is well.
        self.forge(sink, name, &event).await;
        let answer = match fault {
            _ if method == "pay_invoice" && self.node.script.plan().fails_in_success => {
                self.node.pay(body["params"]["invoice"].as_str().unwrap(), None).await;
                Err(("PAYMENT_FAILED", "no route".to_owned()))
            }
            Some(Fault::Broken) => Err(("INTERNAL", "database is locked".to_owned())),
            _ if event.pubkey != self.client => Err(("UNAUTHORIZED", "no such app".to_owned())),
            _ => self.carry_out(method, &body["params"]).await,
        };
        let body = match answer {
            Ok(result) => json!({"result_type": method, "error": null, "result": result}),
            Err((code, message)) => json!({
                "result_type": method, "error": {"code": code, "message": message},
                "result": self.beside_an_error(),
            }),
        };
        match fault {
            Some(Fault::Hang) => {}
            Some(Fault::Reset) => drop(sink.lock().await.close().await),
            Some(Fault::Garbage) => self.answer(sink, name, &event, "garbage".into()).await,
            Some(Fault::Huge) => {
                let text = Message::text(" ".repeat(9 << 20));
                // The client hangs up before the end.
                let _ = sink.lock().await.send(text).await;
                let content = self.encrypt(&event, &body.to_string());
                self.answer(sink, name, &event, content).await;
            }
            Some(Fault::Broken) | None => {
                let content = self.encrypt(&event, &body.to_string());
                self.answer(sink, name, &event, content).await;
            }
        }
    }

    /// Some wallets fill in a result in any case.
    fn beside_an_error(&self) -> Value {
        match self.node.script.plan().fails_in_success {
            true => json!({"preimage": "0".repeat(64), "fees_paid": 0}),
            false => Value::Null,
        }
    }

    async fn forge(&self, sink: &Sink, name: &str, request: &Event) {
        let stranger = Keys::generate();
        let body = json!({"result_type": "pay_invoice", "result": {"preimage": "0".repeat(64)}});
        let content = stranger.nip44_encrypt(&request.pubkey, &body.to_string()).unwrap();
        let tag = Tag::parse(["e", &request.id.to_hex()]).unwrap();
        let forged = EventBuilder::new(Kind::Custom(23_195), content).tag(tag);
        let forged = forged.finalize(&stranger).unwrap();
        let mut claimed: Value = serde_json::from_str(&forged.as_json()).unwrap();
        tell(sink, json!(["EVENT", name, claimed])).await;
        // The same in the wallet's name, with the id that fits and a signature that does not.
        let wallet = self.keys.public_key();
        let (at, kind) = (&forged.created_at, &forged.kind);
        let id = EventId::compute(&wallet, at, kind, &forged.tags, &forged.content);
        claimed["pubkey"] = wallet.to_hex().into();
        claimed["id"] = id.to_hex().into();
        tell(sink, json!(["EVENT", name, claimed])).await;
    }

    async fn answer(&self, sink: &Sink, name: &str, request: &Event, content: String) {
        let tags = [["p", &request.pubkey.to_hex()], ["e", &request.id.to_hex()]];
        let tags = tags.map(|tag| Tag::parse(tag).unwrap());
        let answer = EventBuilder::new(Kind::Custom(23_195), content).tags(tags);
        self.tell_event(sink, name, answer.finalize(&self.keys).unwrap()).await;
    }

    fn decrypt(&self, event: &Event) -> Value {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let text = match self.encryption {
            Encryption::Both => {
                assert_eq!(tag(event, "encryption").as_deref(), Some("nip44_v2"));
                self.keys.nip44_decrypt(&event.pubkey, &event.content).unwrap()
            }
            Encryption::Nip04 => self.keys.nip04_decrypt(&event.pubkey, &event.content).unwrap(),
        };
        serde_json::from_str(&text).unwrap()
    }

    fn encrypt(&self, request: &Event, text: &str) -> String {
        match self.encryption {
            Encryption::Both => self.keys.nip44_encrypt(&request.pubkey, text).unwrap(),
            Encryption::Nip04 => self.keys.nip04_encrypt(&request.pubkey, text).unwrap(),
        }
    }

    async fn carry_out(&self, method: &str, params: &Value) -> Outcome {
        let node = &self.node;
        match method {
            "get_info" => Ok(json!({
                "alias": "play", "pubkey": node.id(), "network": "regtest", "methods": [],
            })),
            "get_balance" => Ok(json!({"balance": node.balance_msat().await})),
            "make_invoice" => {
                let (msat, expiry) = (params["amount"].as_u64(), params["expiry"].as_u64());
                let text = params["description"].as_str().unwrap();
                let expiry = u32::try_from(expiry.unwrap()).unwrap();
                let created = node.invoice(msat.unwrap(), text, expiry).await;
                Ok(json!({"type": "incoming", "invoice": created.bolt11}))
            }
            "pay_invoice" => self.pay(params["invoice"].as_str().unwrap()).await,
            "lookup_invoice" => {
                let hash = params["payment_hash"].as_str().unwrap().parse().unwrap();
                let found = self.find(hash).await;
                found.ok_or_else(|| ("NOT_FOUND", "transaction not found".into()))
            }
            "list_transactions" => Ok(self.list(params).await),
            _ => Err(("NOT_IMPLEMENTED", method.into())),
        }
    }

    async fn pay(&self, bolt11: &str) -> Outcome {
        Invoice::decode(bolt11).unwrap();
        match self.node.pay(bolt11, None).await {
            Payment::Paid(preimage) => Ok(json!({
                "preimage": preimage.reveal_hex(), "fees_paid": self.node.fee_msat(),
            })),
            Payment::AlreadyPaid => Err(("INTERNAL", "invoice has already been paid".into())),
            Payment::InTransition => Err(("PAYMENT_FAILED", "payment is in progress".into())),
            Payment::Failed(FailureKind::InsufficientBalance, reason) => {
                Err(("INSUFFICIENT_BALANCE", reason))
            }
            Payment::Failed(_, reason) => Err(("PAYMENT_FAILED", reason)),
            Payment::FailedInSuccess => Err(("PAYMENT_FAILED", "no route".into())),
        }
    }

    async fn find(&self, hash: PaymentHash) -> Option<Value> {
        let outgoing = |state: &str| {
            json!({
                "type": "outgoing", "state": state, "payment_hash": hash, "amount": 1_000,
                "created_at": FIRST_S,
            })
        };
        match self.node.status(hash).await {
            PaymentStatus::Paid { preimage, fee } => {
                let mut row = outgoing("settled");
                row["preimage"] = preimage.reveal_hex().into();
                row["fees_paid"] = fee.get().into();
                Some(row)
            }
            PaymentStatus::Pending => Some(outgoing("pending")),
            PaymentStatus::Failed { .. } => Some(outgoing("failed")),
            PaymentStatus::NeverTried => {
                let (state, msat) = match self.node.look_up(hash).await {
                    InvoiceStatus::Open => ("pending", 1_000),
                    InvoiceStatus::Settled { amount } => ("settled", amount.get()),
                    InvoiceStatus::Expired => ("expired", 1_000),
                    InvoiceStatus::Unknown => return None,
                };
                Some(json!({
                    "type": "incoming", "state": state, "payment_hash": hash, "amount": msat,
                }))
            }
        }
    }

    /// What was received, the latest first; fewer rows than were asked for.
    async fn list(&self, params: &Value) -> Value {
        if params["type"] == "outgoing" {
            return self.sent(params).await;
        }
        assert_eq!((&params["type"], &params["unpaid"]), (&"incoming".into(), &false.into()));
        let from = params["from"].as_u64().unwrap_or_default();
        let settled = self.node.settled(0, Duration::ZERO).await;
        let records = self.node.records(Direction::Received).await;
        let times = if self.node.script.plan().settlements_twice { 2 } else { 1 };
        let rows = settled.into_iter().rev().map(|(index, hash)| {
            let record = records.iter().find(|record| record.payment_hash == hash).unwrap();
            json!({
                "type": "incoming", "state": "settled", "payment_hash": hash,
                "amount": record.amount, "description": record.description,
                "created_at": FIRST_S + index - 1, "settled_at": FIRST_S + index,
            })
        });
        let rows = rows.filter(|row| row["created_at"].as_u64().unwrap() >= from);
        let rows = rows.flat_map(|row| std::iter::repeat_n(row, times));
        page(rows, params)
    }

    /// What was sent, the latest first, however it ended.
    async fn sent(&self, params: &Value) -> Value {
        assert_eq!(params["unpaid"], true);
        let records = self.node.records(Direction::Sent).await.into_iter();
        let rows = records.map(|record| {
            let (state, fee) = match record.state {
                RecordState::Paid => ("settled", self.node.fee_msat()),
                RecordState::Pending => ("pending", 0),
                RecordState::Failed => ("failed", 0),
            };
            json!({
                "type": "outgoing", "state": state, "payment_hash": record.payment_hash,
                "amount": record.amount, "fees_paid": fee, "created_at": record.at,
                "description": record.description,
            })
        });
        page(rows, params)
    }
}

/// The rows that are asked for, and fewer.
fn page(rows: impl Iterator<Item = Value>, params: &Value) -> Value {
    let limit = usize::try_from(params["limit"].as_u64().unwrap()).unwrap().min(ROWS_MAX);
    let offset = usize::try_from(params["offset"].as_u64().unwrap()).unwrap();
    json!({"transactions": rows.skip(offset).take(limit).collect::<Vec<_>>()})
}

type Outcome = Result<Value, (&'static str, String)>;

/// Seconds from when it was written.
fn expires_in(event: &Event) -> Option<u64> {
    let at: u64 = tag(event, "expiration")?.parse().ok()?;
    at.checked_sub(event.created_at.as_secs())
}

fn tag(event: &Event, name: &str) -> Option<String> {
    let tags = event.tags.iter().map(|tag| tag.as_slice());
    tags.filter(|tag| tag[0] == name).map(|tag| tag[1].clone()).next()
}
