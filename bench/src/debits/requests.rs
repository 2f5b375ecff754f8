//! Debits as a paid request makes them: an amount is set aside, then taken. Two waits for the
//! disk each.

use async_trait::async_trait;
use farebox_accounts::{Accounts, ClaimRequest, Token, TokenKey};
use farebox_bench::load::{self, Figure};
use farebox_ledger::verify;
use farebox_money::{Msat, Sats};
use farebox_store::lease::Instance;
use farebox_store::{Location, Store};
use farebox_wallet::{
    CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, SettledCursor, Settlements, WalletError,
};
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const FUNDS: Sats = Sats::new(1_000_000);
const PRICE: Msat = Msat::new(10);

/// A node whose invoices are paid as soon as they are made.
#[derive(Default)]
struct PaidNode {
    made: AtomicU64,
}

fn preimage(number: u64) -> Preimage {
    let mut bytes = [0; 32];
    for (byte, value) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *byte = value;
    }
    Preimage::new(bytes)
}

#[async_trait]
impl Receiver for PaidNode {
    async fn create(&self, _: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let payment_hash = preimage(self.made.fetch_add(1, Ordering::Relaxed)).hash();
        Ok(CreatedInvoice { bolt11: String::new(), payment_hash, expires_at: u32::MAX.into() })
    }

    async fn lookup(&self, _: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        Ok(InvoiceStatus::Settled { amount: FUNDS.to_msat().unwrap_or_default() })
    }

    async fn settled_since(
        &self,
        cursor: SettledCursor,
        _: Duration,
    ) -> Result<Settlements, WalletError> {
        Ok(Settlements { hashes: Vec::new(), next: cursor })
    }
}

pub async fn run(
    location: Location,
    accounts_len: usize,
    callers: usize,
    time: Duration,
) -> Result<Figure, Box<dyn Error>> {
    let schemas =
        vec![farebox_store::schema(), farebox_ledger::schema(), farebox_accounts::schema()];
    let store = Store::open(location, schemas).await?;
    let instance = Instance::start(store.clone()).await?;
    let node = Arc::new(PaidNode::default());
    let key = TokenKey::new([7; 32]);
    let accounts = Accounts::open(store.clone(), instance, node, key).await?;
    let tokens = Arc::new(fund(&accounts, accounts_len).await?);
    let number = AtomicU64::new(0);
    let figure = load::run(callers, time, move |_| {
        let number = number.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (accounts, tokens) = (accounts.clone(), Arc::clone(&tokens));
        async move {
            let index = usize::try_from(number % tokens.len() as u64).unwrap_or(0);
            let token = tokens.get(index).ok_or("no token")?;
            let hold = accounts.reserve(token, "bench", PRICE).await;
            let hold = hold.map_err(|error| error.to_string())?;
            accounts.end_hold(hold, PRICE).await.map(|_| ()).map_err(|error| error.to_string())
        }
    })
    .await?;
    let report = store.read(verify).await?;
    match report.findings.first() {
        Some(finding) => Err(format!("the books are wrong: {finding}").into()),
        None => Ok(figure),
    }
}

async fn fund(accounts: &Accounts, len: usize) -> Result<Vec<Token>, Box<dyn Error>> {
    let claims = (0..len as u64).map(|number| {
        let accounts = accounts.clone();
        tokio::spawn(async move {
            let client = format!("client-{number}");
            accounts.topup(FUNDS, None, &client).await.map_err(|error| error.to_string())?;
            let request = ClaimRequest {
                preimage: preimage(number),
                token: None,
                idempotency_key: None,
                client,
            };
            Ok::<_, String>(request)
        })
    });
    let mut requests = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        requests.push(claim.await??);
    }
    let claims = requests.into_iter().map(|request| {
        let accounts = accounts.clone();
        tokio::spawn(
            async move { accounts.claim(request).await.map_err(|error| error.to_string()) },
        )
    });
    let mut tokens = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        tokens.push(claim.await??.token);
    }
    Ok(tokens)
}
