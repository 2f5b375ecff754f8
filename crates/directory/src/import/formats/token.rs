//! What an asset is: how fine its units are, whether it is worth a dollar, how people name it and
//! its network.

use farebox_wire::evm::{ASSETS, ChainId, Network, SOLANA_ASSETS, SolanaCluster, parse_address};

/// The tokens on Tempo that stand for dollars; all tokens there have six decimals.
const TEMPO_DOLLARS: [(&str, &str); 2] = [
    ("0x20c0000000000000000000000000000000000000", "pathUSD"),
    ("0x20c000000000000000000000b9537d11c60e8b50", "USDC.e"),
];
/// Symbols that stand for a dollar on any network.
const DOLLARS: [&str; 7] = ["USD", "USDC", "USDT", "USDC.e", "pathUSD", "PYUSD", "USDT0"];

/// An asset that we can price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// How people name it.
    pub(super) symbol: &'static str,
    /// Ten to the power of this many units make one; `None` where only a name was given.
    pub(super) decimals: Option<u32>,
    /// What one is worth.
    pub(super) worth: Worth,
}

/// What one token is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// A dollar.
    Dollar,
    /// A satoshi.
    Satoshi,
    /// A bitcoin.
    Bitcoin,
}

/// The asset of this name, symbol or contract on this network.
pub(super) fn find(network: Option<&str>, asset: &str) -> Option<Token> {
    let dollar = |symbol, decimals| Token { symbol, decimals, worth: Worth::Dollar };
    // CAIP-19 puts the chain in front: `eip155:8453/erc20:0x…`.
    let asset = asset.rsplit(['/', ':']).next().unwrap_or(asset).trim();
    match asset.to_ascii_lowercase().as_str() {
        "sat" | "sats" | "satoshi" | "satoshis" => {
            return Some(Token { symbol: "BTC", decimals: Some(0), worth: Worth::Satoshi });
        }
        "btc" | "bitcoin" => {
            return Some(Token { symbol: "BTC", decimals: None, worth: Worth::Bitcoin });
        }
        _ => {}
    }
    if network == Some("stripe") && asset.eq_ignore_ascii_case("usd") {
        return Some(dollar("USD", Some(2)));
    }
    let network = network.and_then(parse_network);
    let on_chain = |id: ChainId| {
        let address = parse_address(asset).ok();
        ASSETS.iter().filter(|known| known.is_dollar && known.id.chain == id).find(|known| {
            address.map_or(known.symbol.eq_ignore_ascii_case(asset), |one| one == known.id.address)
        })
    };
    if let Some(known) = network.and_then(Network::evm).and_then(on_chain) {
        return Some(dollar(known.symbol, Some(known.decimals.into())));
    }
    let on_solana = |cluster: SolanaCluster| {
        SOLANA_ASSETS.iter().find(|known| {
            known.cluster == cluster
                && (known.mint == asset || known.symbol.eq_ignore_ascii_case(asset))
        })
    };
    if let Some(Network::Solana(cluster)) = network
        && let Some(known) = on_solana(cluster)
    {
        return Some(dollar(known.symbol, Some(known.decimals.into())));
    }
    let tempo = TEMPO_DOLLARS.iter().find(|(address, _)| address.eq_ignore_ascii_case(asset));
    if let Some((_, symbol)) = tempo {
        return Some(dollar(symbol, Some(6)));
    }
    let symbol = DOLLARS.iter().find(|known| known.eq_ignore_ascii_case(asset));
    if let Some(symbol) = symbol {
        return Some(dollar(symbol, None));
    }
    // A contract whose chain is not named.
    let address = parse_address(asset).ok().filter(|_| network.is_none())?;
    let known = ASSETS.iter().find(|known| known.id.address == address && known.is_dollar)?;
    Some(dollar(known.symbol, Some(known.decimals.into())))
}

/// The network of a name in any of the usual spellings.
pub(super) fn parse_network(name: &str) -> Option<Network> {
    let name = name.trim();
    let lower = name.to_ascii_lowercase();
    let plain = lower.strip_suffix("-mainnet").unwrap_or(&lower);
    Network::parse_caip2(name).or_else(|| Network::parse_v1(plain)).or(match plain {
        "arbitrum" | "arbitrum-one" => Some(Network::Evm(ChainId::new(42_161))),
        "optimism" => Some(Network::Evm(ChainId::new(10))),
        "bsc" | "bnb" => Some(Network::Evm(ChainId::new(56))),
        _ => None,
    })
}

/// The name that people know a network by.
pub(super) fn network_name(written: &str) -> String {
    const EVM: [(u64, &str); 9] = [
        (1, "Ethereum"),
        (10, "Optimism"),
        (56, "BNB"),
        (137, "Polygon"),
        (8_453, "Base"),
        (42_161, "Arbitrum"),
        (43_114, "Avalanche"),
        (42_220, "Celo"),
        (84_532, "Base Sepolia"),
    ];
    let named = match parse_network(written) {
        Some(Network::Solana(SolanaCluster::Mainnet)) => Some("Solana"),
        Some(Network::Solana(SolanaCluster::Devnet)) => Some("Solana Devnet"),
        Some(Network::Evm(chain)) => {
            EVM.iter().find(|(id, _)| *id == chain.get()).map(|(_, name)| *name)
        }
        None => ["Lightning", "Tempo", "Stripe"]
            .into_iter()
            .find(|name| name.eq_ignore_ascii_case(written)),
    };
    named.map_or_else(|| written.to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_contract_and_by_symbol() {
        let base = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
        for (network, asset, decimals) in [
            (Some("eip155:8453"), base, Some(6)),
            (Some("base-mainnet"), "usdc", Some(6)),
            (Some("base"), "eip155:8453/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913", Some(6)),
            (Some("bsc"), "USDC", Some(18)),
            (Some("solana"), "USDC", Some(6)),
            (Some("solana"), "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", Some(6)),
            (Some("tempo"), "0x20C000000000000000000000b9537d11c60E8b50", Some(6)),
            (None, "USD", None),
        ] {
            let token = find(network, asset).unwrap();
            assert_eq!((token.decimals, token.worth), (decimals, Worth::Dollar), "{asset}");
        }
        assert_eq!(find(Some("lightning"), "sats").unwrap().worth, Worth::Satoshi);
        // The same address on another chain is another contract.
        assert_eq!(find(Some("eip155:1"), base), None);
        assert_eq!(find(Some("evm"), base).unwrap().symbol, "USDC");
        assert_eq!(find(Some("stripe"), "usd").unwrap().decimals, Some(2));
        assert_eq!(find(Some("base"), "0x0000000000000000000000000000000000000001"), None);
    }

    #[test]
    fn networks_have_the_names_that_people_use() {
        for (written, name) in [
            ("eip155:8453", "Base"),
            ("base-mainnet", "Base"),
            ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "Solana"),
            ("lightning", "Lightning"),
            ("tempo", "Tempo"),
            ("eip155:999999", "eip155:999999"),
            ("near", "near"),
        ] {
            assert_eq!(network_name(written), name);
        }
    }
}
