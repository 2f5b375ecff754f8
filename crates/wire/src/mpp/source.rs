//! Who pays, as an account on a chain: CAIP-10, and `did:pkh` in front of it.

use crate::evm::{self, Address, ChainId, Network};
use std::{fmt, str::FromStr};

/// Longer texts are refused.
const SOURCE_LEN_MAX: usize = 256;

/// The payer that a credential names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PayerSource {
    /// `did:pkh:eip155:<chain id>:<address>`
    Evm {
        /// The chain.
        chain: ChainId,
        /// The account.
        address: Address,
    },
    /// `did:pkh:<namespace>:<reference>:<address>` of another kind of chain (CAIP-10).
    Other {
        /// Such as `solana`.
        namespace: String,
        /// The chain in that namespace.
        reference: String,
        /// The account, in the chain's own form.
        address: String,
    },
}

/// A text that names no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an account of the form did:pkh:<namespace>:<chain>:<address>")]
pub struct SourceError;

impl FromStr for PayerSource {
    type Err = SourceError;

    /// Takes both `did:pkh:…` and the bare CAIP-10 account. One account has one spelling but for
    /// the case of the letters of an EVM address.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > SOURCE_LEN_MAX {
            return Err(SourceError);
        }
        let account = text.strip_prefix("did:pkh:").unwrap_or(text);
        let mut parts = account.split(':');
        let (Some(namespace), Some(reference), Some(address), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SourceError);
        };
        if namespace == "eip155" {
            return evm_account(reference, address).ok_or(SourceError);
        }
        // `did:key:…` and its like have three parts too.
        let is_account = namespace != "did"
            && evm::is_caip2(&format!("{namespace}:{reference}"))
            && (1..=128).contains(&address.len())
            && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.%".contains(&byte));
        if !is_account {
            return Err(SourceError);
        }
        let [namespace, reference, address] = [namespace, reference, address].map(str::to_owned);
        Ok(Self::Other { namespace, reference, address })
    }
}

fn evm_account(reference: &str, address: &str) -> Option<PayerSource> {
    let chain = Network::parse_caip2(&format!("eip155:{reference}"))?.evm()?;
    let address = evm::is_evm_address(address).then(|| address.parse().ok())??;
    Some(PayerSource::Evm { chain, address })
}

impl fmt::Display for PayerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evm { chain, address } => write!(f, "did:pkh:eip155:{chain}:{address}"),
            Self::Other { namespace, reference, address } => {
                write!(f, "did:pkh:{namespace}:{reference}:{address}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accounts_are_read_in_both_forms_and_written_in_one() {
        let address = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
        let did = format!("did:pkh:eip155:84532:{address}");
        for text in [
            did.clone(),
            format!("eip155:84532:{address}"),
            did.replace(address, &address.to_lowercase()),
        ] {
            let source: PayerSource = text.parse().unwrap();
            assert_eq!(source.to_string(), did);
        }
        let solana = "did:pkh:solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv";
        assert_eq!(solana.parse::<PayerSource>().unwrap().to_string(), solana);
    }

    #[test]
    fn other_texts_are_refused() {
        let address = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
        for text in [
            String::new(),
            address.to_owned(),
            format!("did:pkh:eip155:{address}"),
            format!("did:pkh:eip155:0:{address}"),
            format!("did:pkh:eip155:084532:{address}"),
            format!("did:pkh:eip155:+1:{address}"),
            format!("did:pkh:eip155:99999999999999999999:{address}"),
            format!("did:pkh:eip155:1:extra:{address}"),
            format!("did:pkh:eip155:1:{}", &address[2..]),
            format!("did:pkh:eip155:1:{address}00"),
            "did:pkh:Solana:a:b".to_owned(),
            "did:pkh:solana::b".to_owned(),
            "did:key:z6Mk".to_owned(),
            format!("did:pkh:solana:a:{}", "b".repeat(300)),
        ] {
            assert!(text.parse::<PayerSource>().is_err(), "{text} was taken");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(chain_id in 1_u64.., address in any::<[u8; 20]>()) {
            let source = PayerSource::Evm { chain: ChainId::new(chain_id), address: address.into() };
            prop_assert_eq!(source.to_string().parse(), Ok(source));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "(did:pkh:)?(eip155:)?\\PC{0,60}") {
            let _ = text.parse::<PayerSource>();
        }
    }
}
