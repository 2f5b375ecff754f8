//! Both binary forms, from any base64 flavour or hexadecimal.

use super::encode::{EOS, FIELD_IDENTIFIER, FIELD_LOCATION, FIELD_SIGNATURE, FIELD_VID, V2};
use super::{CAVEATS_MAX, MACAROON_LEN_MAX, Macaroon};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD_ANY_PADDING: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL_SAFE_ANY_PADDING: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// What some servers begin a binary form of their own with; the identifier follows.
pub(crate) const BINARY_V1: [u8; 4] = [0, 0, 0, 1];

/// The binary form that a macaroon came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Packets with a hexadecimal length.
    V1,
    /// Tagged fields with a varint length.
    V2,
}

/// A text or bytes that are no macaroon we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Neither base64 of any flavour nor hexadecimal.
    #[error("the token is neither base64 nor hexadecimal")]
    Text,
    /// Longer than [`MACAROON_LEN_MAX`].
    #[error("the token is longer than {MACAROON_LEN_MAX} bytes")]
    TooLong,
    /// Not a version 1 or 2 macaroon.
    #[error("the token is no macaroon of version 1 or 2")]
    UnknownVersion,
    /// Cut off or not in the order of the format.
    #[error("the macaroon is cut off or garbled")]
    Malformed,
    /// Bytes after the signature.
    #[error("the macaroon has bytes after its signature")]
    TrailingBytes,
    /// More than [`CAVEATS_MAX`].
    #[error("the macaroon has more than {CAVEATS_MAX} caveats")]
    TooManyCaveats,
    /// A caveat that a third party would have to discharge.
    #[error("third-party caveats are not accepted")]
    ThirdPartyCaveat,
}

impl Macaroon {
    /// Reads a macaroon from base64 (standard or URL-safe, padded or not) or hexadecimal, and from
    /// a text that was encoded twice, as some servers do.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong.
    pub fn decode(text: &str) -> Result<(Self, Encoding), DecodeError> {
        // Two base64 digits, or hexadecimal ones, never stand for more than two bytes.
        if text.len() > 2 * MACAROON_LEN_MAX {
            return Err(DecodeError::TooLong);
        }
        // Hexadecimal first: its digits are base64 digits as well, but never those of a
        // macaroon, whose first byte is a version or a small length.
        if let Ok(bytes) = hex::decode(text)
            && let Ok(decoded) = Self::decode_binary(&bytes)
        {
            return Ok(decoded);
        }
        let bytes = base64_of_any_flavour(text).ok_or(DecodeError::Text)?;
        Self::decode_binary(&bytes).or_else(|error| {
            let inner = std::str::from_utf8(&bytes).ok().and_then(text_bytes);
            inner.and_then(|inner| Self::decode_binary(&inner).ok()).ok_or(error)
        })
    }

    /// Reads a macaroon from its binary form.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong.
    pub fn decode_binary(bytes: &[u8]) -> Result<(Self, Encoding), DecodeError> {
        if bytes.len() > MACAROON_LEN_MAX {
            return Err(DecodeError::TooLong);
        }
        match bytes.first() {
            Some(&V2) => decode_v2(bytes).map(|macaroon| (macaroon, Encoding::V2)),
            Some(b'0'..=b'9' | b'a'..=b'f') => {
                decode_v1(bytes).map(|macaroon| (macaroon, Encoding::V1))
            }
            _ => Err(DecodeError::UnknownVersion),
        }
    }
}

/// Base64 in either alphabet, padded or not.
pub(crate) fn base64_of_any_flavour(text: &str) -> Option<Vec<u8>> {
    STANDARD_ANY_PADDING.decode(text).or_else(|_| URL_SAFE_ANY_PADDING.decode(text)).ok()
}

/// What a text of hexadecimal or base64 digits stands for; hexadecimal where both are possible.
pub(crate) fn text_bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(text).ok().or_else(|| base64_of_any_flavour(text))
}

