//! What counts against the budget: reserved before anything is sent, spent once it was, and
//! released only where it is certain that it was not.

use super::{Store, exactly_one, money, now_s, seconds_from_db, seconds_to_db, unreadable};
use crate::records::HostSpent;
use crate::rules::{History, Policy, Rule, Spent, Sum, Window};
use crate::spend::{Charge, Rail, Spend};
use farebox_money::{MicroUsd, Msat};
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use url::Url;

/// What is reserved, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// How it is paid.
    pub rail: Rail,
    /// Who asks to be paid.
    pub host: String,
    /// The payment hash or the authorization's nonce.
    pub payment_key: String,
    /// What it counts as, with its fee at the worst.
    pub amount: Sum,
    /// Seconds since 1970.
    pub reserved_at: u64,
}

/// What was spent before `spend`, which itself is left out.
pub(super) fn history(
    connection: &Connection,
    policy: &Policy,
    rule: &Rule,
    spend: &Spend,
    now: u64,
) -> Result<History, StoreError> {
    let (host, key) = (spend.host(), &spend.payment_key);
    let sql = "SELECT EXISTS (SELECT 1 FROM spend WHERE host = ?1 AND state = 'spent')";
    let host_is_known = connection.prepare_cached(sql)?.query_row([&host], |row| row.get(0))?;
    Ok(History {
        total: spent(connection, policy, now, "payment_key <> ?3", &[key])?,
        rule: spent(
            connection,
            policy,
            now,
            "payment_key <> ?3 AND rule = ?4",
            &[key, &rule.name],
        )?,
        host: spent(
            connection,
            policy,
            now,
            "payment_key <> ?3 AND rule = ?4 AND host = ?5",
            &[key, &rule.name, &host],
        )?,
        host_is_known,
    })
}

/// The sums of what a condition selects, in each current window. `?1` is the first second of a
/// window and `?2` the first of all of them.
fn spent(
    connection: &Connection,
    policy: &Policy,
    now: u64,
    condition: &str,
    arguments: &[&dyn ToSql],
) -> Result<Spent, StoreError> {
    let mut spent = Spent::default();
    let sql = format!(
        "SELECT coalesce(sum(msat), 0), coalesce(sum(micro_usd), 0), count(*) FROM spend
         WHERE reserved_at >= ?1 AND reserved_at >= ?2 AND state IN ('reserved', 'spent')
           AND {condition}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let first = seconds_to_db(policy.first_second(now));
    for window in Window::ALL {
        // What a clock that was set back since has put into the future counts as well.
        let start = seconds_to_db(policy.calendar.start(window, now));
        let mut all: Vec<&dyn ToSql> = vec![&start, &first];
        all.extend_from_slice(arguments);
        *spent.within_mut(window) =
            statement.query_row(all.as_slice(), |row| Ok(read_sum(row)))??;
    }
    Ok(spent)
}

fn read_sum(row: &Row<'_>) -> Result<Sum, StoreError> {
    Ok(Sum {
        msat: money(row.get(0)?)?,
        usd: MicroUsd::new(u64::try_from(row.get::<_, i64>(1)?).map_err(|_| unreadable("a sum"))?),
        calls: row.get(2)?,
    })
}

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

/// What is spent, by a policy's windows.
pub(crate) struct Sums {
    pub(crate) total: Spent,
    pub(crate) rules: Vec<(String, Spent)>,
    pub(crate) hosts: Vec<HostSpent>,
}

fn sums_by_host(
    connection: &Connection,
    policy: &Policy,
    rule: &Rule,
    now: u64,
) -> Result<Vec<HostSpent>, StoreError> {
    let sql = "SELECT DISTINCT host FROM spend
               WHERE rule = ?1 AND reserved_at >= ?2 AND state IN ('reserved', 'spent')
               ORDER BY host LIMIT 200";
    let first = seconds_to_db(policy.first_second(now));
    let mut statement = connection.prepare_cached(sql)?;
    let hosts = statement.query_map(params![rule.name, first], |row| row.get(0))?;
    let hosts = hosts.collect::<Result<Vec<String>, _>>()?;
    let sums = hosts.into_iter().map(|host| {
        let condition = "rule = ?3 AND host = ?4";
        let spent = spent(connection, policy, now, condition, &[&rule.name, &host])?;
        Ok(HostSpent { rule: rule.name.clone(), host, spent })
    });
    sums.collect()
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

impl Store {
    /// What a policy's sums are now: in all, of each rule, and of the hosts where a rule has
    /// limits for each.
    pub(crate) async fn sums(&self, policy: Policy) -> Result<Sums, StoreError> {
        let query = move |connection: &Connection| {
            let now = now_s();
            let total = spent(connection, &policy, now, "TRUE", &[])?;
            let (mut rules, mut hosts) = (Vec::new(), Vec::new());
            for rule in policy.rules.iter().chain([&Rule::fallback()]) {
                let sums = spent(connection, &policy, now, "rule = ?3", &[&rule.name])?;
                rules.push((rule.name.clone(), sums));
                if !rule.each_host.is_empty() {
                    hosts.extend(sums_by_host(connection, &policy, rule, now)?);
                }
            }
            Ok(Sums { total, rules, hosts })
        };
        self.database.read(query).await
    }

    /// What is reserved, the oldest first.
    pub(crate) async fn reservations(&self) -> Result<Vec<Reservation>, StoreError> {
        const ROWS_MAX: usize = 1_000;
        let query = |connection: &Connection| {
            let sql = "SELECT msat, micro_usd, 1, rail, host, payment_key, reserved_at FROM spend
                       WHERE state = 'reserved' ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                if found.len() == ROWS_MAX {
                    break;
                }
                found.push(Reservation {
                    amount: read_sum(row)?,
                    rail: Rail::from_db(&row.get::<_, String>(3)?)?,
                    host: row.get(4)?,
                    payment_key: row.get(5)?,
                    reserved_at: seconds_from_db(row.get(6)?)?,
                });
            }
            Ok(found)
        };
        self.database.read(query).await
    }
}
