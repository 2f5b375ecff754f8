//! From intent to proof of payment. The wallet is asked to pay one invoice only, and what is
//! not certain is looked up and never paid again.

use crate::BuyError;
use crate::backoff::Backoff;
use crate::buyer::Wallet;
use crate::error::PaidFacts;
use crate::observer::Step;
use crate::offer::LightningScheme;
use crate::policy;
use crate::request::origin_of;
use crate::run::Run;
use crate::store::{Purchase, PurchaseState, now_s};
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_wallet::{PayLimits, PayOutcome, PaymentStatus, WalletError};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::Preimage;
use farebox_wire::mpp::Challenge;
use std::time::Duration;
use tokio::time::Instant;

/// The wallet keeps its own time while it pays; only past this much more is it given up on.
const PAY_GRACE: Duration = Duration::from_secs(5);
const POLL_FIRST: Duration = Duration::from_millis(200);
const POLL_MAX: Duration = Duration::from_secs(2);

/// What is known of a payment.
enum Known {
    Paid {
        preimage: Preimage,
        fee: Msat,
    },
    /// Certain that nothing was and will be paid.
    Failed(String),
    /// Certain that the wallet was not asked yet.
    NotTried,
    /// May be paid now or later; with the reason why nobody can say.
    Unknown(Option<String>),
}

impl Run<'_> {
    /// Pays a purchase whose intent was written down a moment ago.
    pub(crate) async fn pay_new(&self, purchase: Purchase) -> Result<Purchase, BuyError> {
        let wallet = self.wallet_of(&purchase)?;
        let deadline = Instant::now() + self.limits.payment_timeout;
        let first = match self.pay(wallet, &purchase, deadline).await {
            Ok(known) => known,
            Err(error) => {
                // Never asked before and not asked now: the wallet cannot have paid.
                let note = error.to_string();
                self.buyer.store.record_failed(&purchase, &note).await?;
                return Err(BuyError::Wallet(error));
            }
        };
        let settled = self.settle(wallet, purchase, first, deadline).await?;
        settled.map_err(|failed| BuyError::PaymentFailed {
            amount: failed.purchase.amount,
            payment_hash: failed.purchase.payment_hash,
            reason: failed.reason,
        })
    }

    /// Finds out what became of an earlier intent; `None` when it ended without a payment.
    pub(crate) async fn resume_payment(
        &self,
        purchase: Purchase,
        give_up_other_wallet: bool,
    ) -> Result<Option<Purchase>, BuyError> {
        let wallet = match self.wallet_of(&purchase) {
            Err(BuyError::OtherWallet { began, .. }) if give_up_other_wallet => {
                let note = format!("given up on its user's word; {began} may have paid it");
                self.buyer.store.abandon(&purchase, &note).await?;
                return Ok(None);
            }
            wallet => wallet?,
        };
        let deadline = Instant::now() + self.limits.payment_timeout;
        let first = look_up(wallet, &purchase).await;
        let settled = self.settle(wallet, purchase, first, deadline).await?;
        Ok(settled.ok())
    }

    /// The configured wallet, if it is the one that this purchase was begun with.
    fn wallet_of(&self, purchase: &Purchase) -> Result<&Wallet, BuyError> {
        let wallet = self.buyer.wallet.as_ref();
        let same = wallet.filter(|wallet| wallet.name == purchase.wallet);
        same.ok_or_else(|| BuyError::OtherWallet {
            amount: purchase.amount,
            payment_hash: purchase.payment_hash,
            began: purchase.wallet.clone(),
        })
    }

    /// Follows a payment until it is paid or failed for certain, and writes that down.
    async fn settle(
        &self,
        wallet: &Wallet,
        mut purchase: Purchase,
        first: Known,
        deadline: Instant,
    ) -> Result<Result<Purchase, Unpaid>, BuyError> {
        let mut backoff = Backoff::new(POLL_FIRST, POLL_MAX);
        let mut known = first;
        loop {
            match known {
                Known::Paid { preimage, fee } => {
                    return self.record(purchase, preimage, fee).await.map(Ok);
                }
                Known::Failed(reason) => {
                    self.buyer.store.record_failed(&purchase, &reason).await?;
                    return Ok(Err(Unpaid { purchase, reason }));
                }
                Known::NotTried if is_dead(&purchase) => {
                    let reason = "its invoice expired before it was paid".to_owned();
                    self.buyer.store.record_expired(&purchase, &reason).await?;
                    purchase.state = PurchaseState::Abandoned;
                    return Ok(Err(Unpaid { purchase, reason }));
                }
                Known::NotTried if is_payable(&purchase) && Instant::now() < deadline => {
                    self.check_limits(wallet, &purchase).await?;
                    // An earlier attempt may still be on its way to the wallet, so that an
                    // error of this one says nothing of the payment.
                    let outcome = self.pay(wallet, &purchase, deadline).await;
                    known = outcome.unwrap_or_else(|error| Known::Unknown(Some(error.to_string())));
                }
                Known::NotTried | Known::Unknown(_) => {
                    let wait = backoff.next();
                    if wait > deadline.saturating_duration_since(Instant::now()) {
                        return Err(under_way(&purchase, known));
                    }
                    let payment_hash = purchase.payment_hash;
                    self.observer.step(&Step::PaymentPending { payment_hash });
                    tokio::time::sleep(wait).await;
                    known = look_up(wallet, &purchase).await;
                }
            }
        }
    }

    /// Decides anew before an invoice of an earlier run goes to the wallet: the limits of this
    /// run count, not those that it was chosen under.
    async fn check_limits(&self, wallet: &Wallet, purchase: &Purchase) -> Result<(), BuyError> {
        let invoice = Invoice::decode(&purchase.invoice);
        let invoice = invoice.map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let amount = policy::check_invoice(&invoice, self.limits, now_s())?;
        let info = wallet.payer.info().await.map_err(BuyError::Wallet)?;
        let worst_fee = wallet.payer.worst_fee(amount);
        policy::check_wallet(&invoice, amount, &info, worst_fee, self.limits)?;
        let spend = self.buyer.store.spend(purchase.payment_hash.to_string()).await?;
        self.authorise_again(spend).await
    }

    /// Hands the invoice to the wallet.
    async fn pay(
        &self,
        wallet: &Wallet,
        purchase: &Purchase,
        deadline: Instant,
    ) -> Result<Known, WalletError> {
        self.observer.step(&Step::Paying {
            amount: purchase.amount,
            seller: &seller(purchase),
            payment_hash: purchase.payment_hash,
        });
        let wait = deadline.saturating_duration_since(Instant::now());
        let limits = PayLimits { fee_max: purchase.fee_max.min(self.limits.fee_max), wait };
        let paying = wallet.payer.pay(&purchase.invoice, limits);
        Ok(match tokio::time::timeout(wait + PAY_GRACE, paying).await {
            Ok(outcome) => match outcome? {
                PayOutcome::Paid { preimage, fee } => Known::Paid { preimage, fee },
                PayOutcome::Pending => Known::Unknown(None),
                PayOutcome::Failed { reason, .. } => Known::Failed(reason),
            },
            Err(_) => Known::Unknown(Some("the wallet did not answer in time".to_owned())),
        })
    }

    /// Checks the proof and writes the payment down.
    async fn record(
        &self,
        mut purchase: Purchase,
        preimage: Preimage,
        fee: Msat,
    ) -> Result<Purchase, BuyError> {
        let payment_hash = purchase.payment_hash;
        if preimage.hash() != payment_hash {
            return Err(BuyError::FalsePreimage { amount: purchase.amount, payment_hash });
        }
        self.observer.step(&Step::PaidUnrecorded { payment_hash });
        let paid = PaidFacts { amount: purchase.amount, fee, payment_hash, paid_at: now_s() };
        let recorded = self.buyer.store.record_paid(&purchase, preimage, fee).await;
        let recorded = recorded.map_err(|error| BuyError::from(error).after(paid))?;
        purchase.payment = Some(recorded);
        purchase.state = PurchaseState::Paid;
        if fee > purchase.fee_max {
            let limit = purchase.fee_max;
            let warning = format!("the wallet paid a fee of {fee}, more than the limit of {limit}");
            self.observer.step(&Step::Warning(&warning));
        }
        self.observer.step(&Step::PaidRecorded {
            amount: purchase.amount,
            fee,
            seller: &seller(&purchase),
            payment_hash,
        });
        Ok(purchase)
    }
}

