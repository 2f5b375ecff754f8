use super::*;
use crate::config::Settings;
use crate::server::directory::guarded;
use axum::Router;
use axum::routing::get;
use farebox_store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use url::Url;

const LIST: &str =
    r#"{"url":"https://api.example.com/x","protocol":"L402","method":"GET","name":"X"}"#;

async fn imports(store: &Store, url: &Url) -> Imports {
    let directory_settings = DirectorySettings {
        allow_addresses: vec!["127.0.0.0/8".to_owned()],
        import: vec![crate::config::directory::ImportSettings {
            name: "list".to_owned(),
            url: url.to_string(),
            format: None,
            trust: None,
            every_hours: 1,
        }],
        ..DirectorySettings::default()
    };
    let directory = Directory::open(store.clone(), None).await.unwrap();
    let settings = Settings { directory: directory_settings, ..Settings::default() };
    let client = guarded(&settings, false).unwrap();
    Imports::configured(&settings.directory, &directory, &client).unwrap().unwrap()
}

#[tokio::test]
async fn a_list_is_imported_once_in_its_time_and_by_one_server() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let answer = move || {
        count.fetch_add(1, Ordering::Relaxed);
        std::future::ready(LIST)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/list.jsonl", listener.local_addr().unwrap())).unwrap();
    let router = Router::new().route("/list.jsonl", get(answer));
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let database = farebox_testing::database();
    let schemas = || vec![farebox_store::schema(), farebox_directory::schema()];
    let store = database.open(schemas).await;
    let imports = imports(&store, &url).await;
    let list = imports.lists[0].clone();

    let other = |transaction: &Transaction<'_>| lease::take(transaction, LEASE, "other", LEASE_MS);
    assert!(store.write(other).await.unwrap());
    assert_eq!(imports.import_if_due(&list, "me").await.unwrap(), None, "another server does it");
    let back = |transaction: &Transaction<'_>| lease::give_back(transaction, LEASE, "other");
    store.write(back).await.unwrap();
    let report = imports.import_if_due(&list, "me").await.unwrap().unwrap();
    assert_eq!((report.added, report.source.as_str()), (1, "list"));
    assert_eq!(imports.import_if_due(&list, "me").await.unwrap(), None, "it is not due");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert!(store.write(other).await.unwrap(), "the lease was given back");
    server.abort();
}
