//! What counts against the budget: reserved before anything is sent, spent once it was, and
//! released only where it is certain that it was not.

use super::{exactly_one, money, seconds_to_db, unreadable};
use crate::rules::Sum;
use crate::spend::{Charge, Rail, Spend};
use farebox_money::{MicroUsd, Msat};
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, OptionalExtension, params};
use url::Url;

/// Sets aside what `spend` may come to, in the transaction that also writes its intent down. A
/// payment that was released, because it failed for certain, can be tried anew.
pub(super) fn reserve(
    connection: &Connection,
    spend: &Spend,
    rule: &str,
    approval: Option<&str>,
    now: u64,
) -> Result<(), StoreError> {
    let (units, msat, usd) = counted(spend)?;
    let fee = spend.fee_max.to_db().ok_or_else(|| unreadable("a fee limit"))?;
    let changed = connection
        .prepare_cached(
            "INSERT INTO spend (payment_key, rail, rule, method, url, host, body_sha256, payee,
                 asset, units, msat, micro_usd, fee_msat, state, approval, reserved_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'reserved', ?14, ?15,
                 ?15)
             ON CONFLICT (payment_key) DO UPDATE SET
                 rail = excluded.rail, rule = excluded.rule, method = excluded.method,
                 url = excluded.url, host = excluded.host, body_sha256 = excluded.body_sha256,
                 payee = excluded.payee, asset = excluded.asset, units = excluded.units,
                 msat = excluded.msat, micro_usd = excluded.micro_usd,
                 fee_msat = excluded.fee_msat, state = 'reserved', approval = excluded.approval,
                 reserved_at = excluded.reserved_at, updated_at = excluded.updated_at
             WHERE spend.state = 'released'",
        )?
        .execute(params![
            spend.payment_key,
            spend.rail.name(),
            rule,
            spend.method,
            spend.url.as_str(),
            spend.host(),
            spend.body_sha256,
            spend.payee,
            spend.charge.asset(),
            units,
            msat,
            usd,
            fee,
            approval,
            seconds_to_db(now),
        ])?;
    exactly_one(changed)
}

/// The amount in the asset's unit, and what it counts as in bitcoin and in dollars.
fn counted(spend: &Spend) -> Result<(String, i64, i64), StoreError> {
    let sum = Sum::of(spend).ok_or_else(|| unreadable("an amount"))?;
    let msat = sum.msat.to_db().ok_or_else(|| unreadable("an amount"))?;
    let usd = i64::try_from(sum.usd.get()).map_err(|_| unreadable("an amount"))?;
    Ok((spend.charge.units().to_string(), msat, usd))
}

/// The payment was made, and cost this in fees.
pub(super) fn settle(
    connection: &Connection,
    payment_key: &str,
    fee: Msat,
    now: i64,
) -> Result<(), StoreError> {
    let fee = fee.to_db().ok_or_else(|| unreadable("a fee"))?;
    let changed = connection
        .prepare_cached(
            "UPDATE spend SET state = 'spent', msat = msat - fee_msat + ?2, fee_msat = ?2,
                 updated_at = ?3
             WHERE payment_key = ?1 AND state = 'reserved'",
        )?
        .execute(params![payment_key, fee, now])?;
    exactly_one(changed)
}

/// The payment may have been made and nobody will find out: it counts for what it may have cost.
pub(super) fn settle_at_worst(
    connection: &Connection,
    payment_key: &str,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE spend SET state = 'spent', updated_at = ?2
               WHERE payment_key = ?1 AND state = 'reserved'";
    connection.prepare_cached(sql)?.execute(params![payment_key, now])?;
    Ok(())
}

/// Certain that the payment was not and will not be made.
pub(super) fn release(
    connection: &Connection,
    payment_key: &str,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE spend SET state = 'released', updated_at = ?2
               WHERE payment_key = ?1 AND state = 'reserved'";
    exactly_one(connection.prepare_cached(sql)?.execute(params![payment_key, now])?)
}

/// The approval that a reserved payment has, if it is for this very one.
pub(super) fn approval_of(
    connection: &Connection,
    spend: &Spend,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT approval FROM spend WHERE payment_key = ?1 AND state = 'reserved'
                 AND url = ?2 AND method = ?3 AND body_sha256 = ?4 AND units = ?5";
    let key = (&spend.payment_key, spend.url.as_str(), &spend.method);
    let what = (&spend.body_sha256, spend.charge.units().to_string());
    let row = connection
        .prepare_cached(sql)?
        .query_row(params![key.0, key.1, key.2, what.0, what.1], |row| row.get(0));
    Ok(row.optional()?.flatten())
}

/// Notes the approval that a reserved payment goes on under.
pub(super) fn approve(
    connection: &Connection,
    payment_key: &str,
    approval: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE spend SET approval = ?2 WHERE payment_key = ?1 AND state = 'reserved'";
    exactly_one(connection.prepare_cached(sql)?.execute([payment_key, approval])?)
}

/// A payment as it was reserved, for its receipt.
pub(super) fn find(
    connection: &Connection,
    payment_key: &str,
) -> Result<(Spend, String), StoreError> {
    let sql = "SELECT rail, rule, method, url, body_sha256, payee, asset, units, micro_usd,
                   fee_msat
               FROM spend WHERE payment_key = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([payment_key])?;
    let row = rows.next()?.ok_or_else(|| unreadable("a payment without a reservation"))?;
    let text = |column: &str| row.get::<_, String>(column);
    let units: u128 = text("units")?.parse().map_err(|_| unreadable("an amount"))?;
    let worth: i64 = row.get("micro_usd")?;
    let spend = Spend {
        rail: Rail::from_db(&text("rail")?)?,
        method: text("method")?,
        url: Url::parse(&text("url")?).map_err(|_| unreadable("an address"))?,
        body_sha256: row.get("body_sha256")?,
        charge: Charge::from_units(text("asset")?, units, worth)?,
        fee_max: money(row.get("fee_msat")?)?,
        payee: row.get("payee")?,
        payment_key: payment_key.to_owned(),
    };
    Ok((spend, text("rule")?))
}

impl Charge {
    /// In the smallest unit of its money.
    #[must_use]
    pub fn units(&self) -> u128 {
        match self {
            Self::Lightning(amount) => amount.get().into(),
            Self::Token { units, .. } => *units,
        }
    }

    pub(super) fn from_units(asset: String, units: u128, worth: i64) -> Result<Self, StoreError> {
        if asset == "btc" {
            let amount = u64::try_from(units).map_err(|_| unreadable("an amount"))?;
            return Ok(Self::Lightning(Msat::new(amount)));
        }
        let worth = u64::try_from(worth).map_err(|_| unreadable("an amount"))?;
        Ok(Self::Token { asset, units, worth: Some(MicroUsd::new(worth)) })
    }
}
