//! Names: every address is judged, and the judged addresses are those that are connected to.

use crate::support::{NameServer, PUBLIC, Server, get, saying, usual_client};
use farebox_net::GuardError;
use std::net::SocketAddr;

/// A server at the public address, and one at a private address with the same port.
async fn public_and_private() -> (Server, Server) {
    let public = Server::public("public").await;
    let private = SocketAddr::from(([127, 0, 0, 1], public.address.port()));
    (public, Server::start(private, saying("private")).await)
}

#[tokio::test]
async fn the_answer_that_was_judged_is_the_one_that_is_used() {
    let (public, private) = public_and_private().await;
    let name_server = NameServer::start().await;
    name_server.serve("rebind.example.net", &[&[PUBLIC], &["127.0.0.1"]]);
    let client = usual_client(&name_server);
    let url = public.url("rebind.example.net");

    let fetched = get(&client, &url).await.unwrap();
    assert_eq!(fetched.body.as_ref(), b"public");
    assert_eq!(name_server.asked("rebind.example.net"), 1, "looked up more than once");

    // The second request is judged anew, and reuses no connection.
    let refused = get(&client, &url).await.unwrap_err();
    assert_eq!(refused.code(), "address_refused", "{refused}");
    assert_eq!((public.hits(), private.hits()), (1, 0));
}

#[tokio::test]
async fn one_private_address_refuses_the_whole_answer() {
    let (public, private) = public_and_private().await;
    let name_server = NameServer::start().await;
    let client = usual_client(&name_server);
    for (name, answer) in [
        ("both.example.net", &[PUBLIC, "10.0.0.5"][..]),
        ("last.example.net", &[PUBLIC, "1.1.1.1", "169.254.169.254"]),
        ("six.example.net", &[PUBLIC, "fd00::1"]),
        ("mapped.example.net", &["::ffff:127.0.0.2"]),
        ("loopback.example.net", &["127.0.0.1"]),
        ("loopback6.example.net", &["::1"]),
    ] {
        name_server.serve(name, &[answer]);
        let refused = get(&client, &public.url(name)).await.unwrap_err();
        assert!(matches!(refused, GuardError::Address { .. }), "{name}: {refused:?}");
        let message = refused.to_string();
        assert!(!answer.iter().any(|own| message.contains(own)), "tells an address: {message}");
    }
    assert_eq!((public.hits(), private.hits()), (0, 0));
}

#[tokio::test]
async fn names_that_lead_nowhere_are_told_as_that() {
    let public = Server::public("public").await;
    let name_server = NameServer::start().await;
    name_server.serve("empty.example.net", &[&[]]);
    let client = usual_client(&name_server);
    for name in ["missing.example.net", "empty.example.net", "broken.example.net"] {
        let error = get(&client, &public.url(name)).await.unwrap_err();
        assert_eq!(error.code(), "dns_failure", "{error}");
        assert!(!error.is_refusal());
    }
}

#[tokio::test]
async fn private_names_are_looked_up_where_networks_are_allowed() {
    let public = Server::public("public").await;
    let name_server = NameServer::start().await;
    name_server.serve("shop.internal", &[&[PUBLIC]]);
    name_server.serve("other.internal", &[&["127.0.0.1"]]);
    let client = usual_client(&name_server);
    assert!(get(&client, &public.url("shop.internal")).await.is_ok());
    let refused = get(&client, &public.url("other.internal")).await.unwrap_err();
    assert_eq!(refused.code(), "address_refused");
    let refused = get(&client, &public.url("abc.onion")).await.unwrap_err();
    assert_eq!(refused.code(), "host_refused");
}

#[tokio::test]
async fn text_records_are_read_within_limits() {
    let name_server = NameServer::start().await;
    name_server.serve_txt("_proof.example.net", &[&["one=", "1"], &["two"]]);
    let many: Vec<&[&str]> = vec![&["x"]; 80];
    name_server.serve_txt("many.example.net", &many);
    let client = usual_client(&name_server);
    let mut texts = client.txt("_proof.Example.net").await.unwrap();
    texts.sort();
    assert_eq!(texts, ["one=1", "two"]);
    assert_eq!(client.txt("many.example.net").await.unwrap().len(), 64);
    assert!(client.txt("missing.example.net").await.unwrap().is_empty());
    // A name server that fails does not say that there is no record.
    assert_eq!(client.txt("broken.example.net").await.unwrap_err().code(), "dns_failure");
    assert_eq!(client.txt("secret.onion").await.unwrap_err().code(), "host_refused");
}
