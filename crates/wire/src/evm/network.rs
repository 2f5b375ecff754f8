//! Names of networks: CAIP-2 (`eip155:8453`) and the plain names of x402 version 1 (`base`).

use std::fmt;

/// Longest chain id in digits that is read: more than `u64` holds is no chain in use.
const CHAIN_ID_LEN_MAX: usize = 20;

/// The number of an EVM chain (EIP-155).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(u64);

/// A Solana network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SolanaCluster {
    /// The real one.
    Mainnet,
    /// The test network of developers.
    Devnet,
}

/// A network that we can name. Others exist; see [`is_caip2`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    /// `eip155:<chain id>`.
    Evm(ChainId),
    /// `solana:<first 32 characters of the genesis hash>`.
    Solana(SolanaCluster),
}

/// Names of x402 version 1 (the reference implementation's table).
const V1_NAMES: [(&str, u64); 23] = [
    ("ethereum", 1),
    ("sepolia", 11_155_111),
    ("base", 8_453),
    ("base-sepolia", 84_532),
    ("avalanche", 43_114),
    ("avalanche-fuji", 43_113),
    ("polygon", 137),
    ("polygon-amoy", 80_002),
    ("sei", 1_329),
    ("sei-testnet", 1_328),
    ("iotex", 4_689),
    ("peaq", 3_338),
    ("story", 1_514),
    ("abstract", 2_741),
    ("abstract-testnet", 11_124),
    ("educhain", 41_923),
    ("skale-base-sepolia", 324_705_682),
    ("megaeth", 4_326),
    ("monad", 143),
    ("stable", 988),
    ("stable-testnet", 2_201),
    ("celo", 42_220),
    ("flare", 14),
];

/// Chains whose coins have no price. 1337 and 31337 are what development nodes call themselves.
const TESTNETS: [u64; 18] = [
    11_155_111,
    84_532,
    43_113,
    80_002,
    1_328,
    11_124,
    324_705_682,
    2_201,
    421_614,
    11_155_420,
    51,
    181_228,
    11_142_220,
    31_611,
    72_344,
    42_431,
    1_337,
    31_337,
];

impl ChainId {
    /// Base.
    pub const BASE: Self = Self(8_453);
    /// The test network of Base.
    pub const BASE_SEPOLIA: Self = Self(84_532);

    /// A chain by its number.
    #[must_use]
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether the chain is known to be one for tests. `false` for chains that we do not know.
    #[must_use]
    pub fn is_testnet(self) -> bool {
        TESTNETS.contains(&self.0)
    }
}

impl SolanaCluster {
    /// The part of the CAIP-2 name after the colon.
    #[must_use]
    pub const fn reference(self) -> &'static str {
        match self {
            Self::Mainnet => "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            Self::Devnet => "EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        }
    }

    const fn v1_name(self) -> &'static str {
        match self {
            Self::Mainnet => "solana",
            Self::Devnet => "solana-devnet",
        }
    }
}

impl Network {
    /// Reads `eip155:8453` or `solana:5eykt4…`. A chain id with a leading zero is refused, so
    /// that one chain has one name.
    #[must_use]
    pub fn parse_caip2(text: &str) -> Option<Self> {
        if let Some(id) = text.strip_prefix("eip155:") {
            let plain = !id.is_empty()
                && id.len() <= CHAIN_ID_LEN_MAX
                && id.bytes().all(|byte| byte.is_ascii_digit())
                && !id.starts_with('0');
            return plain.then(|| id.parse().ok()).flatten().map(|id| Self::Evm(ChainId(id)));
        }
        let reference = text.strip_prefix("solana:")?;
        let clusters = [SolanaCluster::Mainnet, SolanaCluster::Devnet];
        clusters.into_iter().find(|cluster| cluster.reference() == reference).map(Self::Solana)
    }

