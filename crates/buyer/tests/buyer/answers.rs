//! Answers that cost nothing.

use crate::support::server::{Reply, Server};
use crate::support::{Desk, Recorder, get_request, post_request};
use farebox_buyer::{BuyError, Mode, RequestError, WriterSink};

#[tokio::test]
async fn a_request_and_its_answer_pass_through_unchanged() {
    let desk = Desk::new();
    let server = Server::start(|seen| {
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/a?b=%20c"));
        assert_eq!(seen.header("x-list"), Some("1, 2"));
        assert_eq!(seen.header("authorization"), Some("Basic dTpwQDE="));
        Reply::new(404, seen.body.clone()).header("x-answer", "yes")
    });
    let server = server.await;
    let url = server.url("/a?b=%20c#part").replace("http://", "http://u:p%401@");
    let request = post_request(&url, "body").with_header("X-List", "1, 2").unwrap();
    let (answer, body) = desk.answer(&request, Mode::Pay).await.unwrap();
    assert_eq!((answer.status.as_u16(), body.as_str(), answer.len), (404, "body", 4));
    assert_eq!(answer.headers["x-answer"], "yes");
    assert_eq!(answer.url.as_str(), server.url("/a?b=%20c"));
    assert!(answer.payment.is_none());
    assert!(desk.states().is_empty());
}

#[tokio::test]
async fn what_cannot_be_reached_or_read_is_a_network_error() {
    let desk = Desk::new();
    let server = Server::start(|seen| match seen.path.as_str() {
        "/huge" => Reply::ok("x").header("x-huge", "x".repeat(1 << 20)),
        "/cut" => Reply::ok("0123456789").cut_at(5),
        _ => Reply::none(),
    });
    let server = server.await;
    for url in [server.url("/huge"), server.url("/cut"), server.url("/silent"), dead_url().await] {
        let error = desk.get(&url).await.unwrap_err();
        assert!(matches!(error, BuyError::Network { .. }), "{url}: {error}");
        assert_eq!((error.exit_code(), error.code()), (4, "network"));
    }
    assert_eq!(server.seen().len(), 3, "an unpaid request is sent once");
}

async fn dead_url() -> String {
    Server::start(|_| Reply::none()).await.url("/")
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (text, url) in [
        ("localhost:4020/x", "http://localhost:4020/x"),
        ("127.0.0.1:4020", "http://127.0.0.1:4020/"),
        ("[::1]:4020/x", "http://[::1]:4020/x"),
        ("user:pw@localhost/x", "http://localhost/x"),
        ("example.com/x", "https://example.com/x"),
        ("localhost.example.com", "https://localhost.example.com/"),
        ("HTTP://Example.com:80/#x", "http://example.com/"),
    ] {
        assert_eq!(get_request(text).url().as_str(), url, "{text}");
    }
    let error = |text| farebox_buyer::Request::new(http::Method::GET, text).unwrap_err();
    assert!(matches!(error("ftp://example.com"), RequestError::UrlScheme(_)));
    assert!(matches!(error(""), RequestError::Url(_)));
    let request = get_request("example.com");
    assert!(request.clone().with_header("a b", "c").is_err());
    assert!(request.clone().with_header("a", "b\r\nc: d").is_err());
    assert!(request.with_header("Content-Length", "5").is_err());
}

#[tokio::test]
async fn a_limit_on_the_answer_holds() {
    let mut desk = Desk::new();
    let server = Server::start(|_| Reply::ok("0123456789")).await;
    desk.limits.body_len_max = Some(10);
    desk.get(&server.url("/")).await.unwrap();
    desk.limits.body_len_max = Some(9);
    let error = desk.get(&server.url("/")).await.unwrap_err();
    assert!(matches!(error, BuyError::TooLong { limit: 9, .. }), "{error}");
}

#[tokio::test]
async fn a_writer_gets_every_byte() {
    let desk = Desk::new();
    let server = Server::start(|_| Reply::ok("0123456789")).await;
    let mut written = Vec::new();
    let request = get_request(&server.url("/"));
    let recorder = Recorder::default();
    let mut sink = WriterSink::new(&mut written);
    desk.buyer.get(&request, &desk.limits, Mode::Pay, &recorder, &mut sink).await.unwrap();
    assert_eq!(written, b"0123456789");
}
