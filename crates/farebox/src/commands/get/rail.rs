//! The rails by the names that other clients have for them.

use clap::ValueEnum;
use farebox_buyer::Rail;

/// `--protocol`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::commands) enum Protocol {
    /// Any that can be paid
    #[default]
    Auto,
    /// Lightning, with a token
    L402,
    /// Signed token transfers
    X402,
    /// The Payment scheme: Lightning, signed token transfers, Tempo
    Mpp,
}

/// `--prefer-scheme`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PreferredScheme {
    /// L402
    L402,
    /// The Payment scheme (MPP)
    Payment,
    /// x402
    X402,
}

impl Protocol {
    pub(in crate::commands) const fn rail(self) -> Option<Rail> {
        match self {
            Self::Auto => None,
            Self::L402 => Some(Rail::L402),
            Self::X402 => Some(Rail::X402),
            Self::Mpp => Some(Rail::Mpp),
        }
    }
}

impl PreferredScheme {
    pub(super) const fn rail(self) -> Rail {
        match self {
            Self::L402 => Rail::L402,
            Self::Payment => Rail::Mpp,
            Self::X402 => Rail::X402,
        }
    }
}
