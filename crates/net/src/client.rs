//! The HTTP client of the person or wallet at this machine: it may go wherever its user sends
//! it, private addresses included.

use crate::TrustedCertificate;
use std::time::Duration;

/// How a client is built.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Sent as `User-Agent`.
    pub user_agent: String,
    /// Time to reach the server.
    pub connect_timeout: Duration,
    /// Time without a single byte of an answer.
    pub read_timeout: Duration,
    /// Takes any certificate. Only on the user's own word.
    pub insecure_tls: bool,
    /// Trusted in place of the platform's authorities.
    pub certificate: Option<TrustedCertificate>,
    /// Whether `HTTP_PROXY` and its like count. Never for wallets, whose passwords go with
    /// every request.
    pub system_proxy: bool,
}

/// A client that could not be built.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client: {0}")]
pub struct ClientError(String);

impl ClientError {
    pub(crate) fn new(error: &dyn std::error::Error) -> Self {
        Self(error.to_string())
    }
}

/// Builds a client that follows no redirect by itself, so that no credential is ever carried
/// to another place without its caller's doing.
///
/// # Errors
/// [`ClientError`] when the platform's certificates cannot be read.
pub fn http_client(options: &ClientOptions) -> Result<reqwest::Client, ClientError> {
    prepare_tls();
    let builder = reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .danger_accept_invalid_certs(options.insecure_tls)
        .tcp_nodelay(true);
    let builder = if options.system_proxy { builder } else { builder.no_proxy() };
    let builder = match &options.certificate {
        Some(certificate) => builder.tls_backend_preconfigured(certificate.client_config()?),
        None => builder,
    };
    builder.build().map_err(|error| ClientError::new(&error))
}

/// Chooses the cryptography of TLS for this process; to be called before other clients than
/// [`http_client`]'s connect.
pub fn prepare_tls() {
    // Fails only when a provider is set already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
