//! Tokens that may be paid in: those that the program knows, and those that a policy names.

use farebox_wire::evm::{Address, AssetId, ChainId, Network, known_asset, parse_address};
use serde::Deserialize;

/// More tokens than this are nobody's to name.
const TOKENS_MAX: usize = 100;
/// No token in use is finer.
const DECIMALS_MAX: u8 = 30;
const SYMBOL_LEN_MAX: usize = 16;

/// What has to be known of a token for a limit to count it. One token is worth one dollar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownToken {
    /// Which token.
    pub token: AssetId,
    /// What people call it.
    pub symbol: String,
    /// One token is 10 to the power of this many units.
    pub decimals: u8,
}

/// The chain Tempo: its tokens are moved by transactions of the payer, and take no signatures.
pub(crate) const TEMPO: ChainId = ChainId::new(4_217);
/// Its test network, Moderato.
pub(crate) const TEMPO_TEST: ChainId = ChainId::new(42_431);

const TEMPO_DECIMALS: u8 = 6;
/// The dollars of Tempo by the last bytes of their addresses (draft-tempo-charge-00).
const TEMPO_TOKENS: [(ChainId, u64, &str); 5] = [
    (TEMPO, 0xb953_7d11_c60e_8b50, "USDC.e"),
    (TEMPO_TEST, 0, "pathUSD"),
    (TEMPO_TEST, 1, "AlphaUSD"),
    (TEMPO_TEST, 2, "BetaUSD"),
    (TEMPO_TEST, 3, "ThetaUSD"),
];

/// What is known of a token: by the program, or by the policy that `named` comes from. `None` for
/// any other, and for one that is not worth a dollar.
pub(crate) fn find(token: AssetId, named: &[KnownToken]) -> Option<KnownToken> {
    if let Some(asset) = known_asset(token).filter(|asset| asset.is_dollar) {
        let symbol = asset.symbol.to_owned();
        return Some(KnownToken { token, symbol, decimals: asset.decimals });
    }
    let tempo = TEMPO_TOKENS.iter().find(|(chain, last, _)| token == tempo_token(*chain, *last));
    if let Some((_, _, symbol)) = tempo {
        return Some(KnownToken { token, symbol: (*symbol).to_owned(), decimals: TEMPO_DECIMALS });
    }
    named.iter().find(|named| named.token == token).cloned()
}

/// The tokens of Tempo have addresses that begin with the same bytes.
fn tempo_token(chain: ChainId, last: u64) -> AssetId {
    let mut address = [0; 20];
    address[0] = 0x20;
    address[1] = 0xc0;
    let tail = last.to_be_bytes();
    address.iter_mut().rev().zip(tail.iter().rev()).for_each(|(slot, byte)| *slot = *byte);
    AssetId { chain, address: Address::from(address) }
}

/// `[[tokens]]` of a policy, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawToken {
    network: String,
    address: String,
    symbol: String,
    decimals: u8,
}

impl RawToken {
    pub(super) fn check_all(tokens: Vec<Self>) -> Result<Vec<KnownToken>, String> {
        if tokens.len() > TOKENS_MAX {
            return Err(format!("there can be {TOKENS_MAX} tokens at most"));
        }
        tokens.into_iter().map(Self::check).collect()
    }

    fn check(self) -> Result<KnownToken, String> {
        let place = format!("token {:?}", self.symbol);
        let chain = Network::parse_caip2(&self.network).and_then(Network::evm);
        let chain = chain.ok_or_else(|| {
            format!("{place}: network must be written as \"eip155:8453\", not {:?}", self.network)
        })?;
        let address = parse_address(&self.address).map_err(|error| format!("{place}: {error}"))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let len = self.symbol.len();
        if !(1..=SYMBOL_LEN_MAX).contains(&len) || !self.symbol.bytes().all(plain) {
            return Err(format!("{place}: a symbol has up to {SYMBOL_LEN_MAX} letters or digits"));
        }
        if self.decimals > DECIMALS_MAX {
            return Err(format!("{place}: decimals can be {DECIMALS_MAX} at most"));
        }
        let token = AssetId { chain, address };
        Ok(KnownToken { token, symbol: self.symbol, decimals: self.decimals })
    }
}
