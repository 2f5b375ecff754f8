//! `[[seller.evm]]`, `[seller.tempo]`, `[seller.stripe]` and `[facilitator]`: the rails besides
//! Lightning.

use farebox_wire::evm::{
    ASSETS, Address, Asset, AssetId, ChainId, Network, TokenDomain, TransferMethod, known_asset,
    parse_address,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use url::Url;

/// An EVM chain that the server is paid on, by x402 and MPP.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ChainSettings {
    /// `eip155:8453`, or a name such as `base`.
    pub network: String,
    /// Who is paid.
    pub pay_to: String,
    /// The token: a symbol that is known on the chain, or a contract's address.
    pub asset: String,
    /// The name in the contract of a token that is not known.
    pub asset_name: Option<String>,
    /// Its version in the contract.
    pub asset_version: Option<String>,
    /// Its decimals.
    pub asset_decimals: u8,
    /// A node of the chain.
    pub rpc: Option<String>,
    /// The key that pays for gas: a keystore, or 64 hexadecimal digits.
    pub key_file: Option<PathBuf>,
    /// The keystore's password.
    pub key_password_file: Option<PathBuf>,
    /// Facilitators to settle by, the preferred first; after one's own where there is a key.
    pub facilitators: Vec<String>,
    /// How long a signed transfer can be settled.
    pub timeout_s: u64,
    /// The most that is paid for gas.
    pub max_gas_price_gwei: u64,
    /// Blocks on a payment before it counts.
    pub confirmations: u64,
}

/// A token on Tempo that the server is paid in, by MPP.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct TempoSettings {
    /// A node of the chain; without one, Tempo is not offered.
    pub rpc: Option<String>,
    /// The chain's number.
    pub chain_id: u64,
    /// The token's contract, which must be worth a dollar.
    pub token: String,
    /// Its decimals.
    pub token_decimals: u8,
    /// Who is paid.
    pub pay_to: Option<String>,
}

/// Cards, by MPP.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct StripeSettings {
    /// A file with the secret key; without one, cards are not offered.
    pub secret_key_file: Option<PathBuf>,
    /// The profile that payment tokens are issued for.
    pub network_id: Option<String>,
    /// Where Stripe's API is.
    pub api_base: String,
}

/// The server's own facilitator for others.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct FacilitatorSettings {
    /// Whether `/verify`, `/settle`, `/supported` and `/discovery/resources` are served.
    pub enabled: bool,
    /// Accounts besides the server's own whose payments are settled; `*` is anybody's.
    pub recipients: Vec<String>,
    /// Questions that are worked on at once.
    pub at_once_max: usize,
}

impl Default for ChainSettings {
    fn default() -> Self {
        Self {
            network: String::new(),
            pay_to: String::new(),
            asset: "USDC".to_owned(),
            asset_name: None,
            asset_version: None,
            asset_decimals: 6,
            rpc: None,
            key_file: None,
            key_password_file: None,
            facilitators: Vec::new(),
            timeout_s: farebox_paywall::EVM_TIMEOUT_DEFAULT_S,
            max_gas_price_gwei: 50,
            confirmations: 1,
        }
    }
}

impl Default for TempoSettings {
    fn default() -> Self {
        Self {
            rpc: None,
            chain_id: 4217,
            token: "0x20C000000000000000000000b9537d11c60E8b50".to_owned(),
            token_decimals: 6,
            pay_to: None,
        }
    }
}

impl Default for StripeSettings {
    fn default() -> Self {
        Self {
            secret_key_file: None,
            network_id: None,
            api_base: "https://api.stripe.com".to_owned(),
        }
    }
}

impl Default for FacilitatorSettings {
    fn default() -> Self {
        Self { enabled: false, recipients: Vec::new(), at_once_max: 64 }
    }
}

