//! The vectors of the listings' texts.

use crate::double::{DIMENSIONS, Double, Manner, vector};
use farebox_directory::embedding::{DocumentVectors, Embedder, EmbedderOptions, Texts};
use farebox_directory::{Clock, schema};
use farebox_search::{Embedding, VectorIndex};
use farebox_store::{Store, schema as services_schema};
use farebox_testing::TestDatabase;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

/// For what takes a moment; seconds where a server waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server, as far as these vectors are concerned; gone when it is dropped.
struct Server {
    vectors: DocumentVectors,
    texts: Arc<Mutex<Texts>>,
    running: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn open(database: &TestDatabase) -> Store {
    Store::open(database.location.clone(), vec![services_schema(), schema()]).await.unwrap()
}

fn texts(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("Listing {number}. It answers what number {number} is.")).collect()
}

impl Server {
    fn start(store: &Store, double: &Double, name: &str, wanted: Vec<String>) -> Self {
        Self::with(store, &double.options(), name, wanted)
    }

    fn with(store: &Store, options: &EmbedderOptions, name: &str, wanted: Vec<String>) -> Self {
        let embedder = Embedder::new(options).unwrap();
        let vectors = DocumentVectors::new(store.clone(), embedder, Clock::default());
        let texts = Arc::new(Mutex::new(Texts { revision: 1, texts: wanted }));
        let source = Arc::clone(&texts);
        let changed = move |seen: Option<u64>| {
            let texts = source.lock().unwrap();
            (seen != Some(texts.revision)).then(|| texts.clone())
        };
        let running = tokio::spawn(vectors.clone().run(name.to_owned(), changed));
        Self { vectors, texts, running }
    }

    fn wants(&self, wanted: Vec<String>) {
        let mut texts = self.texts.lock().unwrap();
        *texts = Texts { revision: texts.revision + 1, texts: wanted };
    }

    async fn until(&self, what: &str, is_so: impl Fn(&DocumentVectors) -> bool) {
        let wait = async {
            while !is_so(&self.vectors) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("not {what}"));
    }

    async fn until_complete(&self) {
        self.until("complete", DocumentVectors::is_complete).await;
    }
}

#[tokio::test]
async fn every_text_gets_its_vector_once_and_for_all_servers() {
    let (database, double) = (farebox_testing::database(), Double::start().await);
    double.is(Manner::Backwards);
    let store = open(&database).await;
    let server = Server::start(&store, &double, "a", texts(0..300));
    assert!(!server.vectors.is_complete());
    server.until_complete().await;
    for text in texts(0..300) {
        let expected = Embedding::new(vector(&text, DIMENSIONS)).unwrap();
        assert!(server.vectors.get(&text).unwrap().cosine(&expected) > 0.999, "{text}");
    }
    assert_eq!(server.vectors.get("another text"), None);
    let sizes: Vec<usize> =
        double.requests().iter().map(|one| one.body["input"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [1, 128, 128, 43], "the first says how many dimensions there are");
    drop(server);

    let options = EmbedderOptions { dimensions: Some(DIMENSIONS), ..double.options() };
    let server = Server::with(&store, &options, "b", texts(0..300));
    server.until_complete().await;
    assert!(server.vectors.get(&texts(299..300)[0]).is_some());
    assert_eq!(double.asked(), 4, "what was asked for once is in the database");
}

#[tokio::test]
async fn new_texts_are_asked_for_and_old_ones_forgotten() {
    let (database, double) = (farebox_testing::database(), Double::start().await);
    let store = open(&database).await;
    let server = Server::start(&store, &double, "a", texts(0..10));
    server.until_complete().await;
    let before = server.vectors.version();
    server.wants(texts(5..15));
    server.until("there", |vectors| vectors.get(&texts(14..15)[0]).is_some()).await;
    server.until_complete().await;
    assert!(server.vectors.version() > before);
    assert_eq!(server.vectors.get(&texts(0..1)[0]), None);
    assert!(server.vectors.get(&texts(5..6)[0]).is_some());
    let index = VectorIndex::build(texts(5..15).iter().map(|text| server.vectors.get(text)));
    let query = Embedding::new(vector(&texts(7..8)[0], DIMENSIONS)).unwrap();
    assert_eq!(index.nearest(&query, None, 0.5, 1)[0].0, 2);
}

#[tokio::test]
async fn two_servers_on_one_database_do_not_ask_twice() {
    for (dimensions, repeated_max) in [(Some(DIMENSIONS), 0), (None, 1)] {
        let (database, double) = (farebox_testing::database(), Double::start().await);
        let store = open(&database).await;
        let options = EmbedderOptions { dimensions, ..double.options() };
        let a = Server::with(&store, &options, "a", texts(0..200));
        let b = Server::with(&store, &options, "b", texts(0..200));
        a.until_complete().await;
        b.until_complete().await;
        let inputs = double.requests().into_iter().map(|request| request.body["input"].clone());
        let texts = inputs.flat_map(|input| serde_json::from_value::<Vec<String>>(input).unwrap());
        let mut asked: Vec<String> = texts.collect();
        let count = asked.len();
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), 200);
        assert!(count <= 200 + repeated_max, "{count} for {dimensions:?}");
    }
}

#[tokio::test]
async fn a_service_that_fails_is_asked_again_until_it_answers() {
    let (database, double) = (farebox_testing::database(), Double::start().await);
    double.is(Manner::Status(500));
    let server = Server::start(&open(&database).await, &double, "a", texts(0..3));
    let asked = double.clone();
    server.until("asked", |_| asked.asked() == 1).await;
    assert!(!server.vectors.is_complete());
    double.is(Manner::Well);
    server.until_complete().await;
}

#[tokio::test]
async fn one_text_that_is_refused_does_not_keep_the_others_from_their_vectors() {
    let (database, double) = (farebox_testing::database(), Double::start().await);
    double.is(Manner::Refuse("number 77 "));
    let server = Server::start(&open(&database).await, &double, "a", texts(0..150));
    server.until_complete().await;
    let without: Vec<String> =
        texts(0..150).into_iter().filter(|text| server.vectors.get(text).is_none()).collect();
    assert_eq!(without, texts(77..78));
}

#[tokio::test]
async fn texts_are_cut_and_empty_ones_left_out() {
    let (database, double) = (farebox_testing::database(), Double::start().await);
    let long = "long ".repeat(10_000);
    let wanted = vec![long.clone(), String::new(), " \n".to_owned()];
    let server = Server::start(&open(&database).await, &double, "a", wanted);
    server.until_complete().await;
    assert!(server.vectors.get(&long).is_some());
    let [request] = double.requests().try_into().unwrap();
    assert_eq!(request.body["input"][0].as_str().unwrap().len(), 2_000);
}
