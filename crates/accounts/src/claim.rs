//! From the preimage of a paid top-up to a token.
//!
//! A preimage proves a payment, but every node on the payment's way learns it too. So the first
//! claim gets the token; a repeat gets it again only with the key that the first one showed, or
//! for a short time from the same address, and never after the token was used.

use crate::basics::{available, now_ms, now_s, unreadable, user};
use crate::topup::{TopupRow, find, topup_event};
use crate::{AccountError, Accounts, Token, tokens};
use farebox_ledger::{events, writer};
use farebox_money::Msat;
use farebox_store::{Transaction, outbox, params};
use farebox_wire::lightning::{PaymentHash, Preimage};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a repeat with the same key gets the token again, in seconds.
const REPEAT_WITH_KEY_S: u64 = 24 * 3_600;
/// How long a repeat from the same address does, in seconds.
const REPEAT_FROM_CLIENT_S: u64 = 120;

/// A claim as it arrives.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The proof of payment.
    pub preimage: Preimage,
    /// The token whose account was refilled, where it is a refill.
    pub token: Option<Token>,
    /// The `Idempotency-Key`, where one was sent.
    pub idempotency_key: Option<String>,
    /// Who asks.
    pub client: String,
}

/// What a claim gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The token of the account: a new one, or the one that was refilled.
    pub token: Token,
    /// What the account has now.
    pub balance: Msat,
}

impl Accounts {
    /// Turns a paid top-up into a token, or reports a refill.
    ///
    /// # Errors
    /// [`AccountError`]; a claim that is refused changes nothing.
    pub async fn claim(&self, request: ClaimRequest) -> Result<Claimed, AccountError> {
        self.check_open()?;
        let hash = request.preimage.hash();
        let row = self.store.read(move |transaction| find(transaction, hash)).await?;
        let row = row.ok_or(AccountError::InvalidPayment)?;
        if row.state == "pending" && !self.settle(hash).await? {
            let expired = now_s() >= row.expires_at;
            let error =
                if expired { AccountError::InvoiceExpired } else { AccountError::PaymentPending };
            return Err(error);
        }
        if row.account.is_some() {
            return self.claim_refill(row, request).await;
        }
        let token = Token::of_claim(self.key.as_bytes(), hash, &request.preimage);
        let digest = token.digest();
        let claim = Claim { hash, digest, request };
        let book = move |transaction: &Transaction<'_>| {
            let booked = claim.book(transaction);
            crate::crash_point("claim_before_commit");
            booked
        };
        let balance = self.store.write(book).await?;
        crate::crash_point("claim_after_commit");
        Ok(Claimed { token, balance })
    }

    async fn claim_refill(
        &self,
        row: TopupRow,
        request: ClaimRequest,
    ) -> Result<Claimed, AccountError> {
        let token = request.token.ok_or(AccountError::MissingToken)?;
        let spendable = self.spendable(&token).await?;
        if row.account.as_deref() != Some(spendable.account.as_str()) {
            return Err(AccountError::InvalidPayment);
        }
        Ok(Claimed { token, balance: spendable.balance })
    }
}

struct Claim {
    hash: PaymentHash,
    digest: [u8; 32],
    request: ClaimRequest,
}

impl Claim {
    fn book(self, transaction: &Transaction<'_>) -> Result<Msat, AccountError> {
        let row = find(transaction, self.hash)?.ok_or(AccountError::InvalidPayment)?;
        let account = account_of(self.hash);
        if row.state == "claimed" {
            self.check_repeat(transaction, &row)?;
            return Ok(available(transaction, &user(&account))?);
        }
        let now = now_s();
        let sql = "INSERT INTO account (id, created_at) VALUES (?1, ?2)";
        transaction.execute(sql, params![account, now])?;
        tokens::insert(transaction, self.digest, &account, now)?;
        let claimed = events::topup_claimed(self.hash, &account, row.amount);
        writer::post(transaction, &[claimed], now_ms())?;
        self.store_claim(transaction, now)?;
        outbox::append(
            transaction,
            "topup.claimed",
            &account,
            &topup_event(self.hash, row.amount),
        )?;
        Ok(available(transaction, &user(&account))?)
    }

    fn store_claim(&self, transaction: &Transaction<'_>, now: u64) -> Result<(), AccountError> {
        let sql = "UPDATE topup SET state = 'claimed', claimed_at = ?2, claim_key = ?3, \
                   claim_client = ?4, token_digest = ?5 \
                   WHERE payment_hash = ?1 AND state = 'settled'";
        let key = self.request.idempotency_key.as_deref().map(digest_of_key);
        let client = &self.request.client;
        let row = params![*self.hash.as_bytes(), now, key, client, self.digest];
        let changed = transaction.execute(sql, row)?;
        if changed == 1 { Ok(()) } else { Err(unreadable("a top-up changed while it was claimed")) }
    }

    fn check_repeat(
        &self,
        transaction: &Transaction<'_>,
        row: &TopupRow,
    ) -> Result<(), AccountError> {
        let sql = "SELECT count(*) FROM account_token \
                   WHERE digest = ?1 AND used_at IS NULL AND revoked_at IS NULL";
        let unused: u64 = transaction.one(sql, params![self.digest], |row| row.get(0))?;
        let same_token = row.token_digest.as_deref() == Some(self.digest.as_slice());
        let age_s = now_s().saturating_sub(row.claimed_at.unwrap_or(0));
        let may_repeat = match (&row.claim_key, &self.request.idempotency_key) {
            (Some(first), Some(again)) => {
                let same: bool = first.as_slice().ct_eq(&digest_of_key(again)).into();
                same && age_s < REPEAT_WITH_KEY_S
            }
            (None, None) => {
                let same = row.claim_client.as_deref() == Some(self.request.client.as_str());
                same && age_s < REPEAT_FROM_CLIENT_S
            }
            _ => false,
        };
        if unused == 1 && same_token && may_repeat {
            Ok(())
        } else {
            Err(AccountError::PaymentAlreadyUsed)
        }
    }
}

fn digest_of_key(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// The id of the account that a top-up opens: known from the payment, so that a claim that is
/// booked twice would name the same one.
fn account_of(hash: PaymentHash) -> String {
    let digest = Sha256::digest([b"farebox account".as_slice(), hash.as_bytes()].concat());
    let (head, _) = digest.split_at(16);
    hex::encode(head)
}
