//! Preimages, secrets, keys and names from the system's random numbers.

use crate::PlayError;
use bitcoin::secp256k1::SecretKey;

/// As many random bytes as the caller's array holds.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], PlayError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A node's key.
pub(crate) fn node_key() -> Result<SecretKey, PlayError> {
    loop {
        // All but 2^-128 of the 32-byte strings are keys.
        if let Ok(key) = SecretKey::from_slice(&bytes::<32>()?) {
            return Ok(key);
        }
    }
}

/// A version 4 UUID (RFC 9562), in its usual form.
pub(crate) fn uuid() -> Result<String, PlayError> {
    let random = u128::from_be_bytes(bytes()?);
    let version_and_variant = (random & !(0xf << 76) & !(0b11 << 62)) | 4 << 76 | 0b10 << 62;
    let digits = format!("{version_and_variant:032x}");
    let mut uuid = String::with_capacity(36);
    for (position, digit) in digits.chars().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    Ok(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_form() {
        let uuid = uuid().unwrap();
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
        assert_eq!(&uuid[14..15], "4", "{uuid}");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
    }
}
