use super::*;
use std::collections::BTreeSet;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

async fn directory() -> (Directory, farebox_testing::TestDatabase) {
    let database = farebox_testing::database();
    let store = database.open(|| vec![crate::schema()]).await;
    (Directory::open(store, None).await.unwrap(), database)
}

async fn take(directory: &Directory, holder: &str, lease: Duration) -> Held {
    balance(directory, holder, lease, BTreeSet::new()).await.unwrap()
}

async fn fences(directory: &Directory, holder: &'static str) -> BTreeSet<Fence> {
    let store = directory.store();
    store.write(move |transaction| still_held(transaction, holder)).await.unwrap()
}

#[tokio::test]
async fn a_newcomer_gets_its_share_when_what_was_begun_there_is_done() {
    let (directory, _database) = directory().await;
    assert_eq!(take(&directory, "a", LONG).await.epochs.len(), 64);
    assert_eq!(take(&directory, "b", LONG).await.epochs.len(), 0);
    let held = take(&directory, "a", LONG).await;
    assert_eq!((held.epochs.len(), held.leaving.len()), (64, 32));
    let deadline = Instant::now();
    let (leaving, kept) = (*held.leaving.first().unwrap(), 0);
    assert!(held.fence(leaving, deadline).is_none() && held.fence(kept, deadline).is_some());
    let drained = held.leaving.clone();
    let held = balance(&directory, "a", LONG, drained.clone()).await.unwrap();
    assert_eq!((held.epochs.len(), held.leaving.len()), (32, 0));
    let newcomer = take(&directory, "b", LONG).await;
    assert_eq!(newcomer.epochs.keys().copied().collect::<BTreeSet<_>>(), drained);
}

#[tokio::test]
async fn a_server_that_wakes_up_too_late_neither_records_nor_begins() {
    let (directory, _database) = directory().await;
    let held = take(&directory, "a", SHORT).await;
    let fence = held.fence(7, Instant::now()).unwrap();
    assert!(fences(&directory, "a").await.contains(&fence));
    tokio::time::sleep(SHORT * 2).await;
    assert!(held.fence(7, Instant::now()).is_none(), "it begins");
    assert!(fences(&directory, "a").await.is_empty(), "it records");
    let other = take(&directory, "b", SHORT).await;
    assert_eq!(other.epochs[&7], fence.epoch + 1);
    tokio::time::sleep(SHORT * 2).await;
    // It has the shard again, and what it had begun before still does not count.
    assert_eq!(take(&directory, "a", LONG).await.epochs[&7], fence.epoch + 2);
    assert!(!fences(&directory, "a").await.contains(&fence));
}

#[tokio::test]
async fn a_server_that_leaves_keeps_nobody_waiting() {
    let (directory, _database) = directory().await;
    take(&directory, "a", LONG).await;
    leave(&directory, "a").await.unwrap();
    assert_eq!(take(&directory, "b", LONG).await.epochs.len(), 64);
}
