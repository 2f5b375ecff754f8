//! What a query is compared with.

/// The texts of one document. They are untrusted: any length, any characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Document<'a> {
    /// Weighs most; tiers A and B look here.
    pub name: &'a str,
    /// Tier C looks here.
    pub description: &'a str,
    /// Category and tags, separated by spaces.
    pub labels: &'a str,
    /// The address without its scheme.
    pub url: &'a str,
    /// Who runs it.
    pub provider: &'a str,
    /// How it is paid: protocol, network and asset, separated by spaces.
    pub rail: &'a str,
}
