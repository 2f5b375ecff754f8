//! `Authorization: L402 <macaroon>[,<macaroon>…]:<preimage>`

use super::Scheme;
use crate::http_auth::{RawCredential, credentials};
use crate::lightning::Preimage;
use crate::macaroon::{DecodeError, Macaroon};

/// A header longer than this is refused unread.
pub const CREDENTIAL_LEN_MAX: usize = 8 * 1_024;
/// More macaroons than this in one credential are refused.
pub const MACAROONS_MAX: usize = 4;
/// Bare macaroon headers looked at in one request.
const BARE_LINES_MAX: usize = 4;

/// A credential as it was shown: parsed, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// At least one; all of them must hold.
    pub macaroons: Vec<Macaroon>,
    /// The proof of payment.
    pub preimage: Preimage,
}

/// A credential that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Longer than [`CREDENTIAL_LEN_MAX`].
    #[error("the credential is longer than {CREDENTIAL_LEN_MAX} bytes")]
    TooLong,
    /// The header is not text.
    #[error("the header is not plain ASCII text")]
    NotText,
    /// Nothing follows the scheme.
    #[error("the scheme is not followed by <macaroon>:<preimage>")]
    Empty,
    /// No colon: the preimage is missing.
    #[error("there is no ':' between macaroon and preimage")]
    NoPreimage,
    /// The preimage is not 64 hexadecimal digits.
    #[error("the preimage is not 64 hexadecimal digits")]
    BadPreimage,
    /// More than [`MACAROONS_MAX`].
    #[error("more than {MACAROONS_MAX} macaroons")]
    TooManyMacaroons,
    /// A macaroon cannot be read.
    #[error("{0}")]
    Macaroon(#[from] DecodeError),
    /// A bare macaroon header without the caveat that carries its preimage.
    #[error("the macaroon carries no preimage caveat")]
    NoPreimageCaveat,
}

impl Credential {
    /// Reads one `Authorization` value, which may have several credentials: the first of scheme
    /// `L402` or `LSAT`, in any case, that can be read, else why the first of them cannot. `None`
    /// when there is none, so that other rails can have a look at it.
    #[must_use]
    pub fn parse_authorization(value: &[u8]) -> Option<Result<Self, CredentialError>> {
        first_readable(credentials([value]).into_iter().filter_map(Self::of))
    }

    /// Reads the credential of a request: from its `Authorization` lines, else from those of the
    /// bare macaroon headers of gRPC clients (`Macaroon`, `Grpc-Metadata-Macaroon`). One that
    /// cannot be read counts only when there is no better.
    #[must_use]
    pub fn from_headers<'a>(
        authorization: impl IntoIterator<Item = &'a [u8]>,
        bare_macaroon: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<Result<Self, CredentialError>> {
        let shown = credentials(authorization).into_iter().filter_map(Self::of);
        let bare = bare_macaroon.into_iter().take(BARE_LINES_MAX).map(Self::parse_bare_macaroon);
        first_readable(shown.chain(bare))
    }

    fn of(raw: RawCredential<'_>) -> Option<Result<Self, CredentialError>> {
        let is_ours = [Scheme::L402, Scheme::Lsat].iter().any(|own| raw.is(own.name()));
        is_ours.then(|| Self::parse_value(raw.value))
    }

    fn parse_value(value: &[u8]) -> Result<Self, CredentialError> {
        if value.len() > CREDENTIAL_LEN_MAX {
            return Err(CredentialError::TooLong);
        }
        let rest = std::str::from_utf8(value).map_err(|_| CredentialError::NotText)?;
        // All bytes, without a stop at the first bad one: several are then compared at once.
        if !rest.bytes().fold(true, |all, byte| all & (b' '..=b'~').contains(&byte)) {
            return Err(CredentialError::NotText);
        }
        if rest.is_empty() {
            return Err(CredentialError::Empty);
        }
        let (macaroons, preimage) = rest.rsplit_once(':').ok_or(CredentialError::NoPreimage)?;
        let preimage = preimage.trim().parse().map_err(|_| CredentialError::BadPreimage)?;
        let texts: Vec<_> = macaroons.split(',').map(str::trim).collect();
        if texts.len() > MACAROONS_MAX {
            return Err(CredentialError::TooManyMacaroons);
        }
        if texts.iter().any(|text| text.is_empty()) {
            return Err(CredentialError::Empty);
        }
        let macaroons = texts.into_iter().map(|text| Ok(Macaroon::decode(text)?.0));
        Ok(Self { macaroons: macaroons.collect::<Result<_, CredentialError>>()?, preimage })
    }

    /// Reads the bare hexadecimal macaroon of a `Macaroon` or `Grpc-Metadata-Macaroon` header,
    /// whose preimage is a caveat that the client appended.
    ///
    /// # Errors
    /// [`CredentialError`] when it cannot be read.
    pub fn parse_bare_macaroon(value: &[u8]) -> Result<Self, CredentialError> {
        if value.len() > CREDENTIAL_LEN_MAX {
            return Err(CredentialError::TooLong);
        }
        let text = std::str::from_utf8(value).map_err(|_| CredentialError::NotText)?.trim();
        let bytes = hex::decode(text).map_err(|_| DecodeError::Text)?;
        let (macaroon, _) = Macaroon::decode_binary(&bytes)?;
        let caveat = macaroon.caveats.iter().find_map(|caveat| caveat.strip_prefix(b"preimage="));
        let caveat = caveat.ok_or(CredentialError::NoPreimageCaveat)?;
        let preimage = std::str::from_utf8(caveat).ok().and_then(|hex| hex.parse().ok());
        let preimage = preimage.ok_or(CredentialError::BadPreimage)?;
        Ok(Self { macaroons: vec![macaroon], preimage })
    }
}

