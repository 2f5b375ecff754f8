//! Which facilitator was asked to settle a payment: written before it is asked.

use farebox_store::{Store, StoreError, Transaction, lease, params};
use farebox_wire::x402::FacilitatorRequest;
use sha2::{Digest, Sha256};

/// Authorizations are good for hours at most; their choices are kept longer than that.
const KEPT_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// The name of a payment: of what the buyer signed, and for which network.
pub(super) fn name_of(request: &FacilitatorRequest) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(request.requirements.network.as_bytes());
    digest.update([0]);
    digest.update(request.requirements.asset.to_ascii_lowercase().as_bytes());
    digest.update([0]);
    // An authorization is one payment, however it is wrapped.
    match request.payment.exact_evm() {
        Ok(exact) => {
            digest.update(exact.authorization.from);
            digest.update(exact.authorization.nonce);
        }
        Err(_) => {
            let payload = serde_json::Value::Object(request.payment.payload().clone());
            digest.update(payload.to_string().as_bytes());
        }
    }
    digest.finalize().into()
}

/// Who was chosen before, if anybody was.
pub(super) async fn find(store: &Store, name: [u8; 32]) -> Result<Option<String>, StoreError> {
    let sql = "SELECT facilitator FROM settlement_choice WHERE id = ?1";
    let find = move |transaction: &Transaction<'_>| {
        transaction.optional(sql, params![name], |row| row.get(0))
    };
    store.read(find).await
}

/// Chooses, unless somebody was chosen already; who it is then.
pub(super) async fn choose(
    store: &Store,
    name: [u8; 32],
    facilitator: String,
) -> Result<String, StoreError> {
    let choose = move |transaction: &Transaction<'_>| {
        let now = lease::now_ms(transaction)?;
        let old = "DELETE FROM settlement_choice WHERE chosen_at_ms < ?1";
        transaction.execute(old, params![now.saturating_sub(KEPT_MS)])?;
        let sql = "INSERT INTO settlement_choice (id, facilitator, chosen_at_ms) \
                   VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING";
        transaction.execute(sql, params![name, facilitator, now])?;
        let sql = "SELECT facilitator FROM settlement_choice WHERE id = ?1";
        transaction.one(sql, params![name], |row| row.get(0))
    };
    store.write(choose).await
}

/// The chosen one certainly did nothing: another may be chosen.
pub(super) async fn give_up(
    store: &Store,
    name: [u8; 32],
    facilitator: String,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM settlement_choice WHERE id = ?1 AND facilitator = ?2";
    let give_up = move |transaction: &Transaction<'_>| {
        transaction.execute(sql, params![name, facilitator])?;
        Ok(())
    };
    store.write(give_up).await
}
