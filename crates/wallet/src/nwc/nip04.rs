//! NIP-04: what wallets spoke before NIP-44. AES in CBC mode, without authentication; events
//! are signed.

use super::keys::random;
use crate::WalletError;
use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Between the text and its initialization vector.
pub(super) const SEPARATOR: &str = "?iv=";

/// Encrypts a text for whoever knows `shared_x`.
pub(super) fn encrypt(shared_x: &[u8; 32], text: &str) -> Result<String, WalletError> {
    let iv: [u8; 16] = random()?;
    let cipher = cbc::Encryptor::<Aes256>::new(shared_x.into(), &iv.into());
    let ciphertext = cipher.encrypt_padded_vec::<Pkcs7>(text.as_bytes());
    let (text, iv) = (BASE64_STANDARD.encode(ciphertext), BASE64_STANDARD.encode(iv));
    Ok(format!("{text}{SEPARATOR}{iv}"))
}

/// Decrypts what was encrypted by whoever knows `shared_x`.
pub(super) fn decrypt(shared_x: &[u8; 32], payload: &str) -> Result<String, WalletError> {
    let plain = payload.split_once(SEPARATOR).and_then(|(text, iv)| {
        let ciphertext = BASE64_STANDARD.decode(text).ok()?;
        let iv: [u8; 16] = BASE64_STANDARD.decode(iv).ok()?.try_into().ok()?;
        let cipher = cbc::Decryptor::<Aes256>::new(shared_x.into(), &iv.into());
        let plain = cipher.decrypt_padded_vec::<Pkcs7>(&ciphertext).ok()?;
        String::from_utf8(plain).ok()
    });
    let text = "a message that cannot be decrypted";
    plain.ok_or_else(|| WalletError::Unreadable(text.into()))
}
