//! The life of a purchase: `intended`, then `paid`, then `delivered`; or `failed`, or
//! `abandoned`. Each change names the state that it starts from.

use super::authority::{Authority, Verdict};
use super::ending::{Count, Ending, count_at_worst, count_nothing};
use super::purchase::{Answer, Claim, Intent, Payment, Purchase, PurchaseState};
use super::{
    Store, Token, hash_from_db, lightning_scheme_from_db, now_s, preimage_from_db, seconds_from_db,
};
use super::{exactly_one, money, receipts, seconds_to_db, spends, unreadable};
use crate::request::{Fingerprint, Outgoing};
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, OptionalExtension, Row, params};
use farebox_wire::lightning::{PaymentHash, Preimage};
use http::Method;
use url::Url;

const COLUMNS: &str = "id, method, url, payment_hash, invoice, amount_msat, fee_max_msat, \
    fee_msat, scheme, token, wallet, preimage, state, paid_at";

impl Store {
    /// The purchase of this request that is `intended` or `paid`; there is one at most.
    pub(crate) async fn unfinished(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Purchase>, StoreError> {
        let query = move |connection: &Connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM purchase
                 WHERE fingerprint = ?1 AND state IN ('intended', 'paid')"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([fingerprint.as_bytes()])?;
            rows.next()?.map(read_purchase).transpose()
        };
        self.database.read(query).await
    }

