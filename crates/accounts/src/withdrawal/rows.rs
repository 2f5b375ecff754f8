//! The tables `withdrawal` and `withdrawal_attempt`.

use super::fees::FeeShares;
use farebox_money::Msat;
use farebox_store::{Row as Cells, StoreError, Transaction, params};
use farebox_wire::lightning::{PaymentHash, Preimage};

/// Where a withdrawal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Set aside, and certainly not sent.
    Held,
    /// May be paid at any time.
    Sending,
    /// Paid.
    Paid,
    /// Not paid, and given back.
    Failed,
}

impl State {
    const ALL: [Self; 4] = [Self::Held, Self::Sending, Self::Paid, Self::Failed];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Sending => "sending",
            Self::Paid => "paid",
            Self::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|state| state.name() == name);
        found.ok_or_else(|| StoreError::Unreadable(format!("a withdrawal that is {name:?}")))
    }
}

/// A withdrawal as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) hash: PaymentHash,
    pub(super) id: String,
    pub(super) account: String,
    pub(super) bolt11: String,
    pub(super) amount: Msat,
    pub(super) expires_at: u64,
    pub(super) state: State,
    pub(super) attempt: u64,
    pub(super) begun_at: u64,
    pub(super) sends: u64,
    pub(super) wallet: String,
    /// The process that began or sent it last.
    pub(super) owner: String,
    pub(super) next_check_ms: i64,
    pub(super) checks: u64,
    pub(super) fee_user: Msat,
    pub(super) fee_operator: Msat,
    pub(super) failure: Option<String>,
    pub(super) preimage: Option<Preimage>,
}

impl Row {
    /// What is reserved for the fee, or what each paid of it.
    pub(super) const fn fee(&self) -> FeeShares {
        FeeShares { user: self.fee_user, operator: self.fee_operator }
    }
}

const SELECT: &str = "SELECT payment_hash, id, account, bolt11, amount_msat, expires_at, state, \
    attempt, begun_at, sends, wallet, owner, next_check_ms, checks, fee_user_msat, \
    fee_operator_msat, failure, preimage FROM withdrawal";

/// The withdrawal of a payment hash.
pub(super) fn find(
    transaction: &Transaction<'_>,
    hash: PaymentHash,
) -> Result<Option<Row>, StoreError> {
    let sql = [SELECT, " WHERE payment_hash = ?1"].concat();
    transaction.optional(&sql, params![*hash.as_bytes()], read)
}

/// Unfinished withdrawals, those first whose next look comes first.
pub(super) fn unfinished(
    transaction: &Transaction<'_>,
    len_max: usize,
) -> Result<Vec<Row>, StoreError> {
    let sql =
        [SELECT, " WHERE state IN ('held', 'sending') ORDER BY next_check_ms LIMIT ?1"].concat();
    transaction.all(&sql, params![len_max], read)
}

/// Withdrawals by their payment hash, after one of them.
pub(super) fn page(
    transaction: &Transaction<'_>,
    after: Option<PaymentHash>,
    len_max: usize,
) -> Result<Vec<Row>, StoreError> {
    let sql = [SELECT, " WHERE payment_hash > ?1 ORDER BY payment_hash LIMIT ?2"].concat();
    let after = after.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default();
    transaction.all(&sql, params![after, len_max], read)
}

fn read(row: &Cells<'_>) -> Result<Row, StoreError> {
    let amount = |place| {
        let msat = Msat::from_db(row.get(place)?);
        msat.ok_or_else(|| StoreError::Unreadable("an amount".to_owned()))
    };
    Ok(Row {
        hash: PaymentHash::new(row.get(0)?),
        id: row.get(1)?,
        account: row.get(2)?,
        bolt11: row.get(3)?,
        amount: amount(4)?,
        expires_at: row.get(5)?,
        state: State::from_name(&row.get::<String>(6)?)?,
        attempt: row.get(7)?,
        begun_at: row.get(8)?,
        sends: row.get(9)?,
        wallet: row.get(10)?,
        owner: row.get(11)?,
        next_check_ms: row.get(12)?,
        checks: row.get(13)?,
        fee_user: amount(14)?,
        fee_operator: amount(15)?,
        failure: row.get(16)?,
        preimage: row.get::<Option<[u8; 32]>>(17)?.map(Preimage::new),
    })
}

