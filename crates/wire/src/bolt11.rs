//! BOLT 11 invoices, as far as a payer must read them before paying.

use crate::lightning::PaymentHash;
use farebox_money::Msat;
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef, Currency, RouteHint};

/// Longer texts are refused unread; real invoices are a few hundred characters.
pub const INVOICE_LEN_MAX: usize = 4_096;

/// The chain that an invoice is to be settled on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// `lnbc`: real money.
    Bitcoin,
    /// `lntb`
    Testnet,
    /// `lnbcrt`: play money, also what the demo uses.
    Regtest,
    /// `lntbs`
    Signet,
    /// `lnsb`
    Simnet,
}

impl Network {
    /// The name that nodes use for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bitcoin => "mainnet",
            Self::Testnet => "testnet",
            Self::Regtest => "regtest",
            Self::Signet => "signet",
            Self::Simnet => "simnet",
        }
    }
}

/// What an invoice asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The chain.
    pub network: Network,
    /// What to pay; `None` lets the payer choose, which no paywall may ask for.
    pub amount: Option<Msat>,
    /// Names the payment.
    pub payment_hash: PaymentHash,
    /// The payee's node, hexadecimal.
    pub payee: String,
    /// What it is for, in the payee's words: untrusted text.
    pub description: String,
    /// Seconds since 1970.
    pub created_at: u64,
    /// Seconds since 1970; from then on the payee does not take the payment.
    pub expires_at: u64,
    /// What the cheapest of its route hints takes for forwarding the amount; `None` without hints
    /// or without an amount.
    pub hinted_fee: Option<Msat>,
}

/// An invoice that cannot be paid safely.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// Longer than [`INVOICE_LEN_MAX`].
    #[error("the invoice is longer than {INVOICE_LEN_MAX} characters")]
    TooLong,
    /// Checksum, signature or structure are wrong.
    #[error("not a valid BOLT 11 invoice: {0}")]
    Invalid(String),
    /// An amount above all bitcoin.
    #[error("the invoice asks for more than all bitcoin")]
    AmountTooLarge,
}

impl Invoice {
    /// Reads an invoice in either case, with or without a `lightning:` prefix, and checks its
    /// checksum and signature (BOLT 11).
    ///
    /// # Errors
    /// [`InvoiceError`] when it is not to be paid.
    pub fn decode(text: &str) -> Result<Self, InvoiceError> {
        let text = text.trim();
        if text.len() > INVOICE_LEN_MAX {
            return Err(InvoiceError::TooLong);
        }
        let prefix = text.get(..10).filter(|prefix| prefix.eq_ignore_ascii_case("lightning:"));
        let text = text.strip_prefix(prefix.unwrap_or_default()).unwrap_or(text);
        let parsed: Bolt11Invoice =
            text.parse().map_err(|error| InvoiceError::Invalid(format!("{error}")))?;
        let amount = parsed.amount_milli_satoshis().map(Msat::new);
        if amount.is_some_and(|amount| amount > Msat::MAX) {
            return Err(InvoiceError::AmountTooLarge);
        }
        let created_at = parsed.duration_since_epoch().as_secs();
        Ok(Self {
            network: network(&parsed)?,
            amount,
            payment_hash: PaymentHash::new(*AsRef::<[u8; 32]>::as_ref(parsed.payment_hash())),
            payee: parsed.get_payee_pub_key().to_string(),
            description: description(&parsed),
            created_at,
            expires_at: created_at.saturating_add(parsed.expiry_time().as_secs()),
            hinted_fee: amount.and_then(|amount| {
                parsed.route_hints().iter().map(|hint| hinted_fee(hint, amount)).min()
            }),
        })
    }
}

/// Whether a text is what documentation writes in place of an invoice: bech32 has no such characters.
#[must_use]
pub(crate) fn is_placeholder(text: &str) -> bool {
    let is_ours = |character: char| character.is_ascii_alphanumeric() || character == ':';
    text.is_empty() || !text.trim().chars().all(is_ours)
}