impl ChainSettings {
    /// Checks each value by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        let chain = self.chain()?;
        self.pay_to()?;
        self.token(chain)?;
        if !(30..=3_600).contains(&self.timeout_s) {
            return Err("seller.evm.timeout_s must be between 30 and 3600".to_owned());
        }
        if self.max_gas_price_gwei == 0 {
            return Err("seller.evm.max_gas_price_gwei must be at least 1".to_owned());
        }
        if self.key_file.is_some() && self.rpc.is_none() {
            return Err("seller.evm.key_file needs seller.evm.rpc, a node of the chain".to_owned());
        }
        if self.key_file.is_none() && self.facilitators.is_empty() {
            let text = "seller.evm needs a key_file that pays for gas, or facilitators";
            return Err(text.to_owned());
        }
        for url in self.rpc.iter().chain(&self.facilitators) {
            web_address("seller.evm", url)?;
        }
        Ok(())
    }

    /// The chain.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn chain(&self) -> Result<ChainId, String> {
        let network = Network::parse_caip2(&self.network).or(Network::parse_v1(&self.network));
        network.and_then(Network::evm).ok_or_else(|| {
            format!(
                "seller.evm.network must be a chain such as \"eip155:8453\" or \"base\", not {:?}",
                self.network
            )
        })
    }

    /// Who is paid.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn pay_to(&self) -> Result<Address, String> {
        address("seller.evm.pay_to", &self.pay_to)
    }

    /// What its transfers are signed for, and its decimals.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn token(&self, chain: ChainId) -> Result<(TokenDomain, u8), String> {
        if let Some(asset) = self.known_token(chain) {
            let usable = asset.is_dollar && asset.method == TransferMethod::Eip3009;
            let domain = asset.token_domain().filter(|_| usable);
            let domain = domain.ok_or_else(|| {
                "seller.evm.asset must be worth a dollar and take EIP-3009 transfers".to_owned()
            })?;
            return Ok((domain, asset.decimals));
        }
        let (Some(name), Some(version)) = (&self.asset_name, &self.asset_version) else {
            return Err(format!(
                "seller.evm.asset {:?} is not known on {}: give its address, asset_name and \
                 asset_version",
                self.asset, self.network
            ));
        };
        let id = AssetId { chain, address: address("seller.evm.asset", &self.asset)? };
        if !(1..=18).contains(&self.asset_decimals) {
            return Err("seller.evm.asset_decimals must be between 1 and 18".to_owned());
        }
        let domain = TokenDomain { name: name.clone(), version: version.clone(), id };
        Ok((domain, self.asset_decimals))
    }

    fn known_token(&self, chain: ChainId) -> Option<&'static Asset> {
        if let Ok(address) = parse_address(&self.asset) {
            return known_asset(AssetId { chain, address });
        }
        let mut known = ASSETS.iter().filter(|asset| asset.id.chain == chain);
        let found = known.find(|asset| asset.symbol.eq_ignore_ascii_case(&self.asset))?;
        known_asset(found.id)
    }
}

impl TempoSettings {
    /// Checks each value by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        let Some(rpc) = &self.rpc else { return Ok(()) };
        web_address("seller.tempo.rpc", rpc)?;
        self.token()?;
        self.pay_to().map(|_| ())
    }

    /// The token.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn token(&self) -> Result<AssetId, String> {
        let address = address("seller.tempo.token", &self.token)?;
        Ok(AssetId { chain: ChainId::new(self.chain_id), address })
    }

    /// Who is paid.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn pay_to(&self) -> Result<Address, String> {
        address("seller.tempo.pay_to", self.pay_to.as_deref().unwrap_or_default())
    }
}

impl StripeSettings {
    /// Checks each value by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        web_address("seller.stripe.api_base", &self.api_base)?;
        if self.secret_key_file.is_some() && self.network_id.is_none() {
            return Err("seller.stripe.secret_key_file needs seller.stripe.network_id".to_owned());
        }
        Ok(())
    }
}

impl FacilitatorSettings {
    /// Checks each value by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        if self.at_once_max == 0 {
            return Err("facilitator.at_once_max must be at least 1".to_owned());
        }
        let named = self.recipients.iter().filter(|recipient| *recipient != "*");
        for recipient in named {
            address("facilitator.recipients", recipient)?;
        }
        Ok(())
    }

    /// Accounts besides the server's own; `None` for anybody's.
    pub fn recipients(&self) -> Option<Vec<Address>> {
        if self.recipients.iter().any(|recipient| recipient == "*") {
            return None;
        }
        Some(self.recipients.iter().filter_map(|text| parse_address(text).ok()).collect())
    }
}

fn address(key: &str, text: &str) -> Result<Address, String> {
    let address = parse_address(text).map_err(|error| format!("{key}: {error}"))?;
    if address.is_zero() {
        return Err(format!("{key} is the zero address: nobody has it"));
    }
    Ok(address)
}

fn web_address(key: &str, text: &str) -> Result<(), String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let text = || format!("{key}: an address such as https://node.example is needed");
    url.filter(Url::has_host).map(|_| ()).ok_or_else(text)
}
