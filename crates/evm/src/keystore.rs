//! Keys in files: "keystore" JSON, version 3 (the Web3 Secret Storage Definition).

use aes::Aes128;
use ctr::cipher::{KeyIvInit, StreamCipher};
use farebox_wire::evm::{Address, EvmKey, keccak256};
use hmac::Hmac;
use serde::Deserialize;
use sha2::Sha256;
use std::path::Path;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Longer files hold no key.
const FILE_LEN_MAX: usize = 64 << 10;
/// Bounds on the work and memory that a file can ask for; a gibibyte is 2^20 x 8 x 128 bytes.
const SCRYPT_LOG_N_MAX: u8 = 20;
const SCRYPT_R_MAX: u32 = 16;
const SCRYPT_P_MAX: u32 = 16;
const PBKDF2_ROUNDS_MAX: u32 = 10_000_000;
const DERIVED_LEN: u32 = 32;

/// A key that cannot be read. Says nothing of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// The file cannot be read.
    #[error("cannot read the key file: {0}")]
    Io(#[from] std::io::Error),
    /// Neither a keystore of version 3 nor 64 hexadecimal digits.
    #[error("not a key: write 64 hexadecimal digits, or a keystore file of version 3 ({0})")]
    Form(String),
    /// The file asks for more work than any wallet writes.
    #[error("the keystore's key derivation is out of bounds")]
    TooCostly,
    /// The password is not the one that the file was written with.
    #[error("the password does not open the keystore")]
    Password,
    /// The key belongs to another address than the file says.
    #[error("the keystore holds the key of {found} and says {claimed}")]
    Address {
        /// The key's address.
        found: Address,
        /// What the file says.
        claimed: String,
    },
}

#[derive(Deserialize)]
struct Keystore {
    version: u32,
    #[serde(default)]
    address: Option<String>,
    #[serde(alias = "Crypto")]
    crypto: Crypto,
}

#[derive(Deserialize)]
struct Crypto {
    cipher: String,
    ciphertext: String,
    cipherparams: CipherParams,
    #[serde(flatten)]
    kdf: Kdf,
    mac: String,
}

#[derive(Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Deserialize)]
#[serde(tag = "kdf", content = "kdfparams", rename_all = "lowercase")]
enum Kdf {
    Scrypt { n: u64, r: u32, p: u32, dklen: u32, salt: String },
    Pbkdf2 { c: u32, prf: String, dklen: u32, salt: String },
}

