//! The name of a node on the network.

use farebox_wire::bolt11::Invoice;
use std::fmt;
use std::str::FromStr;

/// A node's public key, which signs its invoices.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId([u8; 33]);

/// A text that names no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a node's id is 66 hexadecimal digits that begin with 02 or 03")]
pub struct ParseNodeIdError;

impl NodeId {
    /// Whether the node is to be paid by `invoice`.
    #[must_use]
    pub fn is_payee_of(&self, invoice: &Invoice) -> bool {
        invoice.payee.parse() == Ok(*self)
    }

    /// The id in an answer of a wallet; wallets that have none say nothing or something else.
    pub(crate) fn said(text: Option<&str>) -> Option<Self> {
        text?.parse().ok()
    }
}

impl FromStr for NodeId {
    type Err = ParseNodeIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 33];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseNodeIdError)?;
        match bytes.first() {
            Some(2 | 3) => Ok(Self(bytes)),
            _ => Err(ParseNodeIdError),
        }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_compressed_public_key() {
        let id = format!("02{}", "ab".repeat(32));
        assert_eq!(id.to_ascii_uppercase().parse::<NodeId>().unwrap().to_string(), id);
        for text in ["", "02", "play", &"ab".repeat(33), &"04".repeat(65), &"02".repeat(34)] {
            assert_eq!(text.parse::<NodeId>(), Err(ParseNodeIdError), "{text}");
        }
    }
}
