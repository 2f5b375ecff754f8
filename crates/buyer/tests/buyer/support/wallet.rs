//! A wallet in memory that makes invoices, pays them and misbehaves on command. It counts
//! every movement of money.

use async_trait::async_trait;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use farebox_money::Msat;
use farebox_wallet::{
    Capabilities, FailureKind, PayLimits, PayOutcome, Payer, PaymentStatus, WalletError, WalletInfo,
};
use farebox_wire::bolt11::{Invoice, Network};
use farebox_wire::lightning::{PaymentHash, Preimage};
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What goes wrong with the next payments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// Payments cannot be asked for; everything else works.
    Unreachable,
    /// Nobody listens at all.
    Gone,
    /// The payment fails for certain.
    Fails,
    /// Paid, but the answer to `pay` gets lost.
    LostReply,
    /// Under way until the fault is changed to [`Fault::None`].
    Holds,
    /// The request never reaches the wallet, which its caller cannot know.
    Swallowed,
    /// The preimages are made up.
    Lies,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Paid,
    Failed,
}

#[derive(Default)]
struct Ledger {
    invoices: HashMap<PaymentHash, (Preimage, Msat)>,
    sent: HashMap<PaymentHash, State>,
    /// Every time that money left, with the amount.
    payments: Vec<(PaymentHash, Msat)>,
    pay_calls: usize,
    fault: Fault,
}

/// Cheap to clone; clones are the same wallet.
#[derive(Clone)]
pub struct TestWallet {
    ledger: Arc<Mutex<Ledger>>,
    fee: Msat,
    fee_limit: bool,
}

/// An invoice to be made.
#[derive(Clone, Copy)]
pub struct Draft {
    pub amount: Option<Msat>,
    pub network: Network,
    pub created_s_ago: u64,
    pub expiry_s: u64,
}

impl Draft {
    pub fn sats(sats: u64) -> Self {
        let amount = Some(Msat::new(sats * 1_000));
        Self { amount, network: Network::Regtest, created_s_ago: 0, expiry_s: 600 }
    }
}

impl TestWallet {
    pub fn new() -> Self {
        Self::with_fee(Msat::ZERO, true)
    }

    /// Every payment costs `fee`; `fee_limit` is what the wallet claims of itself.
    pub fn with_fee(fee: Msat, fee_limit: bool) -> Self {
        Self { ledger: Arc::default(), fee, fee_limit }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub fn set(&self, fault: Fault) {
        self.ledger().fault = fault;
    }

    /// A new invoice that this wallet can pay.
    pub fn invoice(&self, draft: Draft) -> (String, PaymentHash) {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).unwrap();
        let preimage = Preimage::new(secret);
        let text = sign(draft, preimage);
        let amount = draft.amount.unwrap_or_default();
        self.ledger().invoices.insert(preimage.hash(), (preimage, amount));
        (text, preimage.hash())
    }

    /// Every movement of money, in order.
    pub fn payments(&self) -> Vec<(PaymentHash, Msat)> {
        self.ledger().payments.clone()
    }

    /// How often the wallet was asked to pay.
    pub fn pay_calls(&self) -> usize {
        self.ledger().pay_calls
    }

    pub fn is_settled(&self, hash: PaymentHash) -> bool {
        self.ledger().sent.get(&hash) == Some(&State::Paid)
    }
}

impl Ledger {
    fn settle(&mut self, hash: PaymentHash) {
        let (_, amount) = self.invoices[&hash];
        if self.sent.insert(hash, State::Paid) != Some(State::Paid) {
            self.payments.push((hash, amount));
        }
    }

    fn preimage(&self, hash: PaymentHash) -> Preimage {
        match self.fault {
            Fault::Lies => Preimage::new([9; 32]),
            _ => self.invoices[&hash].0,
        }
    }
}

#[async_trait]
impl Payer for TestWallet {
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError> {
        let hash = Invoice::decode(bolt11).unwrap().payment_hash;
        let mut ledger = self.ledger();
        ledger.pay_calls += 1;
        assert!(!limits.wait.is_zero());
        let paid = |ledger: &Ledger| {
            Ok(PayOutcome::Paid { preimage: ledger.preimage(hash), fee: self.fee })
        };
        match ledger.fault {
            Fault::Unreachable | Fault::Gone => Err(WalletError::Unreachable("no wallet".into())),
            Fault::Swallowed => Ok(PayOutcome::Pending),
            Fault::Fails => {
                ledger.sent.insert(hash, State::Failed);
                let reason = "no way to the payee".into();
                Ok(PayOutcome::Failed { kind: FailureKind::NoRoute, reason })
            }
            Fault::Holds => {
                ledger.sent.entry(hash).or_insert(State::Pending);
                Ok(PayOutcome::Pending)
            }
            Fault::LostReply => {
                ledger.settle(hash);
                Ok(PayOutcome::Pending)
            }
            Fault::None | Fault::Lies => {
                ledger.settle(hash);
                paid(&ledger)
            }
        }
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        let mut ledger = self.ledger();
        if ledger.fault == Fault::Gone {
            return Err(WalletError::Unreachable("no wallet".into()));
        }
        let state = ledger.sent.get(&hash).copied();
        if state == Some(State::Pending) && ledger.fault == Fault::None {
            ledger.settle(hash);
        }
        Ok(match ledger.sent.get(&hash) {
            None => PaymentStatus::NeverTried,
            Some(State::Pending) => PaymentStatus::Pending,
            Some(State::Failed) => PaymentStatus::Failed { reason: "no way".into() },
            Some(State::Paid) => {
                PaymentStatus::Paid { preimage: ledger.preimage(hash), fee: self.fee }
            }
        })
    }

    async fn balance(&self) -> Result<Msat, WalletError> {
        Ok(Msat::MAX)
    }

    async fn info(&self) -> Result<WalletInfo, WalletError> {
        if self.ledger().fault == Fault::Gone {
            return Err(WalletError::Unreachable("no wallet".into()));
        }
        let capabilities = Capabilities { fee_limit: self.fee_limit };
        Ok(WalletInfo { network: Network::Regtest, capabilities, node_id: None })
    }

    fn worst_fee(&self, _amount: Msat) -> Msat {
        self.fee
    }
}

fn sign(draft: Draft, preimage: Preimage) -> String {
    let key = SecretKey::from_slice(&[7; 32]).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let currency = match draft.network {
        Network::Bitcoin => Currency::Bitcoin,
        _ => Currency::Regtest,
    };
    let builder = InvoiceBuilder::new(currency)
        .description("a test".into())
        .payment_hash(sha256::Hash::from_byte_array(*preimage.hash().as_bytes()))
        .payment_secret(PaymentSecret([3; 32]))
        .duration_since_epoch(now - Duration::from_secs(draft.created_s_ago))
        .min_final_cltv_expiry_delta(144)
        .expiry_time(Duration::from_secs(draft.expiry_s))
        .basic_mpp();
    let builder = match draft.amount {
        Some(amount) => builder.amount_milli_satoshis(amount.get()),
        None => builder,
    };
    let sign = |message: &_| Secp256k1::new().sign_ecdsa_recoverable(message, &key);
    builder.build_signed(sign).unwrap().to_string()
}
