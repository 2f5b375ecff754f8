//! The tables `settlement` and `settlement_transaction`.

use super::payment::{Failure, Payment, PaymentId, Settlement};
use farebox_evm::{Address, B256, Bytes, Fees, SignedTransaction, U256};
use farebox_store::{Row as Cells, StoreError, Transaction, lease, params};
use farebox_wire::evm::{AssetId, ChainId, Signature, TransferAuthorization};

/// Transactions of one payment that are read: each replacement costs an eighth more.
const TRANSACTIONS_MAX: usize = 100;

/// What was sent and of which there is no news is looked up after this.
const SENT_MS: i64 = 15_000;

/// Where a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No transaction was sent.
    Reserved,
    /// One may be mined at any time.
    Broadcast,
    /// The nonce is used, and by what is not found yet.
    Unknown,
    /// The money moved.
    Settled(B256),
    /// It did not.
    Failed(Failure, Option<B256>),
}

/// A payment as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: PaymentId,
    pub(crate) payment: Payment,
    pub(crate) gas_limit: u64,
    pub(crate) begun_block: u64,
    pub(crate) state: State,
    pub(crate) owner: String,
    pub(crate) next_check_ms: i64,
    pub(crate) checks: u64,
}

impl Row {
    pub(crate) const fn is_ended(&self) -> bool {
        matches!(self.state, State::Settled(_) | State::Failed(..))
    }

    /// What is told of it.
    pub(crate) fn settlement(&self, newest: Option<B256>) -> Settlement {
        match self.state {
            State::Settled(transaction) => Settlement::Settled { transaction, is_repeat: true },
            State::Failed(failure, transaction) => Settlement::Failed { failure, transaction },
            State::Reserved | State::Broadcast | State::Unknown => {
                Settlement::Pending { transaction: newest }
            }
        }
    }
}

const SELECT: &str = "SELECT id, chain_id, asset, payer, nonce, pay_to, value, valid_after, \
    valid_before, signature, gas_limit, begun_block, state, owner, next_check_ms, checks, \
    transaction_hash, failure FROM settlement";

/// The payment of a name.
pub(crate) fn find(
    transaction: &Transaction<'_>,
    id: PaymentId,
) -> Result<Option<Row>, StoreError> {
    let sql = [SELECT, " WHERE id = ?1"].concat();
    transaction.optional(&sql, params![id.digest().0], read)
}

/// Unfinished payments of a chain, those first whose next look comes first.
pub(crate) fn unfinished(
    transaction: &Transaction<'_>,
    chain: ChainId,
    len_max: usize,
) -> Result<Vec<Row>, StoreError> {
    let condition = " WHERE chain_id = ?1 AND state IN ('reserved', 'broadcast', 'unknown') \
                     ORDER BY next_check_ms LIMIT ?2";
    transaction.all(&[SELECT, condition].concat(), params![chain.get(), len_max], read)
}

/// Writes a payment that is taken; `false` when it is there already.
pub(crate) fn reserve(transaction: &Transaction<'_>, row: &Row) -> Result<bool, StoreError> {
    let Payment { asset, authorization, signature } = &row.payment;
    let sql = "INSERT INTO settlement (id, chain_id, asset, payer, nonce, pay_to, value, \
               valid_after, valid_before, signature, gas_limit, begun_block, state, owner, \
               next_check_ms, checks, begun_at_ms) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'reserved', ?13, ?14, \
               0, ?15) ON CONFLICT (id) DO NOTHING";
    Ok(transaction.execute(
        sql,
        params![
            row.id.digest().0,
            asset.chain.get(),
            asset.address.0.0,
            authorization.from.0.0,
            authorization.nonce.0,
            authorization.to.0.0,
            authorization.value.to_string(),
            authorization.valid_after.to_string(),
            authorization.valid_before.to_string(),
            signature.as_bytes().to_vec(),
            row.gas_limit,
            row.begun_block,
            row.owner,
            row.next_check_ms,
            lease::now_ms(transaction)?,
        ],
    )? == 1)
}

/// Gives up a payment of which certainly nothing was sent; `false` when somebody else has it.
pub(crate) fn release(
    transaction: &Transaction<'_>,
    id: PaymentId,
    owner: &str,
) -> Result<bool, StoreError> {
    let id = id.digest().0;
    let mine = "SELECT count(*) FROM settlement WHERE id = ?1 AND owner = ?2 \
                AND state IN ('reserved', 'broadcast')";
    let count: u64 = transaction.one(mine, params![id, owner], |row| row.get(0))?;
    if count == 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM settlement_transaction WHERE settlement = ?1";
    transaction.execute(sql, params![id])?;
    transaction.execute("DELETE FROM settlement WHERE id = ?1", params![id])?;
    Ok(true)
}

/// Takes an unfinished payment up, as it was read; `false` when somebody was faster.
pub(crate) fn take(
    transaction: &Transaction<'_>,
    row: &Row,
    owner: &str,
    next_check_ms: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE settlement SET owner = ?1, next_check_ms = ?2, checks = checks + 1 \
               WHERE id = ?3 AND next_check_ms = ?4 AND checks = ?5 \
               AND state IN ('reserved', 'broadcast', 'unknown')";
    let id = row.id.digest().0;
    Ok(transaction
        .execute(sql, params![owner, next_check_ms, id, row.next_check_ms, row.checks])?
        == 1)
}

/// When an unfinished payment is looked at next.
pub(crate) fn wait(
    transaction: &Transaction<'_>,
    id: PaymentId,
    is_unknown: bool,
    next_check_ms: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE settlement SET next_check_ms = ?1, \
               state = CASE WHEN ?2 = 1 THEN 'unknown' ELSE state END \
               WHERE id = ?3 AND state IN ('reserved', 'broadcast', 'unknown')";
    transaction.execute(sql, params![next_check_ms, is_unknown, id.digest().0])?;
    Ok(())
}