    /// The requests whose purchases are `intended`, with their payments, the oldest first.
    pub(crate) async fn intended(&self) -> Result<Vec<(Fingerprint, PaymentHash)>, StoreError> {
        let query = |connection: &Connection| {
            let sql = "SELECT fingerprint, payment_hash FROM purchase WHERE state = 'intended'
                       ORDER BY id LIMIT 1000";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let hash = hash_from_db(&row.get::<_, Vec<u8>>(1)?)?;
                found.push((Fingerprint::from_bytes(row.get(0)?), hash));
            }
            Ok(found)
        };
        self.database.read(query).await
    }

    /// Writes an intent down and reserves what it may cost, if the money rules allow it: all of
    /// it or nothing. Only an invoice that is not known, or whose payment failed for certain, can
    /// be chosen: any other may have been paid already.
    pub(crate) async fn claim(
        &self,
        intent: Intent,
        authority: Authority,
    ) -> Result<Claim, StoreError> {
        let write = move |connection: &Connection| {
            if is_taken(connection, &intent)? {
                return Ok(Claim::Taken);
            }
            let (rule, approval) = match authority.authorise(connection)? {
                Verdict::Allowed { rule, approval } => (rule, approval),
                Verdict::Denied(denial) => return Ok(Claim::Denied(denial)),
                Verdict::Waiting(parked) => return Ok(Claim::Waiting(parked)),
            };
            let claim = insert_intent(connection, &intent)?;
            let spend = &authority.spend;
            spends::reserve(connection, spend, &rule, approval.as_deref(), now_s())?;
            Ok(claim)
        };
        self.database.write(write).await
    }

    /// From `intended` to `paid`.
    pub(crate) async fn record_paid(
        &self,
        purchase: &Purchase,
        preimage: Preimage,
        fee: Msat,
    ) -> Result<Payment, StoreError> {
        let (id, key) = (purchase.id, purchase.payment_hash.to_string());
        let payment = Payment { preimage, fee, paid_at: now_s() };
        let fee = fee.to_db().ok_or_else(|| unreadable("a fee"))?;
        let write = move |connection: &Connection| {
            let changed = connection.execute(
                "UPDATE purchase SET state = 'paid', preimage = ?2, fee_msat = ?3, paid_at = ?4,
                     updated_at = ?4, note = ''
                 WHERE id = ?1 AND state = 'intended'",
                params![id, payment.preimage.as_bytes(), fee, seconds_to_db(payment.paid_at)],
            )?;
            exactly_one(changed)?;
            spends::settle(connection, &key, payment.fee, seconds_to_db(payment.paid_at))?;
            receipts::paid(connection, &key, payment.fee, payment.paid_at)
        };
        self.database.write::<_, StoreError, _>(write).await?;
        Ok(payment)
    }

    /// From `intended` to `failed`: certain that nothing was paid.
    pub(crate) async fn record_failed(
        &self,
        purchase: &Purchase,
        note: &str,
    ) -> Result<(), StoreError> {
        self.end(ending(purchase, PurchaseState::Failed, note), spends::release).await
    }

    /// From `intended` to `abandoned`: never sent, and too late to be paid.
    pub(crate) async fn record_expired(
        &self,
        purchase: &Purchase,
        note: &str,
    ) -> Result<(), StoreError> {
        self.end(ending(purchase, PurchaseState::Abandoned, note), spends::release).await
    }

    /// From `intended` or `paid` to `abandoned`, on its user's word. What may have been paid
    /// counts as spent.
    pub(crate) async fn abandon(&self, purchase: &Purchase, note: &str) -> Result<(), StoreError> {
        let may_be_paid = purchase.state == PurchaseState::Intended;
        let count: Count = if may_be_paid { count_at_worst } else { count_nothing };
        self.end(ending(purchase, PurchaseState::Abandoned, note), count).await
    }

    /// From `paid` to `delivered`, and keeps the token where it may be good for more, both or
    /// neither.
    pub(crate) async fn record_delivered(
        &self,
        purchase: &Purchase,
        answer: Answer,
        token: Option<Token>,
    ) -> Result<(), StoreError> {
        let (id, key) = (purchase.id, purchase.payment_hash.to_string());
        let write = move |connection: &Connection| {
            let now = seconds_to_db(now_s());
            let changed = connection.execute(
                "UPDATE purchase SET state = 'delivered', status_code = ?2, updated_at = ?3,
                     note = ''
                 WHERE id = ?1 AND state = 'paid'",
                params![id, answer.status, now],
            )?;
            exactly_one(changed)?;
            receipts::answered(connection, &key, answer.outcome("delivered"), now_s())?;
            token.map_or(Ok(()), |token| token.insert(connection, now))
        };
        self.database.write(write).await
    }

    /// From `paid` to `credit`: the seller did not count the request.
    pub(crate) async fn record_credit(
        &self,
        purchase: &Purchase,
        answer: Answer,
    ) -> Result<(), StoreError> {
        let (id, key) = (purchase.id, purchase.payment_hash.to_string());
        let write = move |connection: &Connection| {
            let changed = connection.execute(
                "UPDATE purchase SET state = 'credit', status_code = ?2, updated_at = ?3
                 WHERE id = ?1 AND state = 'paid'",
                params![id, answer.status, seconds_to_db(now_s())],
            )?;
            exactly_one(changed)?;
            receipts::answered(connection, &key, answer.outcome("credit"), now_s())
        };
        self.database.write(write).await
    }

    /// Credit that is good for a request, the oldest first; nothing is changed.
    pub(crate) async fn credit_for(
        &self,
        outgoing: &Outgoing,
    ) -> Result<Option<Purchase>, StoreError> {
        let (origin, method) = (outgoing.origin(), outgoing.method.to_string());
        let path = outgoing.url.path().to_owned();
        let query = move |connection: &Connection| find_credit(connection, &origin, &method, &path);
        self.database.read(query).await
    }

    /// From `credit` to `paid`, for another request than it was bought for. `None` when there
    /// is no credit for it.
    pub(crate) async fn claim_credit(
        &self,
        fingerprint: Fingerprint,
        outgoing: &Outgoing,
    ) -> Result<Option<Purchase>, StoreError> {
        let (origin, method) = (outgoing.origin(), outgoing.method.to_string());
        let url = outgoing.url.clone();
        let write = move |connection: &Connection| {
            let Some(credit) = find_credit(connection, &origin, &method, url.path())? else {
                return Ok(None);
            };
            let changed = connection.execute(
                "UPDATE purchase SET state = 'paid', fingerprint = ?2, url = ?3, updated_at = ?4
                 WHERE id = ?1 AND state = 'credit'",
                params![credit.id, fingerprint.as_bytes(), url.as_str(), seconds_to_db(now_s())],
            )?;
            exactly_one(changed)?;
            Ok(Some(Purchase { state: PurchaseState::Paid, url, ..credit }))
        };
        self.database.write(write).await
    }

    /// Notes an answer that was no delivery; the purchase stays `paid`.
    pub(crate) async fn note_undelivered(
        &self,
        purchase: &Purchase,
        answer: Answer,
        note: &str,
    ) -> Result<(), StoreError> {
        let (id, note) = (purchase.id, note.to_owned());
        let key = purchase.payment_hash.to_string();
        let write = move |connection: &Connection| {
            let changed = connection.execute(
                "UPDATE purchase SET status_code = ?2, note = ?3, updated_at = ?4
                 WHERE id = ?1 AND state = 'paid'",
                params![id, answer.status, note, seconds_to_db(now_s())],
            )?;
            exactly_one(changed)?;
            receipts::answered(connection, &key, answer.outcome("undelivered"), now_s())
        };
        self.database.write(write).await
    }
}

