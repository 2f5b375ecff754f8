//! Names whose answers change: what was judged is what is connected to, through the whole program.

use super::ssrf::submission;
use super::world::{World, wait_for};
use axum::Router;
use farebox_testing::name_server::NameServer;
use http::{Method, StatusCode};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use url::form_urlencoded;

/// What stands for a public address; all others of this machine are private.
const PUBLIC: &str = "127.0.0.2";
const PRIVATE: &str = "127.0.0.1";

/// A server at the public address and one at a private address, at one port.
struct Places {
    port: u16,
    at_public: Arc<AtomicUsize>,
    at_private: Arc<AtomicUsize>,
}

impl Places {
    async fn open() -> Self {
        let public = TcpListener::bind((PUBLIC, 0)).await.unwrap();
        let port = public.local_addr().unwrap().port();
        let private = TcpListener::bind((PRIVATE, port)).await.unwrap();
        Self { port, at_public: counting(public), at_private: counting(private) }
    }

    fn url(&self, name: &str) -> String {
        format!("http://{name}:{}/", self.port)
    }

    fn at_public(&self) -> usize {
        self.at_public.load(Ordering::SeqCst)
    }

    fn at_private(&self) -> usize {
        self.at_private.load(Ordering::SeqCst)
    }
}

/// Serves a 402 that says nothing, and counts who asks.
fn counting(listener: TcpListener) -> Arc<AtomicUsize> {
    let hits = Arc::<AtomicUsize>::default();
    let own = Arc::clone(&hits);
    let answer = move || async move {
        own.fetch_add(1, Ordering::SeqCst);
        StatusCode::PAYMENT_REQUIRED
    };
    let app = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    hits
}

async fn open() -> (World, Places, NameServer) {
    let name_server = NameServer::start().await;
    let allowed = format!("[\"{PUBLIC}\"]");
    let world = World::resolving_on(&allowed, name_server.address, farebox_testing::sqlite());
    (world, Places::open().await, name_server)
}

/// Each way by which a stranger names a place.
const WAYS: [&str; 6] = ["validate", "register", "recheck", "claim", "webhook", "import"];

/// Has the server look at a name; what it says of it.
async fn look(world: &World, places: &Places, way: &str, name: &str) -> String {
    let url = places.url(name);
    match way {
        "validate" => world.post("/api/v1/validate", json!({ "url": url })).await.text,
        "register" => {
            let body = json!({ "url": url, "name": "Trap", "protocol": "L402" });
            world.post("/api/v1/register", body).await.text
        }
        "recheck" => {
            let path = format!("/api/v1/services/{}/recheck", listed(world, &url).await);
            world.post(&path, json!({})).await.text
        }
        "claim" => {
            // It is looked for where the host is listed.
            listed(world, &url).await;
            let claim = json!({ "domain": name });
            world.post("/api/v1/claim", claim.clone()).await;
            world.post("/api/v1/claim/verify", claim).await.refused(422)
        }
        "webhook" => {
            let hook = json!({ "url": url, "secret": "0123456789abcdef" });
            world.post("/api/v1/webhooks", hook).await.expect(201).to_string()
        }
        _ => {
            let from: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
            let import = format!("/admin/api/import?format=jsonl&from={from}");
            world.as_admin(Method::POST, &import, None).await.text
        }
    }
}

/// Lists an address as an admin may; the id of the listing.
async fn listed(world: &World, url: &str) -> String {
    let row = json!({ "url": url, "name": "Trap", "protocol": "L402", "description": "A trap" });
    let import = "/admin/api/import?format=jsonl&source=test&trust=admin";
    world.as_admin(Method::POST, import, Some(&row)).await.expect(200);
    let text: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
    let found = world.get(&format!("/api/v1/services?q={text}")).await.expect(200);
    let rows = found["services"].as_array().unwrap();
    let row = rows.iter().find(|row| row["url"] == url).unwrap();
    row["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_turns_private_is_not_followed_there() {
    let (world, places, name_server) = open().await;
    for way in WAYS {
        let name = format!("{way}.example.net");
        name_server.serve(&name, &[&[PUBLIC], &[PRIVATE]]);
        let before = places.at_public();
        // The first look goes where the first answer leads, and every later one is refused.
        for nth in 1..=2 {
            let said = look(&world, &places, way, &name).await;
            let asked = || async { (name_server.asked(&name) >= nth).then_some(()) };
            wait_for(&format!("look-up {nth} for {way}: {said}"), asked).await;
        }
        let came = || async { (places.at_public() > before).then_some(()) };
        wait_for(&format!("the first look of {way}"), came).await;
        assert_eq!(places.at_public(), before + 1, "{way} came by the one judged look-up");
        assert_eq!(places.at_private(), 0, "{way} was led to a private place");
    }
    for way in ["validate", "register", "claim", "import"] {
        let said = look(&world, &places, way, &format!("{way}.example.net")).await;
        let is_refused = ["address_refused", "ssrf_blocked", "does not lead to public"];
        assert!(is_refused.iter().any(|word| said.contains(word)), "{way}: {said}");
        assert!(!said.contains(PRIVATE), "{way} tells the address: {said}");
    }
    // What is submitted is looked at once it is listed, as a recheck is.
    name_server.serve("submit.example.net", &[&[PRIVATE]]);
    let body = submission(&places.url("submit.example.net"));
    assert_eq!(world.post("/api/submit", body).await.refused(503), "payments_not_configured");
    assert_eq!(name_server.asked("submit.example.net"), 0);
    assert_eq!(places.at_private(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_private_address_spoils_the_whole_answer() {
    let (world, places, name_server) = open().await;
    let answers: [&[&str]; 7] = [
        &[PRIVATE],
        &[PUBLIC, PRIVATE],
        &[PUBLIC, "10.0.0.5"],
        &["169.254.169.254"],
        &["::ffff:127.0.0.1"],
        &[PUBLIC, "fd00::1"],
        &["::1"],
    ];
    for (nth, answer) in answers.iter().enumerate() {
        for way in WAYS {
            let name = format!("{way}-{nth}.example.net");
            name_server.serve(&name, &[answer]);
            let said = look(&world, &places, way, &name).await;
            let asked = || async { (name_server.asked(&name) > 0).then_some(()) };
            wait_for(&format!("the look-up for {way}: {said}"), asked).await;
        }
    }
    // A look that is not refused here comes after one that is.
    name_server.serve("last.example.net", &[&[PUBLIC]]);
    look(&world, &places, "webhook", "last.example.net").await;
    let came = || async { (places.at_public() > 0).then_some(()) };
    wait_for("the last webhook", came).await;
    assert_eq!((places.at_public(), places.at_private()), (1, 0));
}
