//! Addresses as text, with the checksum of EIP-55.

use alloy_primitives::Address;

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `0x` and 40 hexadecimal digits.
    #[error("not an address: write 0x and 40 hexadecimal digits")]
    Form,
    /// Written in both cases, and the cases do not fit the digits (EIP-55).
    #[error("the address does not fit its own checksum: a digit is mistyped; copy it again")]
    Checksum,
}

/// Reads `0x` and 40 digits. Digits in one case carry no checksum; in mixed case it must fit.
pub fn parse_address(text: &str) -> Result<Address, AddressError> {
    let digits = text.strip_prefix("0x").ok_or(AddressError::Form)?;
    let mut bytes = [0; 20];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError::Form)?;
    let address = Address::from(bytes);
    let mixed = digits.bytes().any(|byte| byte.is_ascii_uppercase())
        && digits.bytes().any(|byte| byte.is_ascii_lowercase());
    if mixed && address.to_checksum(None) != text {
        return Err(AddressError::Checksum);
    }
    Ok(address)
}

/// Whether a text has the form of an address, whatever its checksum.
#[must_use]
pub fn is_evm_address(text: &str) -> bool {
    parse_address(text) != Err(AddressError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mistyped_address_is_noticed() {
        let right = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
        assert!(parse_address(right).is_ok());
        assert_eq!(parse_address(&right.replace('5', "6")), Err(AddressError::Checksum));
        assert_eq!(parse_address(&right.replace("fCD", "FCD")), Err(AddressError::Checksum));
        assert_eq!(parse_address(&right.to_lowercase()), parse_address(right));
        assert_eq!(
            parse_address(&format!("0x{}", right[2..].to_uppercase())),
            parse_address(right)
        );
        for text in ["", "0x", "0X833589", &right[2..], &right[..41], "YOUR_WALLET_ADDRESS"] {
            assert_eq!(parse_address(text), Err(AddressError::Form), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in any::<[u8; 20]>()) {
            let address = Address::from(bytes);
            prop_assert_eq!(parse_address(&address.to_checksum(None)), Ok(address));
            prop_assert_eq!(parse_address(&format!("{address:#x}")), Ok(address));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,60}") {
            let _ = parse_address(&text);
        }
    }
}
