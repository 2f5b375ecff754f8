//! What is refused before anything is looked up or sent.

use crate::support::{NameServer, client};
use farebox_net::{GuardError, Limits};
use url::Url;

/// Refused, with the code of the refusal.
const REFUSED: [(&str, &str); 75] = [
    // Another protocol.
    ("file:///etc/passwd", "scheme_refused"),
    ("ftp://example.com/x", "scheme_refused"),
    ("gopher://example.com:70/1", "scheme_refused"),
    ("data:application/json,{}", "scheme_refused"),
    ("ws://example.com/", "scheme_refused"),
    // Whose host is which.
    ("https://user:secret@example.com/", "user_info_refused"),
    ("https://example.com@127.0.0.1/", "user_info_refused"),
    ("https://:secret@example.com/", "user_info_refused"),
    // Other services.
    ("http://example.com:22/", "port_refused"),
    ("http://example.com:25/", "port_refused"),
    ("http://example.com:6379/", "port_refused"),
    ("https://example.com:0/", "port_refused"),
    // Addresses, each kind.
    ("http://0.0.0.0/", "address_refused"),
    ("http://0.1.2.3/", "address_refused"),
    ("http://10.0.0.5/", "address_refused"),
    ("http://100.64.3.2/", "address_refused"),
    ("http://127.0.0.1/", "address_refused"),
    ("http://127.99.12.7/", "address_refused"),
    ("http://169.254.10.4/", "address_refused"),
    ("http://172.16.4.9/", "address_refused"),
    ("http://172.31.255.255/", "address_refused"),
    ("http://192.0.0.8/", "address_refused"),
    ("http://192.0.2.1/", "address_refused"),
    ("http://192.88.99.1/", "address_refused"),
    ("http://192.168.1.1/", "address_refused"),
    ("http://198.18.0.1/", "address_refused"),
    ("http://198.51.100.1/", "address_refused"),
    ("http://203.0.113.9/", "address_refused"),
    ("http://224.0.0.1/", "address_refused"),
    ("http://240.0.0.1/", "address_refused"),
    ("http://255.255.255.255/", "address_refused"),
    ("http://[::]/", "address_refused"),
    ("http://[::1]/", "address_refused"),
    ("http://[100::1]/", "address_refused"),
    ("http://[fc00::1]/", "address_refused"),
    ("http://[fd00::1]/", "address_refused"),
    ("http://[fe80::1]/", "address_refused"),
    ("http://[fec0::1]/", "address_refused"),
    ("http://[ff02::1]/", "address_refused"),
    ("http://[2001:db8::1]/", "address_refused"),
    ("http://[3fff::1]/", "address_refused"),
    ("http://[5f00::1]/", "address_refused"),
    // The secrets of a cloud.
    ("http://169.254.169.254/latest/meta-data/", "address_refused"),
    ("http://168.63.129.16/", "address_refused"),
    ("http://100.100.100.200/", "address_refused"),
    ("http://[fd00:ec2::254]/", "address_refused"),
    ("http://metadata.google.internal/computeMetadata/v1/", "host_refused"),
    // One address in other spellings.
    ("http://2130706433/", "address_refused"),
    ("http://0x7f000001/", "address_refused"),
    ("http://0x7f.1/", "address_refused"),
    ("http://0177.0.0.1/", "address_refused"),
    ("http://127.1/", "address_refused"),
    ("http://0/", "address_refused"),
    ("http://127.0.0.1./", "address_refused"),
    ("http://127。0。0。1/", "address_refused"),
    ("http://①②⑦.0.0.1/", "address_refused"),
    ("http://%31%32%37.0.0.1/", "address_refused"),
    ("http://169.254.43518/", "address_refused"),
    ("http://0xa9fea9fe/", "address_refused"),
    // IPv4 inside IPv6.
    ("http://[::ffff:127.0.0.1]/", "address_refused"),
    ("http://[::ffff:a9fe:a9fe]/", "address_refused"),
    ("http://[::127.0.0.1]/", "address_refused"),
    ("http://[64:ff9b::7f00:1]/", "address_refused"),
    ("http://[64:ff9b:1::a00:1]/", "address_refused"),
    ("http://[2002:c0a8:1::]/", "address_refused"),
    ("http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "address_refused"),
    // Names that are not of the public internet.
    ("http://localhost/", "host_refused"),
    ("http://LOCALHOST./", "host_refused"),
    ("http://api.localhost/", "host_refused"),
    ("http://printer.local/", "host_refused"),
    ("http://db.internal/", "host_refused"),
    ("http://router.home.arpa/", "host_refused"),
    ("http://expyuzz4wqqyqhjn.onion/", "host_refused"),
    ("http://intranet/", "host_refused"),
    ("http://a..example.com/", "host_refused"),
];

/// Public, however unusual it looks.
const ALLOWED: [&str; 9] = [
    "https://api.example.com/v1?b=2&a=1",
    "https://api.example.com:8443/",
    "http://api.example.com:4020/",
    "https://api.example.com./",
    "https://0250.0.0.1/",
    "https://1.1.1.1/",
    "https://[2606:4700:4700::1111]/",
    "https://localhost.example.com/",
    "https://xn--bcher-kva.example.com/",
];

#[tokio::test]
async fn what_is_not_public_is_refused_by_name() {
    let name_server = NameServer::start().await;
    let client = client(&name_server, &[]);
    for (text, code) in REFUSED {
        let url = Url::parse(text).unwrap();
        let refused = client.get(&url, &Limits::default()).await.unwrap_err();
        assert_eq!(refused.code(), code, "{text}: {refused}");
        assert!(refused.is_refusal() && !refused.hint().is_empty(), "{text}");
    }
}

#[tokio::test]
async fn what_is_public_is_not() {
    let name_server = NameServer::start().await;
    let client = client(&name_server, &[]);
    for text in ALLOWED {
        assert_eq!(client.check(&Url::parse(text).unwrap()), Ok(()), "{text}");
    }
}

#[tokio::test]
async fn secrets_of_a_cloud_are_refused_whatever_is_allowed() {
    let name_server = NameServer::start().await;
    let client = client(&name_server, &["0.0.0.0/0", "::/0"]);
    for text in [
        "http://169.254.169.254/",
        "http://0xa9fea9fe/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://168.63.129.16/",
        "http://metadata.google.internal/",
    ] {
        let refused = client.check(&Url::parse(text).unwrap());
        assert!(
            matches!(refused, Err(GuardError::Address { .. } | GuardError::Host { .. })),
            "{text}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_url_that_is_too_long_is_refused() {
    let name_server = NameServer::start().await;
    let url = format!("https://example.com/?q={}", "a".repeat(9_000));
    let refused = client(&name_server, &[]).check(&Url::parse(&url).unwrap()).unwrap_err();
    assert_eq!(refused.code(), "url_invalid");
}