fn ending(purchase: &Purchase, to: PurchaseState, note: &str) -> Ending {
    Ending {
        table: "purchase",
        id: purchase.id,
        payment_key: purchase.payment_hash.to_string(),
        from: purchase.state.name(),
        to: to.name(),
        note: note.to_owned(),
    }
}

/// Whether an invoice belongs to a purchase that did not fail for certain.
fn is_taken(connection: &Connection, intent: &Intent) -> Result<bool, StoreError> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM purchase WHERE payment_hash = ?1 AND state <> 'failed')";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([intent.payment_hash.as_bytes()], |row| row.get(0))?)
}

fn insert_intent(connection: &Connection, intent: &Intent) -> Result<Claim, StoreError> {
    let amount = intent.amount.to_db().ok_or_else(|| unreadable("an amount"))?;
    let fee_max = intent.fee_max.to_db().ok_or_else(|| unreadable("a fee limit"))?;
    let id = connection
        .prepare_cached(
            "INSERT INTO purchase (fingerprint, origin, method, url, payment_hash, invoice,
                 amount_msat, fee_max_msat, scheme, token, wallet, state, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'intended', ?12, ?12)
             ON CONFLICT (payment_hash) DO UPDATE SET
                 fingerprint = excluded.fingerprint, origin = excluded.origin,
                 method = excluded.method, url = excluded.url, invoice = excluded.invoice,
                 amount_msat = excluded.amount_msat, fee_max_msat = excluded.fee_max_msat,
                 scheme = excluded.scheme, token = excluded.token, wallet = excluded.wallet,
                 state = 'intended', status_code = NULL, updated_at = excluded.updated_at,
                 note = ''
             WHERE purchase.state = 'failed'
             RETURNING id",
        )?
        .query_row(
            params![
                intent.fingerprint.as_bytes(),
                crate::request::origin_of(&intent.url),
                intent.method.as_str(),
                intent.url.as_str(),
                intent.payment_hash.as_bytes(),
                intent.invoice,
                amount,
                fee_max,
                intent.scheme.name(),
                intent.token,
                intent.wallet,
                seconds_to_db(now_s()),
            ],
            |row| row.get(0),
        )
        .optional()?;
    Ok(id.map_or(Claim::Taken, |id| Claim::Made(Box::new(intent.to_purchase(id)))))
}

fn find_credit(
    connection: &Connection,
    origin: &str,
    method: &str,
    path: &str,
) -> Result<Option<Purchase>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM purchase
         WHERE state = 'credit' AND origin = ?1 AND method = ?2 ORDER BY id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([origin, method])?;
    while let Some(row) = rows.next()? {
        let purchase = read_purchase(row)?;
        let fresh = purchase.grant().is_some_and(|grant| grant.expires_at > now_s());
        if fresh && purchase.url.path() == path {
            return Ok(Some(purchase));
        }
    }
    Ok(None)
}

fn read_purchase(row: &Row<'_>) -> Result<Purchase, StoreError> {
    let text = |column: &str| row.get::<_, String>(column);
    let method = Method::try_from(text("method")?.as_str()).map_err(|_| unreadable("a method"))?;
    let url = Url::parse(&text("url")?).map_err(|_| unreadable("an address"))?;
    Ok(Purchase {
        id: row.get("id")?,
        state: PurchaseState::from_db(&text("state")?)?,
        method,
        url,
        payment_hash: hash_from_db(&row.get::<_, Vec<u8>>("payment_hash")?)?,
        invoice: text("invoice")?,
        amount: money(row.get("amount_msat")?)?,
        fee_max: money(row.get("fee_max_msat")?)?,
        scheme: lightning_scheme_from_db(&text("scheme")?)?,
        token: text("token")?,
        wallet: text("wallet")?,
        payment: read_payment(row)?,
    })
}

fn read_payment(row: &Row<'_>) -> Result<Option<Payment>, StoreError> {
    let Some(preimage) = row.get::<_, Option<Vec<u8>>>("preimage")? else {
        return Ok(None);
    };
    Ok(Some(Payment {
        preimage: preimage_from_db(&preimage)?,
        fee: money(row.get("fee_msat")?)?,
        paid_at: seconds_from_db(row.get("paid_at")?)?,
    }))
}
