//! What was spent, by window, rule and host.

use super::{Store, money, now_s, seconds_from_db, seconds_to_db, unreadable};
use crate::records::HostSpent;
use crate::rules::{Caps, History, Policy, Rule, Spent, Sum, Window};
use crate::spend::{Rail, Spend};
use farebox_money::MicroUsd;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, Row, ToSql, params};

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
    let sums = |caps: &Caps, condition: &str, arguments: &[&dyn ToSql]| {
        if caps.is_empty() {
            // Nothing is held against it.
            return Ok(Spent::default());
        }
        spent(connection, policy, now, condition, arguments)
    };
    let of_rule = "payment_key <> ?3 AND rule = ?4";
    let of_host = "payment_key <> ?3 AND rule = ?4 AND host = ?5";
    Ok(History {
        total: sums(&policy.total, "payment_key <> ?3", &[key])?,
        rule: sums(&rule.caps, of_rule, &[key, &rule.name])?,
        host: sums(&rule.each_host, of_host, &[key, &rule.name, &host])?,
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
