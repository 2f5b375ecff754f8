//! What the buyer remembers: purchases, what they count against the budget, questions to its
//! human, receipts and tokens.

mod approvals;
mod authority;
mod ending;
mod purchase;
mod purchases;
mod receipts;
mod spends;
mod sums;
mod token_list;
mod tokens;
mod transfer;
mod transfers;

use crate::offer::LightningScheme;
use farebox_money::Msat;
use farebox_store::{Database, DatabaseOptions, OpenError, Schema, StoreError};
use farebox_wire::l402::Scheme;
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use authority::{Authority, Verdict};
pub use purchase::PurchaseState;
pub(crate) use purchase::{Answer, Claim, Intent, Payment, Purchase};
pub use sums::Reservation;
pub(crate) use sums::Sums;
pub use token_list::StoredToken;
pub(crate) use tokens::{Token, TokenUse};
pub use transfer::TransferState;
pub(crate) use transfer::{Signed, Transfer, TransferClaim, TransferIntent};

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// The buyer's database; several processes use it at the same time.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let schema =
            Schema { name: "buyer", sqlite: migrations::migrations::runner(), postgres: None };
        let database = Database::open(path, [schema], DatabaseOptions::Shared)?;
        Ok(Self { database })
    }
}

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.unwrap_or_default().as_secs()
}

fn seconds_to_db(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn seconds_from_db(seconds: i64) -> Result<u64, StoreError> {
    u64::try_from(seconds).map_err(|_| unreadable("a time"))
}

fn lightning_scheme_from_db(name: &str) -> Result<LightningScheme, StoreError> {
    let is_payment = name == LightningScheme::Payment.name();
    if is_payment { Ok(LightningScheme::Payment) } else { scheme_from_db(name).map(Into::into) }
}

fn scheme_from_db(name: &str) -> Result<Scheme, StoreError> {
    let schemes = [Scheme::L402, Scheme::Lsat];
    let scheme = schemes.into_iter().find(|scheme| scheme.name() == name);
    scheme.ok_or_else(|| unreadable("a payment scheme"))
}

fn hash_from_db(bytes: &[u8]) -> Result<PaymentHash, StoreError> {
    let bytes = bytes.try_into().map_err(|_| unreadable("a payment hash"))?;
    Ok(PaymentHash::new(bytes))
}

fn preimage_from_db(bytes: &[u8]) -> Result<Preimage, StoreError> {
    let bytes = bytes.try_into().map_err(|_| unreadable("a preimage"))?;
    Ok(Preimage::new(bytes))
}

fn money(msat: i64) -> Result<Msat, StoreError> {
    Msat::from_db(msat).ok_or_else(|| unreadable("an amount"))
}

/// A row that is not in the state which its change starts from was changed by somebody else,
/// against the lock: nothing may be built on it.
fn exactly_one(changed: usize) -> Result<(), StoreError> {
    if changed == 1 {
        Ok(())
    } else {
        Err(unreadable("a purchase that another process has changed"))
    }
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(what.to_owned())
}