/// Writes what the chain proves.
pub(crate) fn end(
    transaction: &Transaction<'_>,
    id: PaymentId,
    state: State,
) -> Result<(), StoreError> {
    let (name, hash, failure) = match state {
        State::Settled(hash) => ("settled", Some(hash), None),
        State::Failed(failure, hash) => ("failed", hash, Some(failure.name().to_owned())),
        State::Reserved | State::Broadcast | State::Unknown => return Ok(()),
    };
    let sql = "UPDATE settlement SET state = ?1, transaction_hash = ?2, failure = ?3, \
               ended_at_ms = ?4 WHERE id = ?5 AND state IN ('reserved', 'broadcast', 'unknown')";
    let now = lease::now_ms(transaction)?;
    let hash = hash.map(|hash| hash.to_vec());
    transaction.execute(sql, params![name, hash, failure, now, id.digest().0])?;
    Ok(())
}

/// Notes that a caller is told that a payment is settled; `false` when another was told before.
pub(crate) fn tell(transaction: &Transaction<'_>, id: PaymentId) -> Result<bool, StoreError> {
    let sql = "UPDATE settlement SET is_told = 1 \
               WHERE id = ?1 AND state = 'settled' AND is_told = 0";
    Ok(transaction.execute(sql, params![id.digest().0])? == 1)
}

/// Writes a transaction that is about to be sent; `false` when the payment is not `owner`'s.
pub(crate) fn record(
    transaction: &Transaction<'_>,
    id: PaymentId,
    owner: &str,
    signed: &SignedTransaction,
) -> Result<bool, StoreError> {
    let sql = "UPDATE settlement SET state = 'broadcast', next_check_ms = ?1 WHERE id = ?2 \
               AND owner = ?3 AND state IN ('reserved', 'broadcast', 'unknown')";
    let next_check_ms = lease::now_ms(transaction)?.saturating_add(SENT_MS);
    if transaction.execute(sql, params![next_check_ms, id.digest().0, owner])? == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO settlement_transaction (hash, settlement, sender, account_nonce, \
               max_fee, max_priority_fee, raw) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
               ON CONFLICT (hash) DO NOTHING";
    let wei = |fee: u128| i64::try_from(fee).unwrap_or(i64::MAX);
    transaction.execute(
        sql,
        params![
            signed.hash.0,
            id.digest().0,
            signed.from.0.0,
            signed.nonce,
            wei(signed.fees.max_fee),
            wei(signed.fees.max_priority_fee),
            signed.raw.to_vec(),
        ],
    )?;
    Ok(true)
}

/// The transactions of a payment, the newest first.
pub(crate) fn transactions(
    transaction: &Transaction<'_>,
    id: PaymentId,
) -> Result<Vec<SignedTransaction>, StoreError> {
    let sql = "SELECT hash, sender, account_nonce, max_fee, max_priority_fee, raw \
               FROM settlement_transaction WHERE settlement = ?1 \
               ORDER BY account_nonce DESC, max_fee DESC LIMIT ?2";
    transaction.all(sql, params![id.digest().0, TRANSACTIONS_MAX], |row| {
        Ok(SignedTransaction {
            hash: B256::new(row.get(0)?),
            from: Address::new(row.get(1)?),
            nonce: row.get(2)?,
            fees: Fees {
                max_fee: u128::from(row.get::<u64>(3)?),
                max_priority_fee: u128::from(row.get::<u64>(4)?),
            },
            raw: Bytes::from(row.get::<Vec<u8>>(5)?),
        })
    })
}

fn read(row: &Cells<'_>) -> Result<Row, StoreError> {
    let unreadable = |what: &str| StoreError::Unreadable(what.to_owned());
    let number = |place| {
        let digits: String = row.get(place)?;
        digits.parse::<U256>().map_err(|_| unreadable("a number of 256 bits"))
    };
    let chain = ChainId::new(row.get(1)?);
    let signature = Signature::new(row.get::<Vec<u8>>(9)?);
    Ok(Row {
        id: PaymentId::new(B256::new(row.get(0)?)),
        payment: Payment {
            asset: AssetId { chain, address: Address::new(row.get(2)?) },
            authorization: TransferAuthorization {
                from: Address::new(row.get(3)?),
                to: Address::new(row.get(5)?),
                value: number(6)?,
                valid_after: number(7)?,
                valid_before: number(8)?,
                nonce: B256::new(row.get(4)?),
            },
            signature: signature.map_err(|_| unreadable("a signature"))?,
        },
        gas_limit: row.get(10)?,
        begun_block: row.get(11)?,
        state: state(row)?,
        owner: row.get(13)?,
        next_check_ms: row.get(14)?,
        checks: row.get(15)?,
    })
}

fn state(row: &Cells<'_>) -> Result<State, StoreError> {
    let unreadable = || StoreError::Unreadable("the state of a settlement".to_owned());
    let name: String = row.get(12)?;
    let hash = row.get::<Option<[u8; 32]>>(16)?.map(B256::new);
    let failure: Option<String> = row.get(17)?;
    match name.as_str() {
        "reserved" => Ok(State::Reserved),
        "broadcast" => Ok(State::Broadcast),
        "unknown" => Ok(State::Unknown),
        "settled" => hash.map(State::Settled).ok_or_else(unreadable),
        "failed" => {
            let failure = failure.as_deref().and_then(Failure::from_name);
            failure.map(|failure| State::Failed(failure, hash)).ok_or_else(unreadable)
        }
        _ => Err(unreadable()),
    }
}
