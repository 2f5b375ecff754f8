//! Tokens that were paid for and may be good for another request.

use super::{Store, hash_from_db, now_s, preimage_from_db, scheme_from_db, seconds_to_db};
use crate::request::{Outgoing, origin_of};
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, OptionalExtension, params};
use farebox_wire::l402::{Scheme, authorization_header};
use farebox_wire::lightning::{PaymentHash, Preimage};
use http::Method;
use url::Url;

/// A token and what it is known to be good for.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) payment_hash: PaymentHash,
    /// The address and method that it was bought for.
    pub(crate) url: Url,
    pub(crate) method: Method,
    /// Worth a try everywhere at its origin, until it is refused somewhere.
    pub(crate) origin_wide: bool,
    pub(crate) scheme: Scheme,
    pub(crate) token: String,
    pub(crate) preimage: Preimage,
    /// Seconds since 1970, where the token says so.
    pub(crate) expires_at: Option<u64>,
}

/// A token on its way with a request.
#[derive(Clone)]
pub(crate) struct TokenUse {
    pub(crate) payment_hash: PaymentHash,
    pub(crate) origin: String,
    /// The value of the `Authorization` header.
    pub(crate) authorization: String,
    /// Whether it was bought for the very path and method that it is now shown at.
    pub(crate) bought_here: bool,
}

impl Token {
    pub(super) fn insert(&self, connection: &Connection, now: i64) -> Result<(), StoreError> {
        connection.execute(
            "INSERT OR REPLACE INTO token (payment_hash, origin, path, method, origin_wide,
                 scheme, token, preimage, expires_at, created_at)
             VALUES (?1, ?2, ?3, ?4,
                 ?5 AND NOT EXISTS (SELECT 1 FROM origin_per_path WHERE origin = ?2),
                 ?6, ?7, ?8, ?9, ?10)",
            params![
                self.payment_hash.as_bytes(),
                origin_of(&self.url),
                self.url.path(),
                self.method.as_str(),
                self.origin_wide,
                self.scheme.name(),
                self.token,
                self.preimage.as_bytes(),
                self.expires_at.map(seconds_to_db),
                now,
            ],
        )?;
        Ok(())
    }
}

impl Store {
    /// The token to try with a request: one bought for its path and method before one that may
    /// be good at the whole origin, the newest first.
    pub(crate) async fn token_for(
        &self,
        outgoing: &Outgoing,
    ) -> Result<Option<TokenUse>, StoreError> {
        let origin = outgoing.origin();
        let path = outgoing.url.path().to_owned();
        let method = outgoing.method.to_string();
        let query = move |connection: &Connection| find(connection, origin, &path, &method);
        self.database.read(query).await
    }

    /// A token was refused. Where it must have been good it is gone; elsewhere it stays for
    /// what it was bought for, and so does every later token of this origin.
    pub(crate) async fn token_refused(&self, token: &TokenUse) -> Result<(), StoreError> {
        let token = token.clone();
        let write = move |connection: &Connection| {
            if token.bought_here {
                connection.execute(
                    "DELETE FROM token WHERE payment_hash = ?1",
                    [token.payment_hash.as_bytes()],
                )?;
                return Ok(());
            }
            connection.execute(
                "INSERT OR IGNORE INTO origin_per_path (origin) VALUES (?1)",
                [&token.origin],
            )?;
            connection
                .execute("UPDATE token SET origin_wide = 0 WHERE origin = ?1", [&token.origin])?;
            Ok(())
        };
        self.database.write(write).await
    }
}

fn find(
    connection: &Connection,
    origin: String,
    path: &str,
    method: &str,
) -> Result<Option<TokenUse>, StoreError> {
    let row = connection
        .prepare_cached(
            "SELECT payment_hash, scheme, token, preimage, path = ?2 AND method = ?3
             FROM token
             WHERE origin = ?1 AND (expires_at IS NULL OR expires_at > ?4)
               AND (origin_wide OR (path = ?2 AND method = ?3))
             ORDER BY 5 DESC, created_at DESC, rowid DESC LIMIT 1",
        )?
        .query_row(params![origin, path, method, seconds_to_db(now_s())], |row| {
            let hash: Vec<u8> = row.get(0)?;
            let preimage: Vec<u8> = row.get(3)?;
            let (scheme, token): (String, String) = (row.get(1)?, row.get(2)?);
            Ok((hash, scheme, token, preimage, row.get(4)?))
        })
        .optional()?;
    let Some((hash, scheme, token, preimage, bought_here)) = row else {
        return Ok(None);
    };
    let preimage = preimage_from_db(&preimage)?;
    Ok(Some(TokenUse {
        payment_hash: hash_from_db(&hash)?,
        origin,
        authorization: authorization_header(scheme_from_db(&scheme)?, &token, &preimage),
        bought_here,
    }))
}
