//! What a Farebox token allows, as caveats.
//!
//! The issuer writes every caveat of a [`Grant`]. A holder may add caveats that narrow it; a
//! repeated one must be as strict or stricter, and one that is not known refuses the token,
//! because a restriction that is skipped is no restriction.

use super::NarrowedGrant;
use farebox_money::{MicroUsd, Msat};
use std::fmt;

/// How often a token can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// For one request.
    OneShot,
    /// Any number of times until it expires.
    TimeBounded,
}

impl TokenKind {
    /// The value of the `token_kind` caveat.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneShot => "one_shot",
            Self::TimeBounded => "time_bounded",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::OneShot, Self::TimeBounded].into_iter().find(|kind| kind.name() == name)
    }
}

/// What proves that a token's invoice was paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// The preimage, which only the payer learns.
    #[default]
    Preimage,
    /// The issuer's node, whose word is enough: for a token that nobody but its one holder ever
    /// saw, on an invoice that was shown to that holder only. The preimage proves it as well.
    Node,
}

/// The value of the `proof` caveat of [`Proof::Node`]; a token without the caveat needs its
/// preimage.
const PROOF_NODE: &str = "node";

/// The method and the path of a [`Grant`] that is good for every request to its server.
pub const EVERY: &str = "*";

/// What a token was sold for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// How often.
    pub kind: TokenKind,
    /// The HTTP method, upper case.
    pub method: String,
    /// The path, percent-encoded as the request line has it, without the query.
    pub path: String,
    /// What proves the payment.
    pub proof: Proof,
    /// The SHA-256 of the body, where the price was made from it.
    pub body_sha256: Option<[u8; 32]>,
    /// The price in dollars that the amount was made from, where it was one.
    pub price_usd: Option<MicroUsd>,
    /// What was asked for it.
    pub amount: Msat,
    /// Seconds since 1970, as it was issued; from then on it is refused. A holder can narrow a
    /// token to expire earlier.
    pub expires_at: u64,
}

/// The request that a token is shown with.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    /// The HTTP method, upper case.
    pub method: &'a str,
    /// The path without the query.
    pub path: &'a str,
    /// The SHA-256 of the body, where it was read.
    pub body_sha256: Option<[u8; 32]>,
    /// Seconds since 1970.
    pub now: u64,
}

