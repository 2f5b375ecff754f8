//! Texts that an account signed: `personal_sign` of wallets (EIP-191, version 0x45).

use super::{Address, B256, Signature, SignatureError, keccak256};

/// What an account signs of a text: the hash of a prefix, its length in bytes, and the text.
#[must_use]
pub fn personal_digest(message: &str) -> B256 {
    let length = message.len();
    keccak256(format!("\u{19}Ethereum Signed Message:\n{length}{message}"))
}

/// The account whose key signed `message`. Wallets end a signature with 27 or 28; those that end
/// it with 0 or 1 mean the same.
///
/// # Errors
/// [`SignatureError`] when it is not the signature of an account's key.
pub fn recover_personal(message: &str, signature: &Signature) -> Result<Address, SignatureError> {
    let (v, r, s) = signature.parts()?;
    let v = if v < 2 { v + 27 } else { v };
    let signature = Signature::new([&r.0[..], &s.0, &[v]].concat())?;
    signature.recover(personal_digest(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published with web3.js: `accounts.sign("Some data", key)`.
    const ACCOUNT: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
    const SIGNATURE: &str = "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd\
                             6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";

    #[test]
    fn the_published_signature_names_its_account() {
        let digest = "0x1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655";
        assert_eq!(personal_digest("Some data").to_string(), digest);
        let signature = Signature::parse(SIGNATURE).unwrap();
        let account = recover_personal("Some data", &signature).unwrap();
        assert_eq!(account.to_checksum(None), ACCOUNT);
        assert_ne!(recover_personal("Other data", &signature), Ok(account));
    }

    #[test]
    fn zero_and_one_are_read_as_twenty_seven_and_twenty_eight() {
        let mut bytes = Signature::parse(SIGNATURE).unwrap().as_bytes().to_vec();
        bytes[64] -= 27;
        let account = recover_personal("Some data", &Signature::new(bytes).unwrap()).unwrap();
        assert_eq!(account.to_checksum(None), ACCOUNT);
        let short = Signature::new(vec![1; 64]).unwrap();
        assert_eq!(recover_personal("x", &short), Err(SignatureError::NotEcdsa));
    }
}