/// Writes an attempt that is held: a new row, or the same one again.
pub(super) fn hold(transaction: &Transaction<'_>, row: &Row) -> Result<(), StoreError> {
    let sql = "INSERT INTO withdrawal (payment_hash, id, account, bolt11, amount_msat, \
               expires_at, state, attempt, begun_at, sends, wallet, owner, next_check_ms, checks, \
               fee_user_msat, fee_operator_msat) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'held', ?7, ?8, 0, ?9, ?10, ?11, 0, ?12, ?13) \
               ON CONFLICT (payment_hash) DO UPDATE SET state = 'held', \
               attempt = excluded.attempt, begun_at = excluded.begun_at, sends = 0, \
               wallet = excluded.wallet, owner = excluded.owner, \
               next_check_ms = excluded.next_check_ms, checks = 0, failure = NULL, \
               fee_user_msat = excluded.fee_user_msat, \
               fee_operator_msat = excluded.fee_operator_msat \
               WHERE withdrawal.state = 'failed' AND withdrawal.account = excluded.account \
               AND withdrawal.bolt11 = excluded.bolt11";
    let [amount, fee_user, fee_operator] = [row.amount, row.fee_user, row.fee_operator].map(to_db);
    let (amount, fee_user, fee_operator) = (amount?, fee_user?, fee_operator?);
    let values = params![
        *row.hash.as_bytes(),
        row.id,
        row.account,
        row.bolt11,
        amount,
        row.expires_at,
        row.attempt,
        row.begun_at,
        row.wallet,
        row.owner,
        row.next_check_ms,
        fee_user,
        fee_operator,
    ];
    if transaction.execute(sql, values)? != 1 {
        return Err(StoreError::Unreadable("a withdrawal changed while it was begun".to_owned()));
    }
    let sql = "INSERT INTO withdrawal_attempt (payment_hash, attempt, account, begun_at) \
               VALUES (?1, ?2, ?3, ?4)";
    transaction
        .execute(sql, params![*row.hash.as_bytes(), row.attempt, row.account, row.begun_at])?;
    Ok(())
}

/// Takes a withdrawal up, if it is as `row` says; nobody else does before `next_check_ms`.
pub(super) fn take(
    transaction: &Transaction<'_>,
    row: &Row,
    next_check_ms: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE withdrawal SET next_check_ms = ?3, checks = checks + 1 \
               WHERE payment_hash = ?1 AND attempt = ?2 AND state = ?4 AND sends = ?5 \
               AND checks = ?6 AND next_check_ms = ?7";
    let (state, old) = (row.state.name(), row.next_check_ms);
    let values = params![
        *row.hash.as_bytes(),
        row.attempt,
        next_check_ms,
        state,
        row.sends,
        row.checks,
        old
    ];
    Ok(transaction.execute(sql, values)? == 1)
}

/// Notes that `owner` is about to ask the wallet, if the withdrawal is as `row` says.
pub(super) fn begin_send(
    transaction: &Transaction<'_>,
    row: &Row,
    owner: &str,
    wallet: &str,
    next_check_ms: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE withdrawal SET state = 'sending', sends = sends + 1, owner = ?3, \
               wallet = ?4, next_check_ms = ?5, checks = 0 \
               WHERE payment_hash = ?1 AND attempt = ?2 AND state = ?6 AND sends = ?7";
    let (hash, state) = (*row.hash.as_bytes(), row.state.name());
    let values = params![hash, row.attempt, owner, wallet, next_check_ms, state, row.sends];
    Ok(transaction.execute(sql, values)? == 1)
}

/// Notes when a withdrawal that is being sent is looked at next, and what the wallet said of it,
/// unless it was sent again since `row` was read.
pub(super) fn wait(
    transaction: &Transaction<'_>,
    row: &Row,
    next_check_ms: i64,
    said: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE withdrawal SET next_check_ms = ?3, failure = coalesce(?4, failure) \
               WHERE payment_hash = ?1 AND attempt = ?2 AND state = 'sending' AND sends = ?5";
    let values = params![*row.hash.as_bytes(), row.attempt, next_check_ms, said, row.sends];
    transaction.execute(sql, values)?;
    Ok(())
}

/// Writes that it is paid, and what each paid of the fee.
pub(super) fn set_paid(
    transaction: &Transaction<'_>,
    row: &Row,
    preimage: &Preimage,
    fee: FeeShares,
) -> Result<bool, StoreError> {
    let sql = "UPDATE withdrawal SET state = 'paid', preimage = ?3, failure = NULL, \
               fee_user_msat = ?4, fee_operator_msat = ?5 \
               WHERE payment_hash = ?1 AND attempt = ?2 AND state = 'sending'";
    let (user, operator) = (to_db(fee.user)?, to_db(fee.operator)?);
    let values = params![*row.hash.as_bytes(), row.attempt, *preimage.as_bytes(), user, operator];
    Ok(transaction.execute(sql, values)? == 1)
}

/// Writes that it failed, if nobody has sent it since `row` was read.
pub(super) fn set_failed(
    transaction: &Transaction<'_>,
    row: &Row,
    failure: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE withdrawal SET state = 'failed', failure = ?3, fee_user_msat = 0, \
               fee_operator_msat = 0 \
               WHERE payment_hash = ?1 AND attempt = ?2 AND state = ?4 AND sends = ?5";
    let state = row.state.name();
    let values = params![*row.hash.as_bytes(), row.attempt, failure, state, row.sends];
    Ok(transaction.execute(sql, values)? == 1)
}