/// The first that was read, else the first error.
fn first_readable(
    credentials: impl Iterator<Item = Result<Credential, CredentialError>>,
) -> Option<Result<Credential, CredentialError>> {
    let mut unreadable = None;
    for credential in credentials {
        match credential {
            Ok(credential) => return Some(Ok(credential)),
            Err(error) => unreadable = unreadable.or(Some(Err(error))),
        }
    }
    unreadable
}

/// The value of a client's `Authorization` header. The token is repeated byte for byte: to a
/// client it is opaque.
#[must_use]
pub fn authorization_header(scheme: Scheme, token: &str, preimage: &Preimage) -> String {
    format!("{} {token}:{}", scheme.name(), preimage.reveal_hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    fn macaroon() -> Macaroon {
        Macaroon::issue(b"key", None, vec![1; 66])
    }

    fn token() -> String {
        STANDARD.encode(macaroon().encode_v2())
    }

    fn parse(value: &str) -> Option<Result<Credential, CredentialError>> {
        Credential::parse_authorization(value.as_bytes())
    }

    #[test]
    fn variants_in_use_are_read() {
        let (token, preimage) = (token(), "0a".repeat(32));
        let one = Credential { macaroons: vec![macaroon()], preimage: Preimage::new([0x0a; 32]) };
        for value in [
            format!("L402 {token}:{preimage}"),
            format!("l402 {token}:{preimage}"),
            format!("LSAT {token}:{preimage}"),
            format!("L402   {token}:{}  ", preimage.to_uppercase()),
            format!("L402 {}:{preimage}", hex::encode(macaroon().encode_v2())),
            format!("L402 {}:{preimage}", token.trim_end_matches('=')),
            format!("L402 {}:{preimage}", token.replace('+', "-").replace('/', "_")),
        ] {
            assert_eq!(parse(&value), Some(Ok(one.clone())), "{value}");
        }
        let two = parse(&format!("L402 {token}, {token}:{preimage}")).unwrap().unwrap();
        assert_eq!(two.macaroons.len(), 2);
        let built = authorization_header(Scheme::L402, &token, &one.preimage);
        assert_eq!(parse(&built), Some(Ok(one)));
    }

    #[test]
    fn other_schemes_are_left_alone() {
        for value in ["", "Bearer abl_x", "Payment eyJ", "L402x a:b", "Basic L402"] {
            assert_eq!(parse(value), None, "{value}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_many_is_refused_unread() {
        let (token, preimage) = (token(), "0a".repeat(32));
        let long = format!("L402 {}:{preimage}", "A".repeat(CREDENTIAL_LEN_MAX));
        assert_eq!(parse(&long), Some(Err(CredentialError::TooLong)));
        let bare = "0".repeat(CREDENTIAL_LEN_MAX + 1);
        let bare = Credential::parse_bare_macaroon(bare.as_bytes());
        assert_eq!(bare, Err(CredentialError::TooLong));
        let many = vec![token; MACAROONS_MAX + 1].join(",");
        let many = parse(&format!("L402 {many}:{preimage}"));
        assert_eq!(many, Some(Err(CredentialError::TooManyMacaroons)));
    }

    #[test]
    fn a_readable_credential_is_found_wherever_it_stands() {
        let preimage = "0a".repeat(32);
        let good = format!("L402 {}:{preimage}", token());
        let folded = format!("Bearer abl_x, L402 broken, {good}, Payment eyJ9");
        let carrying = macaroon().with_caveat(format!("preimage={preimage}"));
        let carrying = hex::encode(carrying.encode_v2());
        fn from<'a>(
            lines: &[&'a str],
            bare: &[&'a str],
        ) -> Option<Result<Credential, CredentialError>> {
            let bytes = |texts: &[&'a str]| texts.iter().map(|t| t.as_bytes()).collect::<Vec<_>>();
            Credential::from_headers(bytes(lines), bytes(bare))
        }
        for lines in [&[&*good][..], &[&folded], &["Bearer abl_x", &good], &["L402 x", &good]] {
            let found = from(lines, &["zz"]).unwrap().unwrap();
            assert_eq!(found.macaroons, [macaroon()], "{lines:?}");
        }
        assert!(from(&["Bearer x"], &["zz", &carrying]).unwrap().is_ok());
        assert_eq!(from(&["L402 x"], &["zz"]), Some(Err(CredentialError::NoPreimage)));
        assert_eq!(from(&["Bearer x"], &[]), None);
    }

    #[test]
    fn a_bare_macaroon_brings_its_preimage_as_a_caveat() {
        let with = macaroon().with_caveat(format!("preimage={}", "0a".repeat(32)));
        let credential =
            Credential::parse_bare_macaroon(hex::encode(with.encode_v2()).as_bytes()).unwrap();
        assert_eq!(credential.preimage, Preimage::new([0x0a; 32]));
        let without = hex::encode(macaroon().encode_v2());
        assert_eq!(
            Credential::parse_bare_macaroon(without.as_bytes()),
            Err(CredentialError::NoPreimageCaveat)
        );
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(value in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Credential::parse_authorization(&value);
            let _ = Credential::parse_authorization(&[b"L402 ".as_slice(), &value].concat());
            let _ = Credential::parse_bare_macaroon(&value);
        }
    }
}
