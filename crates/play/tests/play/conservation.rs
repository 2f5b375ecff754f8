//! Whatever happens at the same time, no money appears or disappears.

use crate::common::sat;
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_wallet::{CreatedInvoice, NewInvoice, PayLimits, PayOutcome, Payer, Receiver};
use futures_util::future::join_all;
use proptest::prelude::*;
use std::time::Duration;

const WALLETS: usize = 3;
const INVOICES: usize = 6;
const FUNDS_SATS: u64 = 100;

/// One thing that happens; wallets and invoices by their numbers.
#[derive(Clone, Debug)]
enum Event {
    Pay { payer: usize, invoice: usize },
    Impatient { payer: usize, invoice: usize },
    Fund { wallet: usize },
    Fail,
    Hold,
    Release,
    Slow { before: bool },
    Expire,
    Prune,
}

fn event() -> impl Strategy<Value = Event> {
    let payer = 0..WALLETS;
    let invoice = 0..INVOICES;
    prop_oneof![
        8 => (payer.clone(), invoice.clone())
            .prop_map(|(payer, invoice)| Event::Pay { payer, invoice }),
        4 => (payer.clone(), invoice)
            .prop_map(|(payer, invoice)| Event::Impatient { payer, invoice }),
        1 => payer.prop_map(|wallet| Event::Fund { wallet }),
        1 => Just(Event::Fail),
        1 => Just(Event::Hold),
        2 => Just(Event::Release),
        1 => any::<bool>().prop_map(|before| Event::Slow { before }),
        1 => Just(Event::Expire),
        1 => Just(Event::Prune),
    ]
}

struct World {
    network: PlayNetwork,
    wallets: Vec<PlayWallet>,
    invoices: Vec<(usize, u64, CreatedInvoice)>,
}

impl World {
    async fn happen(&self, event: Event) -> Option<(usize, usize)> {
        let faults = self.network.faults();
        match event {
            Event::Pay { payer, invoice } => return self.pay(payer, invoice, 300).await,
            Event::Impatient { payer, invoice } => return self.pay(payer, invoice, 0).await,
            Event::Fund { wallet } => {
                let funded = self.wallets[wallet].fund_once("again", sat(FUNDS_SATS));
                funded.await.unwrap();
            }
            Event::Fail => faults.fail_next("bad luck"),
            Event::Hold => faults.hold(),
            Event::Release => faults.release(),
            Event::Slow { before: true } => faults.delay_before_settling(Duration::from_millis(2)),
            Event::Slow { before: false } => faults.delay_after_settling(Duration::from_millis(2)),
            Event::Expire => self.network.clock().advance(Duration::from_secs(25)),
            Event::Prune => {
                self.network.prune().await.unwrap();
            }
        }
        None
    }

    /// Returns who paid what when the wallet said so.
    async fn pay(&self, payer: usize, invoice: usize, wait_ms: u64) -> Option<(usize, usize)> {
        let limits = PayLimits { wait: Duration::from_millis(wait_ms), ..crate::common::LIMITS };
        let (_, _, created) = &self.invoices[invoice];
        match self.wallets[payer].pay(&created.bolt11, limits).await {
            Ok(PayOutcome::Paid { preimage, .. }) => {
                assert_eq!(preimage.hash(), created.payment_hash);
                Some((payer, invoice))
            }
            Ok(PayOutcome::Pending | PayOutcome::Failed { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    async fn assert_conserved(&self) {
        let totals = self.network.totals().await.unwrap();
        assert_eq!(totals.minted, totals.balances);
    }
}

async fn world() -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let network = crate::common::open(folder.path()).await;
    let mut wallets = Vec::new();
    for number in 0..WALLETS {
        let wallet = network.wallet(&number.to_string()).await.unwrap();
        wallet.fund_once("first", sat(FUNDS_SATS)).await.unwrap();
        wallets.push(wallet);
    }
    let mut invoices = Vec::new();
    for number in 0..INVOICES {
        let (payee, sats) = (number % WALLETS, 20 + 15 * number as u64);
        let invoice = NewInvoice { amount: sat(sats), description: String::new(), expiry_s: 60 };
        let created = wallets[payee].create(invoice).await.unwrap();
        invoices.push((payee, sats, created));
    }
    let world = World { network, wallets, invoices };
    (world, folder)
}

async fn check(events: Vec<Event>) {
    let (world, _folder) = world().await;
    let mut paid = Vec::new();
    for at_once in events.chunks(8) {
        let happening = at_once.iter().cloned().map(|event| world.happen(event));
        paid.extend(join_all(happening).await.into_iter().flatten());
        world.assert_conserved().await;
    }
    world.network.faults().release();
    paid.sort_unstable();
    paid.dedup();
    for (invoice, (payee, ..)) in world.invoices.iter().enumerate() {
        let payers = paid.iter().filter(|(_, paid)| *paid == invoice);
        let payers: Vec<_> = payers.map(|(payer, _)| payer).collect();
        assert!(payers.len() <= 1, "{payers:?} all paid invoice {invoice}");
        assert!(!payers.contains(&payee), "{payee} paid itself");
    }
    world.assert_conserved().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn money_is_conserved(events in prop::collection::vec(event(), 1..48)) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(check(events));
    }
}
