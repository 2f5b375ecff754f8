//! Trust in one certificate: how a node that signed its own is known again.

use crate::ClientError;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use std::sync::Arc;

/// A certificate to be trusted in place of the platform's authorities: the server's own, or that
/// of the authority that signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedCertificate(CertificateDer<'static>);

/// A text that holds no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate in PEM form")]
pub struct NotACertificate;

impl TrustedCertificate {
    /// The first certificate of a PEM text.
    ///
    /// # Errors
    /// [`NotACertificate`] when there is none in it.
    pub fn from_pem(pem: &[u8]) -> Result<Self, NotACertificate> {
        CertificateDer::from_pem_slice(pem).map(Self).map_err(|_| NotACertificate)
    }

    /// The settings of a client that trusts this certificate and no other.
    ///
    /// # Errors
    /// [`ClientError`] when this process can do no TLS.
    pub fn client_config(&self) -> Result<ClientConfig, ClientError> {
        self.config().map_err(|error| ClientError::new(&error))
    }

    fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = PinnedVerifier::new(self.0.clone(), Arc::clone(&provider));
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth())
    }
}

/// Takes the pinned certificate itself, whatever it says of names and dates (nodes renew and
/// name theirs carelessly, and mark them as authorities), and what it has signed by the usual
/// rules.
#[derive(Debug)]
struct PinnedVerifier {
    pinned: CertificateDer<'static>,
    /// `None` where the certificate cannot be an authority.
    signed_by_it: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl PinnedVerifier {
    fn new(pinned: CertificateDer<'static>, provider: Arc<CryptoProvider>) -> Self {
        let mut roots = RootCertStore::empty();
        let signed_by_it = roots.add(pinned.clone()).ok().and_then(|()| {
            let provider = Arc::clone(&provider);
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()
        });
        Self { pinned, signed_by_it, provider }
    }
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.pinned {
            return Ok(ServerCertVerified::assertion());
        }
        let Some(verifier) = &self.signed_by_it else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