/// A purchase that ended without a payment.
struct Unpaid {
    purchase: Purchase,
    reason: String,
}

async fn look_up(wallet: &Wallet, purchase: &Purchase) -> Known {
    match wallet.payer.status(purchase.payment_hash).await {
        Ok(PaymentStatus::Paid { preimage, fee }) => Known::Paid { preimage, fee },
        Ok(PaymentStatus::Pending) => Known::Unknown(None),
        Ok(PaymentStatus::Failed { reason }) => Known::Failed(reason),
        Ok(PaymentStatus::NeverTried) => Known::NotTried,
        Err(error) => Known::Unknown(Some(error.to_string())),
    }
}

fn under_way(purchase: &Purchase, known: Known) -> BuyError {
    BuyError::PaymentUnderWay {
        amount: purchase.amount,
        payment_hash: purchase.payment_hash,
        reason: match known {
            Known::Unknown(reason) => reason,
            _ => None,
        },
    }
}

/// Host and port of whom a purchase pays.
fn seller(purchase: &Purchase) -> String {
    let origin = origin_of(&purchase.url);
    origin.split_once("://").map_or(origin.clone(), |(_, host)| host.to_owned())
}

fn is_payable(purchase: &Purchase) -> bool {
    let invoice = Invoice::decode(&purchase.invoice);
    invoice.is_ok_and(|invoice| policy::is_payable(&invoice, now_s())) && !is_over(purchase)
}

/// Whether the seller does not take the proof any more, by the challenge that it belongs to.
fn is_over(purchase: &Purchase) -> bool {
    purchase.scheme == LightningScheme::Payment
        && serde_json::from_str::<Challenge>(&purchase.token)
            .is_ok_and(|challenge| challenge.is_expired(now_s(), 0))
}

fn is_dead(purchase: &Purchase) -> bool {
    Invoice::decode(&purchase.invoice).is_ok_and(|invoice| policy::is_dead(&invoice, now_s()))
}