/// Why caveats refuse a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not `key=value`, or a value that cannot be read.
    #[error("a caveat cannot be read: {0:?}")]
    Unreadable(String),
    /// A condition that this server does not know.
    #[error("unknown caveat {0:?}; a condition that cannot be checked refuses the token")]
    Unknown(String),
    /// The issuer wrote this caveat into every token, and it is not there.
    #[error("the token lacks its {0} caveat")]
    Missing(&'static str),
    /// A later caveat that would allow more than an earlier one.
    #[error("a repeated {0} caveat is wider than the first")]
    Widened(&'static str),
    /// Bought for another method.
    #[error("the token was bought for {bought} requests")]
    Method {
        /// The method that was paid for.
        bought: String,
    },
    /// Bought for another path.
    #[error("the token was bought for another path: {bought}")]
    Path {
        /// The path that was paid for.
        bought: String,
    },
    /// Bought for another body.
    #[error("the token was bought for another request body")]
    Body,
    /// Too late.
    #[error("the token expired at {at} (seconds since 1970)")]
    Expired {
        /// When, in seconds since 1970.
        at: u64,
    },
    /// A `preimage` caveat that is not the preimage shown.
    #[error("the preimage caveat differs from the preimage shown")]
    Preimage,
}

impl Grant {
    /// Whether it is good for every request to the server that issued it.
    #[must_use]
    pub fn is_server_wide(&self) -> bool {
        self.method == EVERY && self.path == EVERY
    }

    /// The caveats that say this, in their fixed order.
    #[must_use]
    pub fn to_caveats(&self) -> Vec<String> {
        let mut caveats = vec![
            format!("token_kind={}", self.kind.name()),
            format!("method={}", self.method),
            format!("path={}", self.path),
        ];
        caveats.extend((self.proof == Proof::Node).then(|| format!("proof={PROOF_NODE}")));
        caveats.extend(self.price_usd.map(|price| format!("price_micro_usd={}", price.get())));
        caveats.push(format!("amount_msat={}", self.amount.get()));
        caveats.push(format!("expires_at={}", self.expires_at));
        caveats
            .extend(self.body_sha256.map(|digest| format!("body_sha256={}", hex::encode(digest))));
        caveats
    }

    /// Reads the caveats of a token whose signature holds and checks them against a request.
    /// `preimage` is the one shown: stock clients append it as a caveat of their own.
    ///
    /// # Errors
    /// [`GrantError`] names the first caveat that refuses.
    pub fn check(
        caveats: &[Vec<u8>],
        preimage_hex: &str,
        request: RequestFacts<'_>,
    ) -> Result<Self, GrantError> {
        let narrowed = Self::read_narrowed(caveats, preimage_hex)?;
        narrowed.check(request)?;
        Ok(narrowed.issued)
    }

    /// Reads caveats without a request, as a buyer does to learn what a token is good for.
    ///
    /// # Errors
    /// [`GrantError`] when they are not a Farebox grant.
    pub fn read(caveats: &[Vec<u8>], preimage_hex: &str) -> Result<Self, GrantError> {
        Self::read_narrowed(caveats, preimage_hex).map(|narrowed| narrowed.issued)
    }

    /// Reads caveats for whatever requests they will be checked against.
    ///
    /// # Errors
    /// [`GrantError`] when they are not a Farebox grant.
    pub fn read_narrowed(
        caveats: &[Vec<u8>],
        preimage_hex: &str,
    ) -> Result<NarrowedGrant, GrantError> {
        let mut parts = Parts::default();
        for caveat in caveats {
            let text = std::str::from_utf8(caveat).map_err(|_| unreadable(caveat))?;
            let (key, value) = text.split_once('=').ok_or_else(|| unreadable(caveat))?;
            parts.take(key, value, caveat, preimage_hex)?;
        }
        let grant = Self {
            kind: parts.kind.ok_or(GrantError::Missing("token_kind"))?,
            method: parts.method.ok_or(GrantError::Missing("method"))?,
            path: parts.path.ok_or(GrantError::Missing("path"))?,
            proof: parts.proof.unwrap_or_default(),
            body_sha256: parts.body_sha256,
            price_usd: parts.price_usd,
            amount: parts.amount.ok_or(GrantError::Missing("amount_msat"))?,
            expires_at: parts.expires_at.ok_or(GrantError::Missing("expires_at"))?,
        };
        let expires_at = parts.narrowed_to.unwrap_or(grant.expires_at);
        Ok(NarrowedGrant { issued: grant, expires_at })
    }
}

#[derive(Default)]
struct Parts {
    kind: Option<TokenKind>,
    method: Option<String>,
    path: Option<String>,
    proof: Option<Proof>,
    body_sha256: Option<[u8; 32]>,
    price_usd: Option<MicroUsd>,
    amount: Option<Msat>,
    /// The first one: the issuer's.
    expires_at: Option<u64>,
    /// The last one, which is the smallest.
    narrowed_to: Option<u64>,
}

impl Parts {
    fn take(
        &mut self,
        key: &str,
        value: &str,
        caveat: &[u8],
        preimage_hex: &str,
    ) -> Result<(), GrantError> {
        let bad = || unreadable(caveat);
        match key {
            "token_kind" => {
                let kind = TokenKind::from_name(value).ok_or_else(bad)?;
                equal_or_first(&mut self.kind, kind, "token_kind")
            }
            "method" => equal_or_first(&mut self.method, value.to_owned(), "method"),
            "path" => equal_or_first(&mut self.path, value.to_owned(), "path"),
            // The issuer writes it before the amount. A holder, who can only add to the end, must
            // not free a token from its preimage.
            "proof" if self.proof.is_none() && self.amount.is_some() => {
                Err(GrantError::Widened("proof"))
            }
            "proof" if value == PROOF_NODE => {
                self.proof = Some(Proof::Node);
                Ok(())
            }
            "price_micro_usd" => {
                let price = MicroUsd::new(decimal(value).ok_or_else(bad)?);
                // The issuer writes it before the amount. A holder, who can only add to the end,
                // must not name a price where the issuer named none.
                if self.price_usd.is_none() && self.amount.is_some() {
                    return Err(GrantError::Widened("price_micro_usd"));
                }
                equal_or_first(&mut self.price_usd, price, "price_micro_usd")
            }
            "amount_msat" => {
                let amount = Msat::new(decimal(value).ok_or_else(bad)?);
                equal_or_first(&mut self.amount, amount, "amount_msat")
            }
            "body_sha256" => {
                let mut digest = [0; 32];
                hex::decode_to_slice(value, &mut digest).map_err(|_| bad())?;
                equal_or_first(&mut self.body_sha256, digest, "body_sha256")
            }
            "expires_at" => {
                let at = decimal(value).ok_or_else(bad)?;
                if self.narrowed_to.is_some_and(|earlier| at > earlier) {
                    return Err(GrantError::Widened("expires_at"));
                }
                self.expires_at = self.expires_at.or(Some(at));
                self.narrowed_to = Some(at);
                Ok(())
            }
            "proof" => Err(bad()),
            "preimage" if value.eq_ignore_ascii_case(preimage_hex) => Ok(()),
            "preimage" => Err(GrantError::Preimage),
            _ => Err(GrantError::Unknown(shorten(key.as_bytes()))),
        }
    }
}

fn equal_or_first<T: PartialEq>(
    slot: &mut Option<T>,
    value: T,
    name: &'static str,
) -> Result<(), GrantError> {
    match slot {
        Some(first) if *first != value => Err(GrantError::Widened(name)),
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}

fn decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

fn unreadable(caveat: &[u8]) -> GrantError {
    GrantError::Unreadable(shorten(caveat))
}

fn shorten(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(64).collect()
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grant() -> Grant {
        Grant {
            kind: TokenKind::OneShot,
            method: "POST".into(),
            path: "/demo/summary".into(),
            proof: Proof::Preimage,
            body_sha256: Some([7; 32]),
            price_usd: None,
            amount: Msat::new(5_000),
            expires_at: 1_000,
        }
    }

    fn request() -> RequestFacts<'static> {
        RequestFacts { method: "POST", path: "/demo/summary", body_sha256: Some([7; 32]), now: 999 }
    }

    fn check(added: &[&str], request: RequestFacts<'_>) -> Result<Grant, GrantError> {
        let own = grant().to_caveats();
        let all = own.iter().map(String::as_str).chain(added.iter().copied());
        let all: Vec<_> = all.map(|caveat| caveat.as_bytes().to_vec()).collect();
        Grant::check(&all, "ab", request)
    }

    #[test]
    fn what_was_sold_is_allowed_and_nothing_else() {
        assert_eq!(check(&[], request()), Ok(grant()));
        let other = |change: fn(&mut RequestFacts<'static>)| {
            let mut request = request();
            change(&mut request);
            check(&[], request).unwrap_err()
        };
        assert!(matches!(other(|r| r.method = "GET"), GrantError::Method { .. }));
        assert!(matches!(other(|r| r.path = "/demo/summary/"), GrantError::Path { .. }));
        assert_eq!(other(|r| r.body_sha256 = Some([8; 32])), GrantError::Body);
        assert_eq!(other(|r| r.body_sha256 = None), GrantError::Body);
        assert_eq!(other(|r| r.now = 1_000), GrantError::Expired { at: 1_000 });
    }

    #[test]
    fn a_holder_can_narrow_but_not_widen() {
        assert_eq!(check(&["expires_at=1000"], request()), Ok(grant()));
        assert_eq!(check(&["expires_at=5"], request()), Err(GrantError::Expired { at: 5 }));
        assert_eq!(check(&["expires_at=1001"], request()), Err(GrantError::Widened("expires_at")));
        let narrowed =
            check(&["expires_at=1000", "expires_at=999"], RequestFacts { now: 5, ..request() });
        assert_eq!(narrowed, Ok(grant()), "what was issued is told, not what is left of it");
        for wider in ["path=/", "method=GET", "amount_msat=1", "token_kind=time_bounded"] {
            assert!(matches!(check(&[wider], request()), Err(GrantError::Widened(_))), "{wider}");
        }
    }

    #[test]
    fn only_the_issuer_names_a_price_in_dollars() {
        let widened = Err(GrantError::Widened("price_micro_usd"));
        assert_eq!(check(&["price_micro_usd=9000000"], request()), widened);
        let in_dollars = Grant { price_usd: Some(MicroUsd::new(4_500)), ..grant() };
        let check = |added: Option<&str>| {
            let caveats = in_dollars.to_caveats().into_iter().chain(added.map(str::to_owned));
            let caveats: Vec<_> = caveats.map(String::into_bytes).collect();
            Grant::check(&caveats, "ab", request())
        };
        assert_eq!(check(None), Ok(in_dollars.clone()));
        assert_eq!(check(Some("price_micro_usd=4500")), Ok(in_dollars.clone()));
        assert_eq!(check(Some("price_micro_usd=4501")), widened);
        assert!(matches!(check(Some("price_micro_usd=-1")), Err(GrantError::Unreadable(_))));
    }

    #[test]
    fn only_the_issuer_frees_a_token_from_its_preimage() {
        let widened = Err(GrantError::Widened("proof"));
        assert_eq!(check(&["proof=node"], request()), widened);
        assert_eq!(check(&["amount_msat=5000", "proof=node"], request()), widened);
        let free = Grant { proof: Proof::Node, ..grant() };
        let check = |added: Option<&str>| {
            let caveats = free.to_caveats().into_iter().chain(added.map(str::to_owned));
            let caveats: Vec<_> = caveats.map(String::into_bytes).collect();
            Grant::check(&caveats, "ab", request())
        };
        assert_eq!(check(None), Ok(free.clone()));
        assert_eq!(check(Some("proof=node")), Ok(free.clone()));
        for unknown in ["proof=preimage", "proof=", "proof=Node"] {
            assert!(matches!(check(Some(unknown)), Err(GrantError::Unreadable(_))), "{unknown}");
        }
    }

    #[test]
    fn conditions_that_cannot_be_checked_refuse() {
        assert!(matches!(check(&["account_id=1"], request()), Err(GrantError::Unknown(_))));
        assert!(matches!(check(&["EXPIRES_AT=5"], request()), Err(GrantError::Unknown(_))));
        for garbled in
            ["expires_at", "expires_at=+5", "expires_at= 5", "body_sha256=zz", "token_kind="]
        {
            let error = check(&[garbled], request()).unwrap_err();
            assert!(matches!(error, GrantError::Unreadable(_)), "{garbled}: {error}");
        }
        let error = Grant::check(&[vec![0xff]], "", request()).unwrap_err();
        assert!(matches!(error, GrantError::Unreadable(_)));
    }

    #[test]
    fn the_preimage_caveat_of_stock_clients_is_checked() {
        assert_eq!(check(&["preimage=AB"], request()), Ok(grant()));
        assert_eq!(check(&["preimage=ac"], request()), Err(GrantError::Preimage));
    }

    #[test]
    fn every_issued_caveat_is_required() {
        let own = grant().to_caveats();
        for missing in 0..5 {
            let rest = own.iter().enumerate().filter(|(index, _)| *index != missing);
            let rest: Vec<_> = rest.map(|(_, caveat)| caveat.clone().into_bytes()).collect();
            let error = Grant::check(&rest, "", request()).unwrap_err();
            assert!(matches!(error, GrantError::Missing(_)), "{missing}: {error}");
        }
    }

    proptest! {
        #[test]
        fn added_caveats_never_widen(added in proptest::collection::vec("[a-z_]{1,12}=[ -~]{0,12}", 0..5), now in 0u64..2_000) {
            let added: Vec<_> = added.iter().map(String::as_str).collect();
            let request = RequestFacts { now, ..request() };
            if check(&added, request).is_ok() {
                prop_assert!(check(&[], request).is_ok());
            }
        }
    }
}