/// What counts against an account's limits.
pub(super) struct Usage {
    pub(super) has_unfinished: bool,
    /// Attempts of the last hour, oldest first: when each began.
    pub(super) attempts: Vec<u64>,
    /// What was withdrawn in the last 24 hours, or is about to be.
    pub(super) day: Msat,
    /// When the first of those began.
    pub(super) day_from: Option<u64>,
    /// What the operator has ever paid of its routing fees.
    pub(super) operator_paid: Msat,
}

/// What an account has withdrawn.
pub(super) fn usage(
    transaction: &Transaction<'_>,
    account: &str,
    now_s: u64,
) -> Result<Usage, StoreError> {
    let amount =
        |msat| Msat::from_db(msat).ok_or_else(|| StoreError::Unreadable("an amount".to_owned()));
    let sql = "SELECT count(*) FROM withdrawal WHERE account = ?1 AND state IN ('held', 'sending')";
    let unfinished: u64 = transaction.one(sql, params![account], |row| row.get(0))?;
    let sql = "SELECT begun_at FROM withdrawal_attempt WHERE account = ?1 AND begun_at > ?2 \
               ORDER BY begun_at LIMIT 1000";
    let hour = now_s.saturating_sub(3_600);
    let attempts = transaction.all(sql, params![account, hour], |row| row.get(0))?;
    let sql = "SELECT CAST(coalesce(sum(amount_msat), 0) AS BIGINT), min(begun_at) \
               FROM withdrawal WHERE account = ?1 AND begun_at > ?2 AND state <> 'failed'";
    let day = now_s.saturating_sub(24 * 3_600);
    let (day, day_from) = transaction.one(sql, params![account, day], |row| {
        Ok::<_, StoreError>((amount(row.get(0)?)?, row.get(1)?))
    })?;
    let sql = "SELECT CAST(coalesce(sum(fee_operator_msat), 0) AS BIGINT) \
               FROM withdrawal WHERE account = ?1";
    let operator_paid = transaction.one(sql, params![account], |row| amount(row.get(0)?))?;
    Ok(Usage { has_unfinished: unfinished > 0, attempts, day, day_from, operator_paid })
}

fn to_db(amount: Msat) -> Result<i64, StoreError> {
    amount.to_db().ok_or_else(|| StoreError::Unreadable("an amount".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            hash: PaymentHash::new([1; 32]),
            id: "id".into(),
            account: "a".into(),
            bolt11: "lnbcrt1".into(),
            amount: Msat::new(1_000),
            expires_at: 9,
            state: State::Held,
            attempt: 1,
            begun_at: 5,
            sends: 0,
            wallet: "w".into(),
            owner: "one".into(),
            next_check_ms: 7,
            checks: 0,
            fee_user: Msat::new(10),
            fee_operator: Msat::ZERO,
            failure: None,
            preimage: None,
        }
    }

    /// Whoever acts on a row that somebody else has changed meanwhile does nothing.
    fn only_the_first_wins(transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let held = row();
        let sql = "INSERT INTO account (id, created_at) VALUES ('a', 1)";
        transaction.execute(sql, params![])?;
        hold(transaction, &held)?;
        let begin = |row: &Row, owner| begin_send(transaction, row, owner, "w", 100);
        assert!(begin(&held, "one")?);
        assert!(!begin(&held, "two")?, "sent by another");
        assert!(!set_failed(transaction, &held, "interrupted")?, "it is not held any more");
        let sending = find(transaction, held.hash)?.unwrap();
        assert_eq!((sending.state, sending.sends), (State::Sending, 1));
        assert!(take(transaction, &sending, 200)?);
        assert!(!take(transaction, &sending, 300)?, "taken up by another");
        assert!(begin(&sending, "two")?);
        assert!(!begin(&sending, "three")?, "sent again by another");
        assert!(!set_failed(transaction, &sending, "other")?, "sent again meanwhile");
        wait(transaction, &sending, 1, Some("other"))?;
        let again = find(transaction, held.hash)?.unwrap();
        assert_eq!((again.next_check_ms, &again.failure), (100, &None), "sent again meanwhile");
        let (proof, fee) = (Preimage::new([2; 32]), again.fee());
        assert!(set_paid(transaction, &again, &proof, fee)?);
        assert!(!set_paid(transaction, &again, &proof, fee)?);
        assert!(!set_failed(transaction, &again, "other")?, "it was paid");
        assert!(hold(transaction, &Row { attempt: 2, ..held }).is_err(), "a paid one stays so");
        Ok(())
    }

    #[tokio::test]
    async fn a_withdrawal_is_changed_only_by_who_found_it_as_it_is() {
        for database in farebox_testing::databases() {
            let schemas =
                || vec![farebox_store::schema(), farebox_ledger::schema(), crate::schema()];
            let store = database.open(schemas).await;
            store.write(only_the_first_wins).await.unwrap();
        }
    }
}
