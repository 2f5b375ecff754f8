//! Signatures of accounts: 65 bytes of ECDSA, or whatever a contract takes.

use super::{Address, B256, Bytes, key::CONTEXT, key::address_of};
use secp256k1::{Message, ecdsa};
use std::fmt;

/// A signature longer than this many bytes is not read.
pub const SIGNATURE_LEN_MAX: usize = 4_096;
const ECDSA_LEN: usize = 65;

/// A signature as it came: its form is not checked until it is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature(Bytes);

/// Why a signature is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not `0x` and an even number of hexadecimal digits.
    #[error("the signature is not written as 0x and hexadecimal digits")]
    Form,
    /// No bytes, or more than [`SIGNATURE_LEN_MAX`].
    #[error("the signature is empty or too long")]
    Length,
    /// Not the 65 bytes that the key of an account makes; a contract may still take it.
    #[error("the signature has not 65 bytes: only a contract could check it")]
    NotEcdsa,
    /// The last byte is neither 27 nor 28.
    #[error("the last byte of the signature is neither 27 nor 28, which the token demands")]
    RecoveryByte,
    /// The upper of the two possible values of s, which tokens refuse (EIP-2).
    #[error("the signature has a high s, which the token refuses: use the lower one")]
    HighS,
    /// No key makes this signature.
    #[error("the signature fits no key")]
    NoKey,
}

impl Signature {
    /// From its bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, SignatureError> {
        let bytes = bytes.into();
        if bytes.is_empty() || bytes.len() > SIGNATURE_LEN_MAX {
            return Err(SignatureError::Length);
        }
        Ok(Self(bytes))
    }

    /// Reads `0x` and hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        if text.len() > 2 + 2 * SIGNATURE_LEN_MAX {
            return Err(SignatureError::Length);
        }
        let digits = text.strip_prefix("0x").ok_or(SignatureError::Form)?;
        Self::new(hex::decode(digits).map_err(|_| SignatureError::Form)?)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Parts `(v, r, s)` of 65 bytes; v is the last byte. Nothing else is checked.
    pub fn parts(&self) -> Result<(u8, B256, B256), SignatureError> {
        let bytes: &[u8; ECDSA_LEN] =
            self.0.as_ref().try_into().map_err(|_| SignatureError::NotEcdsa)?;
        let [r @ .., v] = bytes;
        let (r, s) = r.split_at(32);
        Ok((*v, B256::from_slice(r), B256::from_slice(s)))
    }

    /// The account whose key signed `digest`: 65 bytes, v of 27 or 28, low s.
    pub fn recover(&self, digest: B256) -> Result<Address, SignatureError> {
        let (v, r, s) = self.parts()?;
        let recovery = match v {
            27 => ecdsa::RecoveryId::from_i32(0),
            28 => ecdsa::RecoveryId::from_i32(1),
            _ => return Err(SignatureError::RecoveryByte),
        };
        let recovery = recovery.map_err(|_| SignatureError::RecoveryByte)?;
        let compact = [r.0, s.0].concat();
        let signature = ecdsa::RecoverableSignature::from_compact(&compact, recovery)
            .map_err(|_| SignatureError::NoKey)?;
        let standard = signature.to_standard();
        let mut lower = standard;
        lower.normalize_s();
        if lower != standard {
            return Err(SignatureError::HighS);
        }
        CONTEXT
            .recover_ecdsa(&Message::from_digest(digest.0), &signature)
            .map(|key| address_of(&key))
            .map_err(|_| SignatureError::NoKey)
    }
}

/// `0x` and small hexadecimal digits.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(&self.0))
    }
}
