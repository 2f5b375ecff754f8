//! A node's own certificate is trusted when it is named, and no other is.

use crate::bench::{Backend, Bench, FUNDS, SECRET, sat};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use farebox_wallet::{WalletError, WalletUrl, open_wallet};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/contract/tls").join(name)
}

/// TLS in front of `plain`, with the certificate and key called `name`.
async fn tls(name: &str, plain: SocketAddr) -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(file(&format!("{name}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(file(&format!("{name}.key"))).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut far = acceptor.accept(stream).await.ok()?;
                let mut near = TcpStream::connect(plain).await.ok()?;
                tokio::io::copy_bidirectional(&mut far, &mut near).await.ok()
            });
        }
    });
    address
}

async fn balance(url: String) -> Result<farebox_money::Msat, WalletError> {
    let url: WalletUrl = url.parse().unwrap();
    open_wallet(&url).unwrap().balance().await
}

#[tokio::test]
async fn a_nodes_own_certificate_is_trusted_when_it_is_named_and_no_other_is() {
    let bench = Bench::open(Backend::Lnd).await;
    let macaroon = hex::encode(SECRET);
    // The node's certificate says that it is an authority and bears another name, as nodes' do.
    let own = tls("node", bench.buyer_address()).await;
    let signed = tls("signed", bench.buyer_address()).await;
    let url = |at: SocketAddr, cert: &str| format!("lnd:https://{at}?macaroon={macaroon}{cert}");
    let path = |name: &str| format!("&cert={}", file(name).display());
    let text =
        format!("&cert={}", BASE64_STANDARD.encode(std::fs::read(file("node.pem")).unwrap()));
    for trusted in [url(own, &path("node.pem")), url(own, &text), url(signed, &path("ca.pem"))] {
        assert_eq!(balance(trusted).await, Ok(sat(FUNDS)));
    }
    for wrong in [
        url(own, ""),
        url(own, &path("ca.pem")),
        url(own, &path("signed.pem")),
        url(signed, ""),
        url(signed, &path("node.pem")),
    ] {
        let refused = balance(wrong).await;
        assert!(matches!(refused, Err(WalletError::Unreachable(_))), "{refused:?}");
    }
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let key = file("node.key");
    for (path, reason) in [(key.as_path(), "not a certificate"), ("/nowhere".as_ref(), "No such")] {
        let url = format!("lnd:https://h?macaroon=00&cert={}", path.display());
        let url: WalletUrl = url.parse().unwrap();
        let error = open_wallet(&url).map(drop).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(path.to_str().unwrap()), "{error}");
    }
}
