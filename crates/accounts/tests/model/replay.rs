//! The ledger's log, posted once more by the pure rules.

use farebox_ledger::{AccountKey, Books, NewTransfer, Posted, Report, TransferCode, writer};
use farebox_money::Msat;
use farebox_store::{Store, StoreError, Transaction, params};

const PAGE_LEN: usize = 5_000;

/// Panics unless the pure books end where the database's do, account by account and digest by
/// digest.
pub async fn agrees(store: &Store, report: &Report) {
    let mut books = Books::default();
    let mut after = 0;
    loop {
        let page = move |transaction: &Transaction<'_>| read_page(transaction, after);
        let transfers = store.read(page).await.unwrap();
        for (transfer, at_ms) in &transfers {
            let posted = books.post(std::slice::from_ref(transfer), *at_ms);
            assert_eq!(posted, Ok(Posted::Now), "{transfer:?}");
        }
        after += u64::try_from(transfers.len()).unwrap();
        if transfers.len() < PAGE_LEN {
            break;
        }
    }
    assert_eq!((after, books.head()), (report.transfers, report.head));
    for (account, balance) in books.balances() {
        let account = account.clone();
        let read = move |transaction: &Transaction<'_>| writer::balance(transaction, &account);
        assert_eq!(store.read(read).await.unwrap(), balance);
    }
}

fn read_page(
    transaction: &Transaction<'_>,
    after: u64,
) -> Result<Vec<(NewTransfer, i64)>, StoreError> {
    let sql = "SELECT t.code, t.reference, t.leg, d.key, c.key, t.amount_msat, t.at_ms \
               FROM ledger_transfer t JOIN ledger_account d ON d.id = t.debit \
               JOIN ledger_account c ON c.id = t.credit WHERE t.seq > ?1 ORDER BY t.seq LIMIT ?2";
    transaction.all(sql, params![after, PAGE_LEN], |row| {
        let key = |place| -> Result<AccountKey, StoreError> {
            Ok(row.get::<String>(place)?.parse().unwrap())
        };
        let code = TransferCode::from_name(&row.get::<String>(0)?).unwrap();
        let amount = Msat::from_db(row.get(5)?).unwrap();
        let reference: String = row.get(1)?;
        let transfer = NewTransfer::new(code, &reference, row.get(2)?, key(3)?, key(4)?, amount);
        Ok((transfer, row.get(6)?))
    })
}
