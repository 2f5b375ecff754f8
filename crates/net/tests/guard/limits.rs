//! What an answer may take of time and memory.

use crate::support::{NameServer, PUBLIC, Server, get, usual_client};
use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::routing::any;
use farebox_net::{GuardError, Limits};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

async fn server(router: Router) -> Server {
    Server::start(format!("{PUBLIC}:0").parse().unwrap(), router).await
}

/// Says `text` to whoever asks, and then nothing for ever.
async fn raw(text: &'static [u8]) -> Url {
    let listener = TcpListener::bind(format!("{PUBLIC}:0")).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1_024]).await;
            let _ = stream.write_all(text).await;
            open.push(stream);
        }
    });
    Url::parse(&format!("http://{address}/")).unwrap()
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit() {
    let endless = || async {
        let chunks = (0..100_000).map(|_| Ok::<_, std::io::Error>("0123456789"));
        Body::from_stream(futures_util::stream::iter(chunks))
    };
    let exact = || async { "0123456789" };
    let router = Router::new().route("/endless", any(endless)).route("/exact", any(exact));
    let server = server(router).await;
    let client = usual_client(&NameServer::start().await);
    let limits = Limits { body_len_max: 10, ..Limits::default() };
    for (path, is_truncated) in [("/endless", true), ("/exact", false)] {
        let url = server.url(PUBLIC).join(path).unwrap();
        let fetched = client.get(&url, &limits).await.unwrap();
        assert_eq!(
            (fetched.body.as_ref(), fetched.is_truncated),
            (&b"0123456789"[..], is_truncated)
        );
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_counts_up_to_there() {
    let url = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc").await;
    let client = usual_client(&NameServer::start().await);
    assert!(!get(&client, &url).await.unwrap().is_truncated);
    let listener = TcpListener::bind(format!("{PUBLIC}:0")).await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 1_024]).await.unwrap(), 0);
        let answer = b"HTTP/1.1 402 Payment Required\r\ncontent-length: 30\r\n\r\nabc";
        stream.write_all(answer).await.unwrap();
    });
    let fetched = get(&client, &url).await.unwrap();
    assert_eq!((fetched.body.as_ref(), fetched.is_truncated), (&b"abc"[..], true));
}

#[tokio::test]
async fn headers_beyond_the_limit_are_refused() {
    let long = || async {
        let line = |n: usize| (format!("x-{n}"), "y".repeat(2_000));
        let mut headers = HeaderMap::new();
        for (name, value) in (0..40).map(line) {
            headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        (headers, "long")
    };
    let many = || async {
        let mut headers = HeaderMap::new();
        for _ in 0..200 {
            headers.append("x", "y".parse().unwrap());
        }
        (headers, "many")
    };
    let server = server(Router::new().route("/long", any(long)).route("/many", any(many))).await;
    let client = usual_client(&NameServer::start().await);
    let get = async |path| get(&client, &server.url(PUBLIC).join(path).unwrap()).await;
    assert_eq!(get("/long").await.unwrap_err().code(), "headers_too_long");
    assert_eq!(get("/many").await.unwrap_err().code(), "answer_malformed");
}

#[tokio::test]
async fn time_is_limited_for_the_whole_answer() {
    let client = usual_client(&NameServer::start().await);
    let limits = Limits { timeout: Duration::from_millis(300), ..Limits::default() };
    for said in [&b""[..], b"HTTP/1.1 200 OK\r\nx: y", b"HTTP/1.1 200 OK\r\n\r\nbody"] {
        let error = client.get(&raw(said).await, &limits).await.unwrap_err();
        assert!(matches!(error, GuardError::Timeout { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn failures_are_told_apart() {
    let client = usual_client(&NameServer::start().await);
    let server = server(Router::new()).await;
    let mut plain = server.url(PUBLIC);
    plain.set_scheme("https").unwrap();
    assert_eq!(get(&client, &plain).await.unwrap_err().code(), "tls_invalid");
    let url = raw(b"SSH-2.0-OpenSSH_10.0\r\n").await;
    assert_eq!(get(&client, &url).await.unwrap_err().code(), "answer_malformed");
    let closed = {
        let listener = TcpListener::bind(format!("{PUBLIC}:0")).await.unwrap();
        Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap()
    };
    assert_eq!(get(&client, &closed).await.unwrap_err().code(), "connect_failed");
}