/// What the hops of a hint take together: each is paid for what it forwards, the fees of those
/// after it included.
fn hinted_fee(hint: &RouteHint, amount: Msat) -> Msat {
    let forwarded = hint.0.iter().rev().fold(u128::from(amount.get()), |forwarded, hop| {
        let base = u128::from(hop.fees.base_msat);
        let share = u128::from(hop.fees.proportional_millionths);
        // Longer chains of absurd fees end at the cap, far above any amount there is.
        let fee = base + forwarded.saturating_mul(share) / 1_000_000;
        forwarded.saturating_add(fee).min(u128::from(u64::MAX))
    });
    let forwarded = u64::try_from(forwarded).unwrap_or(u64::MAX);
    Msat::new(forwarded.saturating_sub(amount.get()))
}

fn network(invoice: &Bolt11Invoice) -> Result<Network, InvoiceError> {
    Ok(match invoice.currency() {
        Currency::Bitcoin => Network::Bitcoin,
        Currency::BitcoinTestnet => Network::Testnet,
        Currency::Regtest => Network::Regtest,
        Currency::Signet => Network::Signet,
        Currency::Simnet => Network::Simnet,
    })
}

fn description(invoice: &Bolt11Invoice) -> String {
    match invoice.description() {
        Bolt11InvoiceDescriptionRef::Direct(text) => text.to_string(),
        Bolt11InvoiceDescriptionRef::Hash(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lightning_invoice::{RouteHintHop, RoutingFees};

    /// From BOLT 11, "Please send $3 for a cup of coffee to the same peer, within one minute".
    const COFFEE: &str = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";

    #[test]
    fn reads_the_published_vector() {
        let invoice = Invoice::decode(COFFEE).unwrap();
        assert_eq!(invoice.network, Network::Bitcoin);
        assert_eq!(invoice.amount, Some(Msat::new(250_000_000)));
        assert_eq!(
            invoice.payment_hash.to_string(),
            "0001020304050607080900010203040506070809000102030405060708090102"
        );
        assert_eq!(invoice.description, "1 cup coffee");
        assert_eq!(invoice.expires_at - invoice.created_at, 60);
        assert_eq!(
            invoice.payee,
            "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad"
        );
        let shouted = format!("LIGHTNING:{}", COFFEE.to_uppercase());
        assert_eq!(Invoice::decode(&shouted).unwrap(), invoice);
    }

    #[test]
    fn a_changed_character_is_refused() {
        let changed = COFFEE.replacen("2500u", "2501u", 1);
        assert!(matches!(Invoice::decode(&changed), Err(InvoiceError::Invalid(_))));
        assert!(Invoice::decode("").is_err());
        assert!(Invoice::decode("lnbc1").is_err());
        assert_eq!(Invoice::decode(&"l".repeat(5_000)), Err(InvoiceError::TooLong));
    }

    fn hop(base_msat: u32, proportional_millionths: u32) -> RouteHintHop {
        let payee = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";
        RouteHintHop {
            src_node_id: payee.parse().unwrap(),
            short_channel_id: 1,
            fees: RoutingFees { base_msat, proportional_millionths },
            cltv_expiry_delta: 40,
            htlc_minimum_msat: None,
            htlc_maximum_msat: None,
        }
    }

    #[test]
    fn each_hop_of_a_hint_is_paid_for_what_it_forwards() {
        let fee = |hops: Vec<_>, msat| hinted_fee(&RouteHint(hops), Msat::new(msat)).get();
        assert_eq!(fee(vec![], 1_000), 0);
        assert_eq!(fee(vec![hop(1_000, 0)], 1_000), 1_000);
        assert_eq!(fee(vec![hop(0, 100)], 100_000_000), 10_000);
        // The first of the two also takes its share of what the second gets.
        assert_eq!(fee(vec![hop(0, 100_000), hop(0, 100_000)], 1_000_000), 210_000);
        let absurd = vec![hop(u32::MAX, u32::MAX); 12];
        assert_eq!(fee(absurd, 1_000), u64::MAX - 1_000);
        assert_eq!(Invoice::decode(COFFEE).unwrap().hinted_fee, None);
    }
}