/// The identifier at the start of bytes that are a macaroon of version 2, or of the binary form
/// that some servers have for a version 1, whatever follows it.
pub(crate) fn leading_identifier(bytes: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = bytes.strip_prefix(&BINARY_V1) {
        let mut reader = Reader(rest);
        let len = reader.varint().ok()?;
        return reader.take(len).ok();
    }
    let mut reader = Reader(bytes.strip_prefix(&[V2])?);
    reader.optional_field(FIELD_LOCATION).ok()?;
    reader.field(FIELD_IDENTIFIER).ok()
}

fn decode_v2(bytes: &[u8]) -> Result<Macaroon, DecodeError> {
    let mut reader = Reader(bytes.get(1..).unwrap_or_default());
    let location = reader.optional_field(FIELD_LOCATION)?;
    let identifier = reader.field(FIELD_IDENTIFIER)?;
    reader.byte(EOS)?;
    let mut caveats = Vec::new();
    while reader.peek() != Some(EOS) {
        let location = reader.optional_field(FIELD_LOCATION)?;
        caveats.push(reader.field(FIELD_IDENTIFIER)?.to_vec());
        if reader.peek() == Some(FIELD_VID) {
            return Err(DecodeError::ThirdPartyCaveat);
        }
        // Only third-party caveats have one, and the signature would not cover it.
        if location.is_some() {
            return Err(DecodeError::Malformed);
        }
        reader.byte(EOS)?;
        if caveats.len() > CAVEATS_MAX {
            return Err(DecodeError::TooManyCaveats);
        }
    }
    reader.byte(EOS)?;
    let signature = reader.field(FIELD_SIGNATURE)?;
    let signature = signature.try_into().map_err(|_| DecodeError::Malformed)?;
    if !reader.0.is_empty() {
        return Err(DecodeError::TrailingBytes);
    }
    let location = location.map(<[u8]>::to_vec);
    Ok(Macaroon { location, identifier: identifier.to_vec(), caveats, signature })
}

