//! The rails that words name.

/// A way to pay that a query can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rail {
    /// The protocol L402.
    L402,
    /// The protocol x402.
    X402,
    /// The protocol MPP.
    Mpp,
    /// Bitcoin over Lightning.
    Lightning,
    /// Dollar coins: USDC and its kin.
    Usdc,
    /// The chain Base.
    Base,
    /// The chain Solana.
    Solana,
    /// The chain Polygon.
    Polygon,
    /// The chain Tempo.
    Tempo,
    /// Cards through Stripe.
    Stripe,
}

impl Rail {
    /// Every rail.
    pub const ALL: [Self; 10] = [
        Self::L402,
        Self::X402,
        Self::Mpp,
        Self::Lightning,
        Self::Usdc,
        Self::Base,
        Self::Solana,
        Self::Polygon,
        Self::Tempo,
        Self::Stripe,
    ];

    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L402 => "L402",
            Self::X402 => "x402",
            Self::Mpp => "MPP",
            Self::Lightning => "Lightning",
            Self::Usdc => "USDC",
            Self::Base => "Base",
            Self::Solana => "Solana",
            Self::Polygon => "Polygon",
            Self::Tempo => "Tempo",
            Self::Stripe => "Stripe",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Some rails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RailSet(u16);

impl RailSet {
    /// Adds one.
    pub const fn insert(&mut self, rail: Rail) {
        self.0 |= rail.bit();
    }

    /// Whether a rail is among them.
    #[must_use]
    pub const fn contains(self, rail: Rail) -> bool {
        self.0 & rail.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Those in both.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Rail> {
        Rail::ALL.into_iter().filter(move |rail| self.contains(*rail))
    }

    /// The rails of a document by the words of its rail field, such as `MPP tempo USDC.e`.
    #[must_use]
    pub(crate) fn of_document(rail_words: &str) -> Self {
        let mut rails = Self::default();
        let separator = |letter: char| !letter.is_alphanumeric();
        for word in rail_words.split(separator).take(RAIL_WORDS_MAX) {
            let word = word.to_ascii_lowercase();
            if let Some(word) = read(&word) {
                rails.insert(word.rail);
            }
        }
        rails.with_implied()
    }

    /// L402 is paid over Lightning.
    const fn with_implied(mut self) -> Self {
        if self.contains(Rail::L402) {
            self.insert(Rail::Lightning);
        }
        self
    }
}

/// Words of a document's rail field that are read.
const RAIL_WORDS_MAX: usize = 32;

/// A word that names a rail.
pub(super) struct RailWord {
    pub(super) rail: Rail,
    /// Whether it means the rail wherever it stands.
    pub(super) is_sure: bool,
}

/// The rail that a folded word names.
pub(super) fn read(word: &str) -> Option<RailWord> {
    let sure = |rail| Some(RailWord { rail, is_sure: true });
    let perhaps = |rail| Some(RailWord { rail, is_sure: false });
    match word {
        "l402" | "lsat" => sure(Rail::L402),
        "x402" => sure(Rail::X402),
        "mpp" | "mppx" => sure(Rail::Mpp),
        "lightning" | "sats" | "sat" | "satoshi" | "satoshis" | "bolt11" | "bolt12" => {
            sure(Rail::Lightning)
        }
        "bitcoin" | "btc" | "ln" | "zaps" => perhaps(Rail::Lightning),
        "usdc" => sure(Rail::Usdc),
        "stablecoin" | "stablecoins" | "usdt" | "usd" => perhaps(Rail::Usdc),
        "base" | "8453" => perhaps(Rail::Base),
        "solana" | "sol" => perhaps(Rail::Solana),
        "polygon" => perhaps(Rail::Polygon),
        "tempo" | "pathusd" => perhaps(Rail::Tempo),
        "stripe" | "card" | "cards" => perhaps(Rail::Stripe),
        _ => None,
    }
}
