//! What a call may cost at most, in words: `under 50 sats`, `less than $0.01`, `max 5 cents`.

/// The most that a call may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceLimit {
    /// In satoshis.
    Sats(u64),
    /// In millionths of a US dollar.
    MicroUsd(u64),
}

/// Millionths of a dollar in a cent.
const CENT: u64 = 10_000;
/// Millionths of a dollar in a dollar.
const DOLLAR: u64 = 1_000_000;
/// Digits of a number at most; more is no price of a call.
const DIGITS_MAX: usize = 12;

impl PriceLimit {
    /// The lower of two limits; of two in different units the later one.
    pub(super) const fn stricter(self, later: Self) -> Self {
        match (self, later) {
            (Self::Sats(one), Self::Sats(other)) if one < other => self,
            (Self::MicroUsd(one), Self::MicroUsd(other)) if one < other => self,
            _ => later,
        }
    }
}

/// The limit that the words begin with, and how many words say it.
pub(super) fn read(words: &[&str]) -> Option<(PriceLimit, usize)> {
    let comparison = comparison_len(words)?;
    let (limit, amount) = amount(words.get(comparison..)?)?;
    let each = per_call_len(words.get(comparison + amount..).unwrap_or_default());
    Some((limit, comparison + amount + each))
}

/// `under`, `at most`, `no more than`: how many words.
fn comparison_len(words: &[&str]) -> Option<usize> {
    const COMPARISONS: [&[&str]; 23] = [
        &["no", "more", "than"],
        &["not", "more", "than"],
        &["for", "less", "than"],
        &["for", "under"],
        &["costs", "under"],
        &["cheaper", "than"],
        &["less", "than"],
        &["lower", "than"],
        &["at", "most"],
        &["up", "to"],
        &["max", "price"],
        &["menos", "de"],
        &["under"],
        &["below"],
        &["max"],
        &["maximum"],
        &["within"],
        &["budget"],
        &["<="],
        &["<"],
        &["≤"],
        &["unter"],
        &["sous"],
    ];
    let starts = |comparison: &&[&str]| {
        words.len() > comparison.len()
            && comparison.iter().zip(words).all(|(one, word)| *one == word.trim_end_matches(':'))
    };
    COMPARISONS.iter().find(|comparison| starts(comparison)).map(|comparison| comparison.len())
}

/// `50 sats`, `$0.01`, `5c`, `0.1 usdc`: the amount and how many words it takes. A number
/// without a unit is no price.
fn amount(words: &[&str]) -> Option<(PriceLimit, usize)> {
    let first = words.first()?.trim_end_matches([',', '.', ';', '?', '!', ')']);
    if let Some(number) = first.strip_prefix('$').or_else(|| first.strip_suffix('$')) {
        return Some((PriceLimit::MicroUsd(decimal(number, DOLLAR)?), 1));
    }
    let digits = first.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, unit) = first.split_at(digits.unwrap_or(first.len()));
    if !unit.is_empty() {
        return Some((in_unit(number, unit)?, 1));
    }
    let unit = words.get(1)?.trim_end_matches([',', '.', ';', '?', '!', ')']);
    Some((in_unit(number, unit)?, 2))
}

/// `per call`, `each`: how many words.
fn per_call_len(words: &[&str]) -> usize {
    const EACH: [&str; 6] = ["call", "request", "query", "image", "message", "use"];
    let bare = |at: usize| words.get(at).map(|word| super::bare(word));
    match (bare(0), bare(1)) {
        (Some("per" | "a" | "por"), Some(what)) if EACH.contains(&what) => 2,
        (Some("each"), _) => 1,
        _ => 0,
    }
}

fn in_unit(number: &str, unit: &str) -> Option<PriceLimit> {
    match unit {
        "sat" | "sats" | "satoshi" | "satoshis" => Some(PriceLimit::Sats(decimal(number, 1)?)),
        "msat" | "msats" => Some(PriceLimit::Sats(decimal(number, 1)?.div_ceil(1_000))),
        "ksat" | "ksats" => Some(PriceLimit::Sats(decimal(number, 1_000)?)),
        "c" | "¢" | "ct" | "cent" | "cents" | "centavos" => {
            Some(PriceLimit::MicroUsd(decimal(number, CENT)?))
        }
        "usd" | "usdc" | "dollar" | "dollars" | "bucks" | "dolares" | "dólares" => {
            Some(PriceLimit::MicroUsd(decimal(number, DOLLAR)?))
        }
        _ => None,
    }
}

/// A decimal number times `scale`, rounded down.
fn decimal(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if whole.len() + fraction.len() > DIGITS_MAX || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let power = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    if number.bytes().all(|digit| !digit.is_ascii_digit()) {
        return None;
    }
    whole.checked_mul(scale)?.checked_add(part.checked_mul(scale)?.checked_div(power)?)
}