    /// Reads a name of x402 version 1, such as `base-sepolia`.
    #[must_use]
    pub fn parse_v1(name: &str) -> Option<Self> {
        let clusters = [SolanaCluster::Mainnet, SolanaCluster::Devnet];
        if let Some(cluster) = clusters.into_iter().find(|cluster| cluster.v1_name() == name) {
            return Some(Self::Solana(cluster));
        }
        let (_, id) = V1_NAMES.into_iter().find(|(known, _)| *known == name)?;
        Some(Self::Evm(ChainId(id)))
    }

    /// The name in x402 version 1; `None` where that version had none.
    #[must_use]
    pub fn v1_name(self) -> Option<&'static str> {
        match self {
            Self::Evm(chain) => {
                V1_NAMES.into_iter().find(|(_, id)| *id == chain.0).map(|(name, _)| name)
            }
            Self::Solana(cluster) => Some(cluster.v1_name()),
        }
    }

    /// Whether the network is known to be one for tests.
    #[must_use]
    pub fn is_testnet(self) -> bool {
        match self {
            Self::Evm(chain) => chain.is_testnet(),
            Self::Solana(cluster) => cluster == SolanaCluster::Devnet,
        }
    }

    /// The chain, when the network is an EVM one.
    #[must_use]
    pub const fn evm(self) -> Option<ChainId> {
        match self {
            Self::Evm(chain) => Some(chain),
            Self::Solana(_) => None,
        }
    }
}

/// Whether a text has the form of a CAIP-2 name: `[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}`.
#[must_use]
pub fn is_caip2(text: &str) -> bool {
    let Some((namespace, reference)) = text.split_once(':') else {
        return false;
    };
    let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let wide = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (3..=8).contains(&namespace.len())
        && (1..=32).contains(&reference.len())
        && namespace.bytes().all(small)
        && reference.bytes().all(wide)
}

/// The number alone.
impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The CAIP-2 name.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evm(chain) => write!(f, "eip155:{chain}"),
            Self::Solana(cluster) => write!(f, "solana:{}", cluster.reference()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_v1_name_goes_both_ways() {
        let solana = ["solana", "solana-devnet"];
        for name in V1_NAMES.iter().map(|(name, _)| *name).chain(solana) {
            let network = Network::parse_v1(name).unwrap();
            assert_eq!(network.v1_name(), Some(name));
            assert_eq!(Network::parse_caip2(&network.to_string()), Some(network));
        }
        assert_eq!(Network::parse_v1("base").unwrap().to_string(), "eip155:8453");
        assert_eq!(Network::parse_v1("Base"), None);
        assert_eq!(Network::Evm(ChainId::new(10)).v1_name(), None);
    }

    #[test]
    fn one_chain_has_one_name() {
        for text in [
            "eip155:",
            "eip155:08453",
            "eip155:+1",
            "eip155:0",
            "eip155:18446744073709551616",
            "EIP155:1",
            "eip155:1 ",
            "solana:devnet",
            "base",
            "eip155:0x1",
            "",
        ] {
            assert_eq!(Network::parse_caip2(text), None, "{text:?} was taken");
        }
    }

    #[test]
    fn test_networks_are_told_from_real_ones() {
        assert!(Network::parse_v1("base-sepolia").unwrap().is_testnet());
        assert!(Network::parse_v1("solana-devnet").unwrap().is_testnet());
        assert!(!Network::parse_v1("base").unwrap().is_testnet());
        assert!(!Network::parse_v1("solana").unwrap().is_testnet());
    }

    #[test]
    fn the_form_of_other_networks_is_known() {
        assert!(is_caip2("stellar:pubnet") && is_caip2("aws:base"));
        for text in ["lightning", "a:b", "eip155:", ":1", "eip155:a b", "namespace-long:1"] {
            assert!(!is_caip2(text), "{text:?} was taken");
        }
    }

    proptest! {
        #[test]
        fn a_chain_comes_back_from_its_name(id in 1u64..) {
            let network = Network::Evm(ChainId::new(id));
            prop_assert_eq!(Network::parse_caip2(&network.to_string()), Some(network));
        }

        #[test]
        fn arbitrary_names_never_panic(text in "\\PC{0,60}") {
            let _ = (Network::parse_caip2(&text), Network::parse_v1(&text), is_caip2(&text));
        }
    }
}