fn decode_v1(bytes: &[u8]) -> Result<Macaroon, DecodeError> {
    let mut reader = Reader(bytes);
    let mut next = reader.packet()?;
    let mut location = None;
    if next.0 == b"location" {
        location = Some(next.1.to_vec());
        next = reader.packet()?;
    }
    if next.0 != b"identifier" {
        return Err(DecodeError::Malformed);
    }
    let identifier = next.1.to_vec();
    let mut caveats = Vec::new();
    let signature = loop {
        let (key, value) = reader.packet()?;
        match key {
            b"cid" => caveats.push(value.to_vec()),
            b"vid" | b"cl" => return Err(DecodeError::ThirdPartyCaveat),
            b"signature" => break value.try_into().map_err(|_| DecodeError::Malformed)?,
            _ => return Err(DecodeError::Malformed),
        }
        if caveats.len() > CAVEATS_MAX {
            return Err(DecodeError::TooManyCaveats);
        }
    };
    if !reader.0.is_empty() {
        return Err(DecodeError::TrailingBytes);
    }
    Ok(Macaroon { location, identifier, caveats, signature })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(DecodeError::Malformed)?;
        self.0 = tail;
        Ok(head)
    }

    fn byte(&mut self, expected: u8) -> Result<(), DecodeError> {
        let matches = self.take(1)? == [expected];
        matches.then_some(()).ok_or(DecodeError::Malformed)
    }

    fn varint(&mut self) -> Result<usize, DecodeError> {
        let mut value = 0usize;
        // Three groups of seven bits reach far past the longest macaroon.
        for shift in [0, 7, 14] {
            let [byte] = *self.take(1)? else {
                return Err(DecodeError::Malformed);
            };
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                // A number has one form, so that a token has one as well.
                let is_shortest = byte != 0 || shift == 0;
                return is_shortest.then_some(value).ok_or(DecodeError::Malformed);
            }
        }
        Err(DecodeError::Malformed)
    }

    fn field(&mut self, tag: u8) -> Result<&'a [u8], DecodeError> {
        self.byte(tag)?;
        let len = self.varint()?;
        self.take(len)
    }

    fn optional_field(&mut self, tag: u8) -> Result<Option<&'a [u8]>, DecodeError> {
        if self.peek() == Some(tag) { self.field(tag).map(Some) } else { Ok(None) }
    }

    /// `4 hexadecimal digits of the whole length | key | space | value | newline`
    fn packet(&mut self) -> Result<(&'a [u8], &'a [u8]), DecodeError> {
        let digits = std::str::from_utf8(self.take(4)?).map_err(|_| DecodeError::Malformed)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(DecodeError::Malformed);
        }
        let len = usize::from_str_radix(digits, 16).map_err(|_| DecodeError::Malformed)?;
        let body = self.take(len.checked_sub(4).ok_or(DecodeError::Malformed)?)?;
        let body = body.strip_suffix(b"\n").ok_or(DecodeError::Malformed)?;
        let space = body.iter().position(|byte| *byte == b' ').ok_or(DecodeError::Malformed)?;
        let (key, value) = body.split_at(space);
        Ok((key, value.get(1..).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{
        STANDARD as PADDED, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD,
    };

    fn sample() -> Macaroon {
        Macaroon::issue(b"key", Some("farebox"), vec![0xfb; 66]).with_caveat("path=/~?")
    }

    #[test]
    fn every_flavour_of_text_is_read() {
        let bytes = sample().encode_v2();
        let texts = [
            PADDED.encode(&bytes),
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
            hex::encode(&bytes),
            hex::encode_upper(&bytes),
            PADDED.encode(URL_SAFE.encode(&bytes)),
            URL_SAFE_NO_PAD.encode(PADDED.encode(&bytes)),
            PADDED.encode(hex::encode(&bytes)),
        ];
        for text in texts {
            assert_eq!(Macaroon::decode(&text), Ok((sample(), Encoding::V2)), "{text}");
        }
    }

    #[test]
    fn refusals_name_their_reason() {
        let good = sample().encode_v2();
        let mut trailing = good.clone();
        trailing.push(0);
        assert_eq!(Macaroon::decode_binary(&trailing), Err(DecodeError::TrailingBytes));
        assert_eq!(Macaroon::decode_binary(&good[..40]), Err(DecodeError::Malformed));
        assert_eq!(Macaroon::decode_binary(&[]), Err(DecodeError::UnknownVersion));
        assert_eq!(Macaroon::decode("!!"), Err(DecodeError::Text));
        let thrice = PADDED.encode(PADDED.encode(PADDED.encode(&good)));
        assert_eq!(Macaroon::decode(&thrice), Err(DecodeError::UnknownVersion));
        assert_eq!(Macaroon::decode(&"A".repeat(20_000)), Err(DecodeError::TooLong));
        let many = (0..=CAVEATS_MAX).fold(sample(), |macaroon, _| macaroon.with_caveat("a=b"));
        assert_eq!(Macaroon::decode_binary(&many.encode_v2()), Err(DecodeError::TooManyCaveats));
    }

    #[test]
    fn a_caveat_of_the_first_party_has_no_location() {
        let mut bytes = sample().encode_v2();
        let caveat = bytes.windows(8).position(|window| window == b"path=/~?").unwrap() - 2;
        bytes.splice(caveat..caveat, [1, 1, b'x']);
        assert_eq!(Macaroon::decode_binary(&bytes), Err(DecodeError::Malformed));
    }

    #[test]
    fn a_length_has_one_form() {
        let good = sample().encode_v2();
        let at = good.iter().position(|byte| *byte == 66).unwrap();
        let longer = [&good[..at], &[66 | 0x80, 0], &good[at + 1..]].concat();
        assert_eq!(Macaroon::decode_binary(&longer), Err(DecodeError::Malformed));
    }

    #[test]
    fn a_tower_of_small_packets_costs_no_stack() {
        let packets = b"000ecid a=b=c\n".repeat(400);
        let bytes = [b"0010identifier a\n".as_slice(), &packets].concat();
        assert!(Macaroon::decode_binary(&bytes).is_err());
    }
}
