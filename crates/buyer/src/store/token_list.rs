//! The tokens, for their owner to look at, to take away and to bring along.

use super::tokens::Token;
use super::{Store, hash_from_db, money, now_s, preimage_from_db, scheme_from_db, seconds_from_db};
use super::{seconds_to_db, unreadable};
use crate::import::Import;
use crate::request::origin_of;
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, Row, params};
use farebox_wire::l402::{Scheme, authorization_header};
use farebox_wire::lightning::{PaymentHash, Preimage};
use http::Method;

/// More are not listed.
const ROWS_MAX: u32 = 10_000;

/// A token that was paid for and may be good for another request.
#[derive(Clone)]
pub struct StoredToken {
    /// The payment that it was bought with.
    pub payment_hash: PaymentHash,
    /// Scheme, host and port where it is good.
    pub origin: String,
    /// The path that it was bought for.
    pub path: String,
    /// The method that it was bought for.
    pub method: String,
    /// Whether it is worth a try everywhere at its origin.
    pub origin_wide: bool,
    /// The rail.
    pub scheme: Scheme,
    /// What was paid, where that is known.
    pub amount: Option<Msat>,
    /// The fee on top, where that is known.
    pub fee: Option<Msat>,
    /// Seconds since 1970.
    pub created_at: u64,
    /// Seconds since 1970, where the token says so.
    pub expires_at: Option<u64>,
    token: String,
    preimage: Preimage,
}

impl StoredToken {
    /// The value of the `Authorization` header that it makes: as good as the money. Named so that
    /// a leak is easy to search for.
    #[must_use]
    pub fn reveal_authorization(&self) -> String {
        authorization_header(self.scheme, &self.token, &self.preimage)
    }

    /// Host and port where it is good.
    #[must_use]
    pub fn host(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host)
    }
}

/// Its secrets stay out.
impl std::fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredToken")
            .field("payment_hash", &self.payment_hash)
            .field("origin", &self.origin)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Every token, by host, the newest first.
    pub(crate) async fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let query = |connection: &Connection| {
            let sql = "SELECT token.*, coalesce(token.amount_msat, purchase.amount_msat) AS amount,
                           coalesce(token.fee_msat, purchase.fee_msat) AS fee
                       FROM token LEFT JOIN purchase USING (payment_hash)
                       ORDER BY token.origin, token.created_at DESC, token.rowid DESC LIMIT ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([ROWS_MAX])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(found)
        };
        self.database.read(query).await
    }

    /// Takes tokens away for good; returns how many were there.
    pub(crate) async fn remove_tokens(&self, hashes: Vec<PaymentHash>) -> Result<u64, StoreError> {
        let write = move |connection: &Connection| {
            let mut statement =
                connection.prepare_cached("DELETE FROM token WHERE payment_hash = ?1")?;
            let mut removed = 0;
            for hash in &hashes {
                removed += u64::from(statement.execute([hash.as_bytes()])? == 1);
            }
            Ok(removed)
        };
        self.database.write(write).await
    }

    /// Adds a token that another program has bought; false where it is there already.
    pub(crate) async fn import_token(&self, import: Import) -> Result<bool, StoreError> {
        let write = move |connection: &Connection| {
            let token = Token {
                payment_hash: import.payment_hash,
                url: import.url,
                method: Method::GET,
                origin_wide: true,
                scheme: Scheme::L402,
                token: import.token,
                preimage: import.preimage,
                expires_at: None,
            };
            let sql = "SELECT EXISTS (SELECT 1 FROM token WHERE payment_hash = ?1)";
            let hash = token.payment_hash;
            if connection.query_row(sql, [hash.as_bytes()], |row| row.get(0))? {
                return Ok(false);
            }
            // One that was refused elsewhere at its origin is worth a try all the same.
            let origin = origin_of(&token.url);
            connection.execute("DELETE FROM origin_per_path WHERE origin = ?1", [origin])?;
            token.insert(connection, seconds_to_db(import.created_at.min(now_s())))?;
            let amount = import.amount.to_db().ok_or_else(|| unreadable("an amount"))?;
            let fee = import.fee.to_db().ok_or_else(|| unreadable("a fee"))?;
            connection.execute(
                "UPDATE token SET amount_msat = ?2, fee_msat = ?3 WHERE payment_hash = ?1",
                params![hash.as_bytes(), amount, fee],
            )?;
            Ok(true)
        };
        self.database.write(write).await
    }
}

fn read(row: &Row<'_>) -> Result<StoredToken, StoreError> {
    let amount = |column: &str| row.get::<_, Option<i64>>(column)?.map(money).transpose();
    let expires_at = row.get::<_, Option<i64>>("expires_at")?;
    Ok(StoredToken {
        payment_hash: hash_from_db(&row.get::<_, Vec<u8>>("payment_hash")?)?,
        origin: row.get("origin")?,
        path: row.get("path")?,
        method: row.get("method")?,
        origin_wide: row.get("origin_wide")?,
        scheme: scheme_from_db(&row.get::<_, String>("scheme")?)?,
        amount: amount("amount")?,
        fee: amount("fee")?,
        created_at: seconds_from_db(row.get("created_at")?)?,
        expires_at: expires_at.map(seconds_from_db).transpose()?,
        token: row.get("token")?,
        preimage: preimage_from_db(&row.get::<_, Vec<u8>>("preimage")?)?,
    })
}
