//! The table of known tokens. Names and versions are not uniform: each is the one of the contract
//! on that chain. Sources: the default assets of the x402 reference implementation (2.27), and the
//! issuers' lists of contracts. All are meant to be worth one US dollar.

use super::{Address, Asset, AssetId, ChainId, TransferMethod};
use alloy_primitives::address;

/// Every EVM token that we know.
#[rustfmt::skip]
pub const ASSETS: [Asset; 39] = [
    // Base
    eip3009(ChainId::BASE, address!("833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"), "USDC", ("USD Coin", "2")),
    // Base Sepolia
    eip3009(ChainId::BASE_SEPOLIA, address!("036CbD53842c5426634e7929541eC2318f3dCF7e"), "USDC", ("USDC", "2")),
    // Ethereum
    eip3009(ChainId::new(1), address!("A0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"), "USDC", ("USD Coin", "2")),
    // Sepolia
    eip3009(ChainId::new(11_155_111), address!("1c7D4B196Cb0C7B01d743Fbc6116a902379C7238"), "USDC", ("USDC", "2")),
    // Polygon
    eip3009(ChainId::new(137), address!("3c499c542cEF5E3811e1192ce70d8cC03d5c3359"), "USDC", ("USD Coin", "2")),
    // Polygon Amoy
    eip3009(ChainId::new(80_002), address!("41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582"), "USDC", ("USDC", "2")),
    // Arbitrum
    eip3009(ChainId::new(42_161), address!("af88d065e77c8cC2239327C5EDb3A432268e5831"), "USDC", ("USD Coin", "2")),
    // Arbitrum Sepolia
    eip3009(ChainId::new(421_614), address!("75faf114eafb1BDbe2F0316DF893fd58CE46AA4d"), "USDC", ("USD Coin", "2")),
    // Optimism
    eip3009(ChainId::new(10), address!("0b2C639c533813f4Aa9D7837CAf62653d097Ff85"), "USDC", ("USD Coin", "2")),
    // Avalanche
    eip3009(ChainId::new(43_114), address!("B97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E"), "USDC", ("USD Coin", "2")),
    // Avalanche Fuji
    eip3009(ChainId::new(43_113), address!("5425890298aed601595a70AB815c96711a31Bc65"), "USDC", ("USD Coin", "2")),
    // Monad
    eip3009(ChainId::new(143), address!("754704Bc059F8C67012fEd69BC8A327a5aafb603"), "USDC", ("USDC", "2")),
    // Celo
    eip3009(ChainId::new(42_220), address!("cebA9300f2b948710d2653dD7B07f33A8B32118C"), "USDC", ("USDC", "2")),
    // Celo
    eip3009(ChainId::new(42_220), address!("48065fbBE25f71C9282ddf5e1cD6D6A887483D5e"), "USDT", ("Tether USD", "1")),
    // Celo
    eip3009(ChainId::new(42_220), address!("D2ab3C9A02DBBAB236BfEC45D1d755DF4267F771"), "USAT", ("Tether America USD", "1")),
    // Celo Sepolia
    eip3009(ChainId::new(11_142_220), address!("01C5C0122039549AD1493B8220cABEdD739BC44E"), "USDC", ("USDC", "2")),
    // Sei
    eip3009(ChainId::new(1_329), address!("e15fC38F6D8c56aF07bbCBe3BAf5708A2Bf42392"), "USDC", ("USDC", "2")),
    // Sei testnet
    eip3009(ChainId::new(1_328), address!("4fCF1784B31630811181f670Aea7A7bEF803eaED"), "USDC", ("USDC", "2")),
    // Unichain
    eip3009(ChainId::new(130), address!("078D782b760474a361dDA0AF3839290b0EF57AD6"), "USDC", ("USDC", "2")),
    // World Chain
    eip3009(ChainId::new(480), address!("79A02482A880bCE3F13e09Da970dC34db4CD24d1"), "USDC", ("USDC", "2")),
    // Sonic
    eip3009(ChainId::new(146), address!("29219dd400f2Bf60E5a23d13Be72B486D4038894"), "USDC", ("USDC", "2")),
    // Linea
    eip3009(ChainId::new(59_144), address!("176211869cA2b568f2A7D4EE941E073a821EE1ff"), "USDC", ("USDC", "2")),
    // zkSync
    eip3009(ChainId::new(324), address!("1d17CBcF0D6D143135aE902365D2E5e2A16538D4"), "USDC", ("USDC", "2")),
    // HyperEVM
    eip3009(ChainId::new(999), address!("b88339CB7199b77E23DB6E890353E22632Ba630f"), "USDC", ("USDC", "2")),
    // XDC
    eip3009(ChainId::new(50), address!("fA2958CB79b0491CC627c1557F441eF849Ca8eb1"), "USDC", ("USDC", "2")),
    // XDC Apothem
    eip3009(ChainId::new(51), address!("b5AB69F7bBada22B28e79C8FFAECe55eF1c771D4"), "USDC", ("USDC", "2")),
    // Stable
    eip3009(ChainId::new(988), address!("779Ded0c9e1022225f8E0630b35a9b54bE713736"), "USDT0", ("USDT0", "1")),
    // Stable testnet
    eip3009(ChainId::new(2_201), address!("78Cf24370174180738C5B8E352B6D14c83a6c9A9"), "USDT0", ("USDT0", "1")),
    // Flare
    eip3009(ChainId::new(14), address!("e7cd86e13AC4309349F30B3435a9d337750fC82D"), "USD₮0", ("USD₮0", "1")),
    // ADI
    eip3009(ChainId::new(36_900), address!("9cb8142aEBBcdc60AF7c97Af897A67A8f3CA71C2"), "USDC.e", ("USDC.e", "2")),
    // HPP
    eip3009(ChainId::new(190_415), address!("401eCb1D350407f13ba348573E5630B83638E30D"), "USDC.e", ("Bridged USDC", "2")),
    // HPP Sepolia
    eip3009(ChainId::new(181_228), address!("401eCb1D350407f13ba348573E5630B83638E30D"), "USDC.e", ("Bridged USDC", "2")),
    // MegaETH
    permit2(ChainId::new(4_326), address!("FAfDdbb3FC7688494971a79cc65DCa3EF82079E7"), "MegaUSD", Some(("MegaUSD", "1")), 18),
    // Mezo
    permit2(ChainId::new(31_612), address!("dD468A1DDc392dcdbEf6db6e34E89AA338F9F186"), "mUSD", Some(("Mezo USD", "1")), 18),
    // Mezo testnet
    permit2(ChainId::new(31_611), address!("118917a40FAF1CD7a13dB0Ef56C86De7973Ac503"), "mUSD", Some(("Mezo USD", "1")), 18),
    // Radius
    permit2(ChainId::new(723_487), address!("33ad9e4BD16B69B5BFdED37D8B5D9fF9aba014Fb"), "SBC", Some(("Stable Coin", "1")), 6),
    // Radius testnet
    permit2(ChainId::new(72_344), address!("33ad9e4BD16B69B5BFdED37D8B5D9fF9aba014Fb"), "SBC", Some(("Stable Coin", "1")), 6),
    // Igra
    permit2(ChainId::new(38_833), address!("A5b8BF902b2844dA17d4506cc827F7F1681735E7"), "USDC", Some(("USDC", "1")), 6),
    // BNB
    permit2(ChainId::new(56), address!("8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d"), "USDC", None, 18),
];

/// A token with EIP-3009; all of them have six decimals.
const fn eip3009(
    chain: ChainId,
    address: Address,
    symbol: &'static str,
    domain: (&'static str, &'static str),
) -> Asset {
    Asset {
        id: AssetId { chain, address },
        symbol,
        domain: Some(domain),
        decimals: 6,
        method: TransferMethod::Eip3009,
        is_dollar: true,
    }
}

/// A token without EIP-3009.
const fn permit2(
    chain: ChainId,
    address: Address,
    symbol: &'static str,
    domain: Option<(&'static str, &'static str)>,
    decimals: u8,
) -> Asset {
    Asset {
        id: AssetId { chain, address },
        symbol,
        domain,
        decimals,
        method: TransferMethod::Permit2,
        is_dollar: true,
    }
}
