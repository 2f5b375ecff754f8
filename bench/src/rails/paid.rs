//! Paid requests, each with a payment of its own that was made before: what a sale costs once the
//! money is there. Every answer waits until its payment is marked as used on the disk.

use crate::client::{Connection, get, post};
use crate::http_load::{Target, alternate_shares};
use crate::process::Program;
use crate::report::{Figure, Group};
use crate::{Args, Failed, facilitators, shop, unpaid};
use base64::{Engine, engine::general_purpose::STANDARD};
use farebox_bench::journal;
use farebox_wire::lightning::Preimage;
use farebox_wire::mpp::methods::lightning::{self, LightningCharge};
use farebox_wire::mpp::{Credential, parse_challenges};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Payments that are made at the same time: fewer than one client may have open.
const BUYERS: usize = 8;
const PAID: u16 = 200;
const UNPAID: u16 = 402;
const PAUSE: Duration = Duration::from_millis(200);

/// How a payment is asked for and shown.
#[derive(Clone, Copy)]
enum Way {
    L402,
    Mpp,
}

pub async fn measure(args: &Args) -> Result<Group, Failed> {
    let folder = tempfile::tempdir_in(&args.folder)?;
    let mut shop = unpaid::start_shop(folder.path())?;
    let address = shop.address().await?;
    let wallet = shop.address().await?;
    let buyer = Buyer { wallet: wallet.into(), payments: args.payments };

    let l402 = buyer.buy_all(&address, "/l402", Way::L402, args.payments).await?;
    let mpp = buyer.buy_all(&address, "/mpp", Way::Mpp, args.payments).await?;
    let hour = buyer.buy_all(&address, "/hour", Way::L402, 1).await?;
    let hour = hour.into_iter().next().ok_or("no token")?;
    let mut targets = vec![
        (Target::once_each("farebox: L402, a token each", &address, PAID, l402), &shop),
        (Target::once_each("farebox: MPP lightning, a payment each", &address, PAID, mpp), &shop),
        (Target::same("farebox: L402, one token for an hour", &address, PAID, hour), &shop),
        (Target::same("farebox: a free route", &address, PAID, get(&address, "/free", &[])), &shop),
    ];
    let peer = match args.without_peers {
        true => None,
        false => Some(peer(&buyer, &address, folder.path()).await?),
    };
    if let Some((_, program, target)) = &peer {
        targets.push((target.clone(), program));
    }
    let mut rows = alternate_shares(args, &targets, args.connections, args.payments).await?;
    rows.push(("limit: a journal record, flushed".to_owned(), disk(args, folder.path()).await?));
    let title = format!("paid requests over HTTP, {} connections", args.connections);
    Ok(Group { title, rows })
}

/// What the disk does for as many callers as there are connections. A sale waits for it twice.
async fn disk(args: &Args, folder: &Path) -> Result<Figure, Failed> {
    let journal = journal::run(&folder.join("journal"), args.connections, args.turn()).await;
    let (done, elapsed) = journal.map_err(|error| error.to_string())?.total();
    Ok(Figure { done: u64::try_from(done)?, elapsed, ..Figure::default() })
}

/// A seller by mppx, whose payments arrive at the wallet of the same shop. It keeps what was used
/// in memory.
async fn peer(
    buyer: &Buyer,
    shop: &str,
    folder: &Path,
) -> Result<(facilitators::Chain, Program, Target), Failed> {
    let chain = facilitators::Chain::start(folder).await?;
    let mut mppx = unpaid::node("mpp", "seller.mjs", "mppx", folder, |command| {
        command.env("EVM_RPC", &chain.rpc).env("DEMO", format!("http://{shop}"));
    })?;
    let address = mppx.address().await?;
    let requests = buyer.buy_all(&address, "/lightning", Way::Mpp, buyer.payments).await?;
    let name = "mppx: MPP lightning, a payment each, in memory";
    Ok((chain, mppx, Target::once_each(name, &address, PAID, requests)))
}

#[derive(Clone)]
struct Buyer {
    wallet: Arc<str>,
    payments: usize,
}

impl Buyer {
    /// Buys something `len` times: the requests that are paid, not yet sent.
    async fn buy_all(
        &self,
        shop: &str,
        path: &str,
        way: Way,
        len: usize,
    ) -> Result<Vec<Vec<u8>>, Failed> {
        eprintln!("making {len} payments for {shop}{path}");
        let buyers = (0..BUYERS).map(|first| {
            let (buyer, shop, path) = (self.clone(), shop.to_owned(), path.to_owned());
            let numbers = (first..len).step_by(BUYERS);
            tokio::spawn(async move { buyer.buy(&shop, &path, way, numbers).await })
        });
        let mut requests = Vec::new();
        for buyer in buyers.collect::<Vec<_>>() {
            requests.extend(buyer.await??);
        }
        Ok(requests)
    }

    async fn buy(
        &self,
        shop: &str,
        path: &str,
        way: Way,
        numbers: impl Iterator<Item = usize>,
    ) -> Result<Vec<Vec<u8>>, Failed> {
        let mut seller = Connection::open(shop).await?;
        let mut wallet = Connection::open(&self.wallet).await?;
        let mut requests = Vec::new();
        for number in numbers {
            let path = format!("{path}?city={number}");
            let asked = get(shop, &path, &[]);
            // Who pays faster than the wallet reports it has to wait before the next invoice.
            let mut answer = seller.exchange(&asked).await?;
            while answer.status != UNPAID {
                tokio::time::sleep(PAUSE).await;
                answer = seller.exchange(&asked).await?;
            }
            let authorization = match way {
                Way::L402 => {
                    let body = answer.json()?;
                    let text = |key: &str| body.get(key).and_then(Value::as_str);
                    let (token, invoice) = text("macaroon").zip(text("invoice")).ok_or("no 402")?;
                    let preimage = self.pay(&mut wallet, invoice).await?;
                    format!("L402 {token}:{}", preimage.reveal_hex())
                }
                Way::Mpp => {
                    let lines = answer.header("www-authenticate");
                    let offered = parse_challenges(&lines).into_iter().filter_map(Result::ok);
                    let mut offered = offered.filter(|one| one.method == lightning::METHOD);
                    let challenge = offered.next().ok_or("no lightning challenge")?;
                    let charge = LightningCharge::decode(&challenge.request)?;
                    let preimage = self.pay(&mut wallet, &charge.invoice_text).await?;
                    let payload = lightning::payload(&preimage);
                    Credential { challenge, source: None, payload }.render()?
                }
            };
            requests.push(get(shop, &path, &[("authorization", &authorization)]));
        }
        Ok(requests)
    }

    async fn pay(&self, wallet: &mut Connection, invoice: &str) -> Result<Preimage, Failed> {
        let password = STANDARD.encode(format!(":{}", shop::PASSWORD));
        let headers = [
            ("authorization", &*format!("Basic {password}")),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let asked = post(&self.wallet, "/payinvoice", &headers, &format!("invoice={invoice}"));
        let answer = wallet.exchange(&asked).await?.json()?;
        let preimage = answer.get("paymentPreimage").and_then(Value::as_str);
        let preimage = preimage.ok_or_else(|| format!("not paid: {answer}"))?;
        Ok(preimage.parse()?)
    }
}
