//! The life of a payment in tokens: `signed`, then `settled`, then `delivered`; or `dead`, or
//! `abandoned`. Each change names the state that it starts from.

use super::authority::{Authority, Verdict};
use super::ending::{Count, Ending, count_at_worst, count_nothing};
use super::purchase::Answer;
use super::transfer::{Signed, Transfer, TransferClaim, TransferIntent, TransferState};
use super::unreadable;
use super::{Store, exactly_one, now_s, receipts, seconds_from_db, seconds_to_db, spends};
use crate::PaymentId;
use crate::request::Fingerprint;
use crate::spend::Charge;
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, Row, params};
use farebox_wire::evm::{AssetId, ChainId, parse_address};
use http::{HeaderName, Method};
use url::Url;

const COLUMNS: &str = "transfer.id, transfer.method, transfer.url, transfer.payment_key, way, \
    header_name, header_value, chain_id, token, payer, challenge_id, valid_before, \
    raw_transaction, account_nonce, transfer.state, transaction_hash, asset, units, micro_usd, \
    payee";

impl Store {
    /// The payment of a request that is `signed` or `settled`; there is one at most.
    pub(crate) async fn unfinished_transfer(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Transfer>, StoreError> {
        let query = move |connection: &Connection| {
            find(
                connection,
                "fingerprint = ?1 AND transfer.state IN ('signed', 'settled')",
                fingerprint,
            )
        };
        self.database.read(query).await
    }

    /// The requests whose payments are `signed`, the oldest first.
    pub(crate) async fn signed_transfers(&self) -> Result<Vec<Fingerprint>, StoreError> {
        let query = |connection: &Connection| {
            let sql =
                "SELECT fingerprint FROM transfer WHERE state = 'signed' ORDER BY id LIMIT 1000";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| row.get(0).map(Fingerprint::from_bytes))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        };
        self.database.read(query).await
    }

    /// Writes down what was signed and reserves what it costs, if the money rules allow it: all
    /// of it or nothing.
    pub(crate) async fn claim_transfer(
        &self,
        intent: TransferIntent,
        authority: Authority,
    ) -> Result<TransferClaim, StoreError> {
        let write = move |connection: &Connection| {
            let key = hex::encode(intent.key);
            let sql = "SELECT EXISTS (SELECT 1 FROM transfer WHERE payment_key = ?1)";
            if connection.prepare_cached(sql)?.query_row([&key], |row| row.get(0))? {
                return Ok(TransferClaim::Taken(PaymentId::Authorization(intent.key)));
            }
            let (rule, approval) = match authority.authorise(connection)? {
                Verdict::Allowed { rule, approval } => (rule, approval),
                Verdict::Denied(denial) => return Ok(TransferClaim::Denied(denial)),
                Verdict::Waiting(parked) => return Ok(TransferClaim::Waiting(parked)),
            };
            spends::reserve(connection, &authority.spend, &rule, approval.as_deref(), now_s())?;
            insert(connection, &intent, &key)?;
            let made = find(
                connection,
                "fingerprint = ?1 AND transfer.state = 'signed'",
                intent.fingerprint,
            )?;
            let made = made.ok_or_else(|| unreadable("a payment that was just written"))?;
            Ok(TransferClaim::Made(Box::new(made)))
        };
        self.database.write(write).await
    }

    /// From `signed` to `settled`: the money moved, by `transaction` where that is known.
    pub(crate) async fn record_settled(
        &self,
        transfer: &Transfer,
        transaction: Option<String>,
        note: &str,
    ) -> Result<(), StoreError> {
        let (id, key, note) = (transfer.id, transfer.payment_key(), note.to_owned());
        let write = move |connection: &Connection| {
            let now = now_s();
            let changed = connection.execute(
                "UPDATE transfer SET state = 'settled', updated_at = ?2, note = ?3,
                     transaction_hash = coalesce(?4, transaction_hash)
                 WHERE id = ?1 AND state = 'signed'",
                params![id, seconds_to_db(now), note, transaction],
            )?;
            exactly_one(changed)?;
            count_as_spent(connection, &key, transaction.as_deref(), now)
        };
        self.database.write(write).await
    }

    /// From `signed` or `settled` to `delivered`.
    pub(crate) async fn record_transfer_delivered(
        &self,
        transfer: &Transfer,
        transaction: Option<String>,
        answer: Answer,
    ) -> Result<(), StoreError> {
        let (id, key, from) = (transfer.id, transfer.payment_key(), transfer.state);
        let write = move |connection: &Connection| {
            let now = now_s();
            let changed = connection.execute(
                "UPDATE transfer SET state = 'delivered', status_code = ?3, updated_at = ?4,
                     note = '', transaction_hash = coalesce(?5, transaction_hash)
                 WHERE id = ?1 AND state = ?2",
                params![id, from.name(), answer.status, seconds_to_db(now), transaction],
            )?;
            exactly_one(changed)?;
            if from == TransferState::Signed {
                count_as_spent(connection, &key, transaction.as_deref(), now)?;
            }
            receipts::answered(connection, &key, answer.outcome("delivered"), now)
        };
        self.database.write(write).await
    }

