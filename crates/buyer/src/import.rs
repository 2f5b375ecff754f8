//! Tokens of other programs: one file each, in a folder for each host.
//!
//! The file that aperture's client and lnget keep: the macaroon's length in four bytes, the
//! macaroon (version 2), payment hash and preimage of 32 bytes each, amount and fee in
//! millisatoshis and the time in nanoseconds since 1970 of eight bytes each, all with the highest
//! byte first. A preimage of zeros is that of a payment whose outcome is not known.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_money::Msat;
use farebox_wire::l402::Identifier;
use farebox_wire::lightning::{PaymentHash, Preimage};
use farebox_wire::macaroon::Macaroon;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// Longer files are no tokens.
const FILE_LEN_MAX: usize = 64 * 1_024;
const FOLDERS_MAX: usize = 10_000;
const NAMES: [&str; 2] = ["l402.token", "lsat.token"];
const PENDING_NAMES: [&str; 2] = ["l402.token.pending", "lsat.token.pending"];
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A token that can be taken over.
#[derive(Clone)]
pub struct Import {
    /// Where it is good.
    pub url: Url,
    /// The payment that it was bought with.
    pub payment_hash: PaymentHash,
    /// What was paid.
    pub amount: Msat,
    /// The fee on top.
    pub fee: Msat,
    /// Seconds since 1970.
    pub created_at: u64,
    pub(crate) token: String,
    pub(crate) preimage: Preimage,
}

/// What was found in one place.
#[derive(Clone)]
pub enum Found {
    /// A token that can be taken over.
    Token(Box<Import>),
    /// One that cannot; says why.
    Skipped(SkipReason),
}

/// Why a token is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// Nobody knows whether it was paid.
    #[error("its payment was not finished; the program that began it knows more")]
    Pending,
    /// Longer than any token.
    #[error("the file is longer than {FILE_LEN_MAX} bytes")]
    TooLong,
    /// Not the file of a token.
    #[error("the file is not that of a token: {0}")]
    Malformed(&'static str),
    /// The preimage does not prove the payment.
    #[error("its preimage does not prove its payment")]
    FalsePreimage,
    /// The folder is not named after a host.
    #[error("the folder's name is no host")]
    NoHost,
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
}

/// What is in a folder that has a folder for each host, or is that of one host itself.
///
/// # Errors
/// When the folder cannot be read, or has too much in it.
pub fn find_tokens(folder: &Path) -> io::Result<Vec<(PathBuf, Found)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
        if folders.len() > FOLDERS_MAX {
            let text = format!("there are more than {FOLDERS_MAX} folders in it");
            return Err(io::Error::other(text));
        }
    }
    folders.sort();
    for folder in folders {
        for name in NAMES.iter().chain(&PENDING_NAMES) {
            let path = folder.join(name);
            // A link could lead anywhere.
            if std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
                let read = read_file(&path, PENDING_NAMES.contains(name));
                found.push((path, read.unwrap_or_else(Found::Skipped)));
            }
        }
    }
    Ok(found)
}

fn read_file(path: &Path, is_pending: bool) -> Result<Found, SkipReason> {
    if is_pending {
        return Err(SkipReason::Pending);
    }
    let unreadable = |error: io::Error| SkipReason::Unreadable(error.to_string());
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(FILE_LEN_MAX + 1).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let url = folder.and_then(origin_named).ok_or(SkipReason::NoHost)?;
    read_token(&bytes, url).map(|import| Found::Token(Box::new(import)))
}