/// Reads a key file: a keystore of version 3, or 64 hexadecimal digits. Deriving the key of a
/// keystore takes about a second and up to a gibibyte; not for an async task.
///
/// # Errors
/// [`KeystoreError`].
pub fn read_key_file(path: &Path, password: &str) -> Result<EvmKey, KeystoreError> {
    let bytes = Zeroizing::new(std::fs::read(path)?);
    if bytes.len() > FILE_LEN_MAX {
        return Err(KeystoreError::Form("the file is too long".to_owned()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| form(&error))?.trim();
    if text.starts_with('{') { open_keystore(text, password) } else { read_hex(text) }
}

fn read_hex(text: &str) -> Result<EvmKey, KeystoreError> {
    EvmKey::parse(text).map_err(|error| form(&error))
}

/// Opens a keystore of version 3.
///
/// # Errors
/// [`KeystoreError`].
pub fn open_keystore(json: &str, password: &str) -> Result<EvmKey, KeystoreError> {
    // The library's own words could quote the file.
    let unreadable = |_| KeystoreError::Form("its JSON is not a keystore's".to_owned());
    let keystore: Keystore = serde_json::from_str(json).map_err(unreadable)?;
    if keystore.version != 3 || keystore.crypto.cipher != "aes-128-ctr" {
        return Err(KeystoreError::Form("another version or cipher".to_owned()));
    }
    let key = decrypt(&keystore.crypto, password)?;
    let found = key.address();
    match keystore.address {
        Some(claimed) if !is_address(&claimed, found) => {
            let claimed = claimed.chars().filter(|c| !c.is_control()).take(64).collect();
            Err(KeystoreError::Address { found, claimed })
        }
        _ => Ok(key),
    }
}

fn is_address(text: &str, address: Address) -> bool {
    hex::decode(text.strip_prefix("0x").unwrap_or(text))
        .is_ok_and(|bytes| bytes == address.as_slice())
}

fn decrypt(crypto: &Crypto, password: &str) -> Result<EvmKey, KeystoreError> {
    let ciphertext = bytes(&crypto.ciphertext)?;
    let iv: [u8; 16] = fixed(&crypto.cipherparams.iv)?;
    let mac: [u8; 32] = fixed(&crypto.mac)?;
    let derived = derive(&crypto.kdf, password)?;
    let (cipher_key, mac_key) = derived.split_at(16);
    let found = keccak256([mac_key, &ciphertext].concat());
    if !bool::from(found.as_slice().ct_eq(&mac)) {
        return Err(KeystoreError::Password);
    }
    let mut secret = Zeroizing::new([0; 32]);
    if ciphertext.len() != secret.len() {
        return Err(KeystoreError::Form("its key has not 32 bytes".to_owned()));
    }
    secret.copy_from_slice(&ciphertext);
    let cipher = ctr::Ctr128BE::<Aes128>::new_from_slices(cipher_key, &iv);
    cipher.map_err(|error| form(&error))?.apply_keystream(secret.as_mut_slice());
    EvmKey::new(*secret).map_err(|error| form(&error))
}

fn derive(kdf: &Kdf, password: &str) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    let mut derived = Zeroizing::new([0; 32]);
    match kdf {
        Kdf::Scrypt { n, r, p, dklen, salt } => {
            let log_n = u8::try_from(n.trailing_zeros()).unwrap_or(u8::MAX);
            let is_bounded = n.is_power_of_two()
                && (1..=SCRYPT_LOG_N_MAX).contains(&log_n)
                && (1..=SCRYPT_R_MAX).contains(r)
                && (1..=SCRYPT_P_MAX).contains(p);
            if !is_bounded || *dklen != DERIVED_LEN {
                return Err(KeystoreError::TooCostly);
            }
            let params =
                scrypt::Params::new(log_n, *r, *p).map_err(|_| KeystoreError::TooCostly)?;
            scrypt::scrypt(password.as_bytes(), &bytes(salt)?, &params, derived.as_mut_slice())
                .map_err(|error| form(&error))?;
        }
        Kdf::Pbkdf2 { c, prf, dklen, salt } => {
            if !(1..=PBKDF2_ROUNDS_MAX).contains(c) || *dklen != DERIVED_LEN {
                return Err(KeystoreError::TooCostly);
            }
            if prf != "hmac-sha256" {
                return Err(KeystoreError::Form("another key derivation".to_owned()));
            }
            pbkdf2::pbkdf2::<Hmac<Sha256>>(
                password.as_bytes(),
                &bytes(salt)?,
                *c,
                derived.as_mut_slice(),
            )
            .map_err(|error| form(&error))?;
        }
    }
    Ok(derived)
}

fn bytes(text: &str) -> Result<Vec<u8>, KeystoreError> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|error| form(&error))
}

fn fixed<const N: usize>(text: &str) -> Result<[u8; N], KeystoreError> {
    let wrong = || KeystoreError::Form("a field has the wrong length".to_owned());
    bytes(text)?.try_into().map_err(|_| wrong())
}

fn form(error: &dyn std::fmt::Display) -> KeystoreError {
    KeystoreError::Form(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    // The two test vectors of the Web3 Secret Storage Definition; the password is "testpassword".
    const KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
    const PBKDF2: &str = r#"{"crypto":{"cipher":"aes-128-ctr",
        "cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256",
        "salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
        "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
        "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
    const SCRYPT: &str = r#"{"crypto":{"cipher":"aes-128-ctr",
        "cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"p":8,"r":1,
        "salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
        "mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},
        "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;

    fn address() -> Address {
        EvmKey::parse(KEY).unwrap().address()
    }

    #[test]
    fn the_vectors_of_the_definition_open() {
        assert_eq!(open_keystore(PBKDF2, "testpassword").unwrap().address(), address());
        assert_eq!(open_keystore(SCRYPT, "testpassword").unwrap().address(), address());
    }

    #[test]
    fn a_wrong_password_opens_nothing() {
        let wrong = open_keystore(SCRYPT, "Testpassword");
        assert!(matches!(wrong, Err(KeystoreError::Password)));
    }

    #[test]
    fn a_file_cannot_ask_for_endless_work() {
        let costly = [
            SCRYPT.replace("262144", "1073741824"),
            SCRYPT.replace("262144", "262143"),
            SCRYPT.replace("\"r\":1", "\"r\":4000000000"),
            PBKDF2.replace("262144", "4000000000"),
            PBKDF2.replace("\"dklen\":32", "\"dklen\":16"),
        ];
        for json in costly {
            assert!(matches!(open_keystore(&json, ""), Err(KeystoreError::TooCostly)), "{json}");
        }
    }

    #[test]
    fn a_key_is_never_in_an_error() {
        let error = read_hex(&KEY[..63]).unwrap_err().to_string();
        assert!(!error.contains(&KEY[..8]), "{error}");
        let named = PBKDF2.replace("{\"crypto\"", "{\"address\":\"00\",\"crypto\"");
        let error = open_keystore(&named, "testpassword").unwrap_err();
        assert!(matches!(error, KeystoreError::Address { .. }));
    }
}
