//! What every backend promises.

use crate::{History, NodeId};
use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wire::bolt11::Network;
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::time::Duration;

/// An invoice to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvoice {
    /// What the payer shall pay.
    pub amount: Msat,
    /// What it is for, up to 128 characters; the payer sees it.
    pub description: String,
    /// Seconds until the payee no longer takes the payment.
    pub expiry_s: u32,
}

/// An invoice that can be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedInvoice {
    /// The BOLT 11 text.
    pub bolt11: String,
    /// Names the payment.
    pub payment_hash: PaymentHash,
    /// Seconds since 1970.
    pub expires_at: u64,
}

/// What became of an invoice of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceStatus {
    /// Not paid yet.
    Open,
    /// Paid: the only state that is worth anything.
    Settled {
        /// What arrived.
        amount: Msat,
    },
    /// Not paid in time.
    Expired,
    /// Not an invoice of this wallet.
    Unknown,
}

/// How far the settlements of a wallet were read; starts at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettledCursor(pub u64);

/// Settlements after a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlements {
    /// Payment hashes, oldest first; each is reported at least once.
    pub hashes: Vec<PaymentHash>,
    /// Where to go on.
    pub next: SettledCursor,
}

/// A wallet that is paid.
#[async_trait]
pub trait Receiver: Send + Sync {
    /// Makes an invoice.
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError>;

    /// Says what became of an invoice.
    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError>;

    /// Waits up to `wait` for settlements after `cursor`.
    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError>;
}

/// Bounds of one payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayLimits {
    /// Routing fee at most; binding only where [`Capabilities::fee_limit`] is set.
    pub fee_max: Msat,
    /// How long to wait for the outcome before it is called pending.
    pub wait: Duration,
}

/// What came of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayOutcome {
    /// The preimage proves it.
    Paid {
        /// Checked against the payment hash.
        preimage: Preimage,
        /// The routing fee.
        fee: Msat,
    },
    /// May still be paid: ask [`Payer::status`], never pay again.
    Pending,
    /// Was not and will not be paid.
    Failed {
        /// Why.
        kind: FailureKind,
        /// In the wallet's words.
        reason: String,
    },
}

/// Why a payment failed for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The balance is too small.
    InsufficientBalance,
    /// No way to the payee within the fee limit.
    NoRoute,
    /// The payee no longer takes it, or never did.
    Refused,
    /// Anything else.
    Other,
}

/// What a wallet knows of a payment hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Paid, with proof.
    Paid {
        /// Checked against the payment hash.
        preimage: Preimage,
        /// The routing fee.
        fee: Msat,
    },
    /// Under way.
    Pending,
    /// Failed for certain.
    Failed {
        /// In the wallet's words.
        reason: String,
    },
    /// This wallet was never asked to pay it.
    NeverTried,
}

/// What a backend can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether [`PayLimits::fee_max`] binds.
    pub fee_limit: bool,
}

/// Who a wallet is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletInfo {
    /// The chain that it pays on.
    pub network: Network,
    /// What it can do.
    pub capabilities: Capabilities,
    /// The node behind it, where the wallet says so: whose invoices it cannot sensibly pay.
    pub node_id: Option<NodeId>,
}

/// A wallet that pays.
#[async_trait]
pub trait Payer: Send + Sync {
    /// Pays an invoice with an amount, at most once however often it is called.
    ///
    /// An error means that nothing was sent. Whenever that is not certain, the outcome is
    /// [`PayOutcome::Pending`].
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError>;

    /// Looks a payment up: the only way to resolve a pending one.
    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError>;

    /// What can be spent.
    async fn balance(&self) -> Result<Msat, WalletError>;

    /// Network and capabilities.
    async fn info(&self) -> Result<WalletInfo, WalletError>;

    /// The most that paying `amount` may cost on top of it, where the backend does not let
    /// callers limit the fee.
    fn worst_fee(&self, amount: Msat) -> Msat;
}

/// A wallet that is paid, pays and keeps a record, as all of them do.
pub trait Wallet: Payer + Receiver + History {}

impl<T: Payer + Receiver + History> Wallet for T {}

/// A wallet that could not answer; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletError {
    /// Nobody listens there.
    #[error("the wallet cannot be reached: {0}")]
    Unreachable(String),
    /// The password or key is wrong, or does not allow this.
    #[error("the wallet refused the password or key")]
    Unauthorized,
    /// The wallet refuses the request as such.
    #[error("the wallet refused: {0}")]
    Refused(String),
    /// The answer is not what its documentation says.
    #[error("the wallet gave an answer that cannot be read: {0}")]
    Unreadable(String),
}
