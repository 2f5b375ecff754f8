//! The certificate in a wallet's URL.

use crate::{OpenError, WalletUrlError};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use farebox_net::TrustedCertificate;
use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;

/// Longer certificates are refused; real ones are a few kilobytes.
const CERTIFICATE_LEN_MAX: u64 = 64 * 1_024;
const PEM_BEGIN: &[u8] = b"-----BEGIN";
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// A PEM text in base64, or the file that holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CertificateSource {
    Given(TrustedCertificate),
    File(PathBuf),
}

impl FromStr for CertificateSource {
    type Err = WalletUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = "a PEM certificate in base64, or a path";
        let bad = WalletUrlError::Value { name: "cert", wanted };
        match decode(text).filter(|pem| pem.starts_with(PEM_BEGIN)) {
            Some(pem) => TrustedCertificate::from_pem(&pem).map(Self::Given).map_err(|_| bad),
            None if text.is_empty() => Err(bad),
            None => Ok(Self::File(text.into())),
        }
    }
}

impl CertificateSource {
    /// The certificate, from its file where it is in one.
    pub(crate) fn read(self) -> Result<TrustedCertificate, OpenError> {
        let path = match self {
            Self::Given(certificate) => return Ok(certificate),
            Self::File(path) => path,
        };
        let unusable = |reason: String| OpenError::Certificate { path: path.clone(), reason };
        let file = std::fs::File::open(&path).map_err(|error| unusable(error.to_string()))?;
        let mut pem = Vec::new();
        let read = file.take(CERTIFICATE_LEN_MAX).read_to_end(&mut pem);
        read.map_err(|error| unusable(error.to_string()))?;
        TrustedCertificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))
    }
}

/// Base64 of either alphabet, with or without padding.
fn decode(text: &str) -> Option<Vec<u8>> {
    let decode = |alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(text).ok();
    decode(&alphabet::STANDARD).or_else(|| decode(&alphabet::URL_SAFE))
}