    /// Notes an answer that was no delivery; the state stays.
    pub(crate) async fn note_transfer(
        &self,
        transfer: &Transfer,
        answer: Answer,
        note: &str,
    ) -> Result<(), StoreError> {
        let (id, note, key) = (transfer.id, note.to_owned(), transfer.payment_key());
        let is_settled = transfer.state == TransferState::Settled;
        let write = move |connection: &Connection| {
            let now = now_s();
            let changed = connection.execute(
                "UPDATE transfer SET status_code = ?2, note = ?3, updated_at = ?4
                 WHERE id = ?1 AND state IN ('signed', 'settled')",
                params![id, answer.status, note, seconds_to_db(now)],
            )?;
            exactly_one(changed)?;
            if is_settled {
                receipts::answered(connection, &key, answer.outcome("undelivered"), now)?;
            }
            Ok(())
        };
        self.database.write(write).await
    }

    /// From `signed` to `dead`: certain that nothing moved. What was reserved is free again.
    pub(crate) async fn record_dead(
        &self,
        transfer: &Transfer,
        note: &str,
    ) -> Result<(), StoreError> {
        self.end(ending(transfer, TransferState::Dead, note), spends::release).await
    }

    /// To `abandoned`. What may have been paid counts as spent.
    pub(crate) async fn abandon_transfer(
        &self,
        transfer: &Transfer,
        note: &str,
    ) -> Result<(), StoreError> {
        let may_be_paid = transfer.state == TransferState::Signed;
        let count: Count = if may_be_paid { count_at_worst } else { count_nothing };
        self.end(ending(transfer, TransferState::Abandoned, note), count).await
    }
}

fn ending(transfer: &Transfer, to: TransferState, note: &str) -> Ending {
    Ending {
        table: "transfer",
        id: transfer.id,
        payment_key: transfer.payment_key(),
        from: transfer.state.name(),
        to: to.name(),
        note: note.to_owned(),
    }
}

fn count_as_spent(
    connection: &Connection,
    key: &str,
    transaction: Option<&str>,
    now: u64,
) -> Result<(), StoreError> {
    spends::settle(connection, key, Msat::ZERO, seconds_to_db(now))?;
    receipts::paid_by(connection, key, Msat::ZERO, transaction, now)
}

fn insert(connection: &Connection, intent: &TransferIntent, key: &str) -> Result<(), StoreError> {
    let (valid_before, raw, account_nonce) = match &intent.signed {
        Signed::Authorization { valid_before } => (Some(seconds_to_db(*valid_before)), None, None),
        Signed::Transaction { raw, account_nonce } => {
            (None, Some(raw), Some(seconds_to_db(*account_nonce)))
        }
    };
    let chain = i64::try_from(intent.token.chain.get()).map_err(|_| unreadable("a chain"))?;
    let transaction = raw.is_some().then(|| intent.key.to_string());
    connection
        .prepare_cached(
            "INSERT INTO transfer (fingerprint, method, url, payment_key, way, header_name,
                 header_value, chain_id, token, payer, challenge_id, valid_before,
                 raw_transaction, account_nonce, transaction_hash, state, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 'signed',
                 ?16, ?16)",
        )?
        .execute(params![
            intent.fingerprint.as_bytes(),
            intent.method.as_str(),
            intent.url.as_str(),
            key,
            intent.way,
            intent.header.0.as_str(),
            intent.header.1,
            chain,
            intent.token.address.to_string(),
            intent.payer.to_string(),
            intent.challenge_id,
            valid_before,
            raw,
            account_nonce,
            transaction,
            seconds_to_db(now_s()),
        ])?;
    Ok(())
}

fn find(
    connection: &Connection,
    condition: &str,
    fingerprint: Fingerprint,
) -> Result<Option<Transfer>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM transfer JOIN spend USING (payment_key) WHERE {condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([fingerprint.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<Transfer, StoreError> {
    let text = |column: &str| row.get::<_, String>(column);
    let address =
        |column: &str| parse_address(&text(column)?).map_err(|_| unreadable("an account"));
    let mut key = [0; 32];
    hex::decode_to_slice(text("payment_key")?, &mut key).map_err(|_| unreadable("a payment"))?;
    let chain = seconds_from_db(row.get("chain_id")?)?;
    let header = HeaderName::try_from(text("header_name")?).map_err(|_| unreadable("a header"))?;
    let units = text("units")?.parse().map_err(|_| unreadable("an amount"))?;
    Ok(Transfer {
        id: row.get("id")?,
        state: TransferState::from_db(&text("state")?)?,
        method: Method::try_from(text("method")?.as_str()).map_err(|_| unreadable("a method"))?,
        url: Url::parse(&text("url")?).map_err(|_| unreadable("an address"))?,
        key: key.into(),
        way: text("way")?,
        header: (header, text("header_value")?),
        token: AssetId { chain: ChainId::new(chain), address: address("token")? },
        payer: address("payer")?,
        payee: row.get::<_, Option<String>>("payee")?.unwrap_or_default(),
        challenge_id: row.get("challenge_id")?,
        signed: read_signed(row)?,
        charge: Charge::from_units(text("asset")?, units, row.get("micro_usd")?)?,
        transaction: row.get("transaction_hash")?,
    })
}

fn read_signed(row: &Row<'_>) -> Result<Signed, StoreError> {
    let valid_before: Option<i64> = row.get("valid_before")?;
    if let Some(valid_before) = valid_before {
        return Ok(Signed::Authorization { valid_before: seconds_from_db(valid_before)? });
    }
    let account_nonce = seconds_from_db(row.get("account_nonce")?)?;
    Ok(Signed::Transaction { raw: row.get("raw_transaction")?, account_nonce })
}
