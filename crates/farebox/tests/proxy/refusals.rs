//! Who may not use it.

use crate::common::seller::Market;
use crate::common::stderr;
use crate::support::{Proxy, Stand, client, code};
use farebox_money::Msat;
use std::io::{Read, Write};
use std::net::TcpStream;

/// What is answered to a request that is written out byte by byte.
async fn raw(proxy: &Proxy, request: String) -> String {
    let address = proxy.address().to_owned();
    let ask = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_browsers_spend_nothing() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let url = stand.at("/echo");
    let (own, host) = (proxy.address(), stand.url.trim_start_matches("http://"));
    for header in [
        "Origin: http://evil.example",
        "Origin: null",
        "Referer: http://evil.example/",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Mode: no-cors",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/130.0",
    ] {
        for head in [
            format!("GET /{url} HTTP/1.1\r\nHost: {own}"),
            format!("GET {url} HTTP/1.1\r\nHost: {host}"),
        ] {
            let request = format!("{head}\r\n{header}\r\nConnection: close\r\n\r\n");
            let answer = raw(&proxy, request).await;
            assert!(answer.starts_with("HTTP/1.1 403"), "{header}: {answer}");
            assert!(answer.contains("x-farebox-error: browser_refused"), "{answer}");
            assert!(!answer.to_lowercase().contains("access-control"), "{answer}");
        }
    }
    assert!(stand.asked().is_empty());
    assert_eq!(market.spent().await, Msat::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_pointed_at_this_machine_is_refused() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let url = stand.at("/free");
    let port = proxy.address().rsplit(':').next().unwrap();
    for host in
        [format!("evil.example:{port}"), "127.0.0.1:1".into(), "localhost".into(), String::new()]
    {
        let request = format!("GET /{url} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = raw(&proxy, request).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{host}: {answer}");
    }
    assert!(stand.asked().is_empty());
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")]
    {
        let request = format!("GET /{url} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = raw(&proxy, request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_is_refused_with_the_way_to_go() {
    let market = Market::open().await;
    let proxy = Proxy::start(&market, &[]);
    let request = "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nConnection: close\r\n\r\n";
    let answer = raw(&proxy, request.into()).await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert!(answer.contains(&format!("{}https://api.example.com/", proxy.url)), "{answer}");
    let own = proxy.of(&proxy.of("http://api.example.com/"));
    let answer = client().get(own).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), code(answer).await.as_str()), (508, "loop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_listens_on_this_machine_only() {
    let market = Market::open().await;
    for address in ["0.0.0.0:0", "192.0.2.1:4021", "[::]:0", "[2001:db8::1]:4021"] {
        let output = market.run(&["proxy", "--listen", address]).await;
        assert_eq!(output.status.code(), Some(2), "{address}");
        assert!(stderr(&output).contains("this machine only"), "{}", stderr(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lacks_the_token_spends_nothing() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &["--require-token"]), Stand::open(&market).await);
    let token = std::fs::read_to_string(market.data().join("proxy.token")).unwrap();
    let (token, url) = (token.trim(), stand.at("/echo"));
    let get = |url: &str| client().get(proxy.of(url));
    let wrong = [
        get(&url),
        get(&format!("token/{}/{url}", "0".repeat(48))),
        get(&url).header("Proxy-Authorization", "Bearer 0"),
        get(&url).header("Proxy-Authorization", "Basic x"),
        get(&url).header("Authorization", format!("Bearer {token}")),
    ];
    for request in wrong {
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), code(answer).await.as_str()),
            (407, "token_required")
        );
    }
    assert!(stand.asked().is_empty());
    let through = reqwest::Proxy::http(&proxy.url).unwrap().basic_auth("farebox", token);
    let through = reqwest::Client::builder().proxy(through).build().unwrap();
    let right = [
        get(&format!("token/{token}/{url}")),
        get(&url).header("Proxy-Authorization", format!("Bearer {token}")),
        // Who has the token may call itself what it likes.
        through.get(&url).header("User-Agent", "Mozilla/5.0"),
    ];
    for request in right {
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let seen = format!(
        "{:?}",
        stand.asked().iter().map(|asked| asked.headers.clone()).collect::<Vec<_>>()
    );
    assert!(!seen.contains(token), "{seen}");
    assert_eq!(market.spent().await, Msat::new(15_000));
}