/// The address of a host as such folders are named: a port follows a colon or, where file systems
/// do not take one, an underscore.
fn origin_named(folder: &str) -> Option<Url> {
    let (host, port) = match folder.rsplit_once([':', '_']) {
        Some((host, port)) if port.parse::<u16>().is_ok() => (host, Some(port)),
        _ => (folder, None),
    };
    let parsed = Host::parse(host).ok()?;
    let is_here = match &parsed {
        Host::Domain(name) if name.split('.').any(str::is_empty) => return None,
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let scheme = if is_here { "http" } else { "https" };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Url::parse(&format!("{scheme}://{parsed}{port}/")).ok()
}

/// Reads the bytes of one file.
fn read_token(bytes: &[u8], url: Url) -> Result<Import, SkipReason> {
    if bytes.len() > FILE_LEN_MAX {
        return Err(SkipReason::TooLong);
    }
    let mut reader = Reader(bytes);
    let len = usize::try_from(u32::from_be_bytes(reader.array()?))
        .map_err(|_| SkipReason::Malformed("the macaroon's length"))?;
    let macaroon = reader.take(len)?;
    let payment_hash = PaymentHash::new(reader.array()?);
    let preimage = Preimage::new(reader.array()?);
    let amount = Msat::new(u64::from_be_bytes(reader.array()?));
    let fee = Msat::new(u64::from_be_bytes(reader.array()?));
    let created_ns = i64::from_be_bytes(reader.array()?);
    if !reader.0.is_empty() {
        return Err(SkipReason::Malformed("something follows the token"));
    }
    if preimage.as_bytes() == &[0; 32] {
        return Err(SkipReason::Pending);
    }
    if preimage.hash() != payment_hash {
        return Err(SkipReason::FalsePreimage);
    }
    if amount.to_db().is_none() || fee.to_db().is_none() {
        return Err(SkipReason::Malformed("the amount is more than all bitcoin"));
    }
    let token = STANDARD.encode(macaroon);
    let (macaroon, _) =
        Macaroon::decode(&token).map_err(|_| SkipReason::Malformed("the macaroon"))?;
    let identifier = Identifier::decode(&macaroon.identifier);
    if identifier.is_some_and(|identifier| identifier.payment_hash != payment_hash) {
        return Err(SkipReason::Malformed("the macaroon is for another payment"));
    }
    let created_at = u64::try_from(created_ns).unwrap_or(0) / NANOS_PER_SECOND;
    Ok(Import { url, payment_hash, amount, fee, created_at, token, preimage })
}

/// Takes bytes off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], SkipReason> {
        let (taken, rest) =
            self.0.split_at_checked(len).ok_or(SkipReason::Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SkipReason> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| SkipReason::Malformed("it ends too early"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url() -> Url {
        Url::parse("https://a.example/").unwrap()
    }

    fn macaroon(payment_hash: PaymentHash) -> Vec<u8> {
        let identifier = Identifier { payment_hash, token_id: [1; 32] };
        Macaroon::issue(b"key", None, identifier.encode()).encode_v2()
    }

    fn file(macaroon: &[u8], hash: PaymentHash, preimage: [u8; 32]) -> Vec<u8> {
        let len = u32::try_from(macaroon.len()).unwrap();
        let mut bytes = len.to_be_bytes().to_vec();
        bytes.extend_from_slice(macaroon);
        bytes.extend_from_slice(hash.as_bytes());
        bytes.extend_from_slice(&preimage);
        for number in [5_000u64, 7, 1_790_000_000_123_456_789] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes
    }

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let preimage = Preimage::new([3; 32]);
        let macaroon = macaroon(preimage.hash());
        let import = read_token(&file(&macaroon, preimage.hash(), [3; 32]), url()).unwrap();
        assert_eq!(import.payment_hash, preimage.hash());
        assert_eq!((import.amount, import.fee), (Msat::new(5_000), Msat::new(7)));
        assert_eq!(import.created_at, 1_790_000_000);
        assert_eq!(STANDARD.decode(import.token).unwrap(), macaroon);
    }

    #[test]
    fn what_is_not_paid_or_not_proven_is_left_out() {
        let hash = Preimage::new([3; 32]).hash();
        let read = |bytes: &[u8]| read_token(bytes, url()).err().unwrap();
        assert_eq!(read(&file(&macaroon(hash), hash, [0; 32])), SkipReason::Pending);
        assert_eq!(read(&file(&macaroon(hash), hash, [4; 32])), SkipReason::FalsePreimage);
        let other = macaroon(PaymentHash::new([9; 32]));
        assert!(matches!(read(&file(&other, hash, [3; 32])), SkipReason::Malformed(_)));
        assert!(matches!(read(&file(b"no macaroon", hash, [3; 32])), SkipReason::Malformed(_)));
        let mut long = file(&macaroon(hash), hash, [3; 32]);
        long.push(0);
        assert!(matches!(read(&long), SkipReason::Malformed(_)));
        assert_eq!(read(&vec![0; FILE_LEN_MAX + 1]), SkipReason::TooLong);
    }

    #[test]
    fn folders_are_named_after_hosts() {
        for (folder, url) in [
            ("api.example.com", "https://api.example.com/"),
            ("api.example.com:8443", "https://api.example.com:8443/"),
            ("api.example.com_8443", "https://api.example.com:8443/"),
            ("localhost_8081", "http://localhost:8081/"),
            ("127.0.0.1:80", "http://127.0.0.1/"),
        ] {
            assert_eq!(origin_named(folder).unwrap().as_str(), url);
        }
        for folder in ["", "a b", "a/b", "..", "a@b", "a?b"] {
            assert!(origin_named(folder).is_none(), "{folder:?} was taken");
        }
    }

    #[test]
    fn a_folder_of_tokens_is_searched_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let hash = Preimage::new([3; 32]).hash();
        let good = file(&macaroon(hash), hash, [3; 32]);
        let at = |path: &str| folder.path().join(path);
        for host in ["a.example", "b.example", "c.example"] {
            std::fs::create_dir(at(host)).unwrap();
        }
        std::fs::write(at("a.example/l402.token"), &good).unwrap();
        std::fs::write(at("a.example/notes.txt"), "x").unwrap();
        std::fs::write(at("b.example/lsat.token.pending"), &good).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(at("a.example/l402.token"), at("c.example/l402.token")).unwrap();
        let found = find_tokens(folder.path()).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|(path, found)| {
                let path = path.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned();
                (path, matches!(found, Found::Token(_)))
            })
            .collect();
        let expected = [
            ("a.example/l402.token".to_owned(), true),
            ("b.example/lsat.token.pending".to_owned(), false),
        ];
        assert_eq!(shown, expected);
        assert_eq!(find_tokens(&at("a.example")).unwrap().len(), 1, "the folder of one host");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_token(&bytes, url());
        }

        #[test]
        fn a_token_that_is_cut_off_is_not_taken(len in 0usize..200) {
            let hash = Preimage::new([3; 32]).hash();
            let whole = file(&macaroon(hash), hash, [3; 32]);
            let cut = whole.get(..len.min(whole.len() - 1)).unwrap();
            prop_assert!(read_token(cut, url()).is_err());
        }
    }
}
