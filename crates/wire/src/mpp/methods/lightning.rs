//! `lightning/charge`: a BOLT 11 invoice, paid, and its preimage as the proof.

use super::{CHARGE, PayloadError, RequestError, nonzero, read_payload};
use crate::{
    bolt11::{Invoice, Network},
    evm::parse_amount,
    lightning::{PaymentHash, Preimage},
    mpp::jcs,
};
use farebox_money::Msat;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The method's name.
pub const METHOD: &str = "lightning";
/// The intent's name.
pub const INTENT: &str = CHARGE;

const MSAT_PER_SAT: u64 = 1_000;

/// What is to be paid. The invoice alone decides; whatever else a request says has been compared
/// with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LightningCharge {
    /// The invoice as a wallet takes it.
    pub invoice_text: String,
    /// The invoice, read.
    pub invoice: Invoice,
    /// What it asks for.
    pub amount: Msat,
    /// What it is for, in the seller's words.
    pub description: Option<String>,
    /// The payee, in the seller's words.
    pub recipient: Option<String>,
    /// The seller's own name for what is sold.
    pub external_id: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method_details: Option<Details>,
    /// Some sellers put the details where the amount is.
    #[serde(flatten)]
    flat: Details,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
}

impl LightningCharge {
    /// A charge for an invoice.
    ///
    /// # Errors
    /// When the invoice cannot be read or names no amount.
    pub fn new(invoice_text: &str) -> Result<Self, RequestError> {
        let invoice = Invoice::decode(invoice_text)?;
        let amount = invoice.amount.filter(|amount| amount.get() > 0);
        Ok(Self {
            invoice_text: invoice_text.trim().to_owned(),
            amount: amount.ok_or(RequestError::OpenAmount)?,
            invoice,
            description: None,
            recipient: None,
            external_id: None,
        })
    }

    /// The request as a challenge carries it. The challenge must not expire after the invoice.
    ///
    /// # Errors
    /// When the invoice asks for a part of a sat, or is of a network without a name here.
    pub fn encode(&self) -> Result<String, RequestError> {
        if !self.amount.get().is_multiple_of(MSAT_PER_SAT) {
            return Err(RequestError::PartOfSat);
        }
        let network = match self.invoice.network {
            named @ (Network::Bitcoin | Network::Regtest | Network::Signet) => named.name(),
            Network::Testnet | Network::Simnet => return Err(RequestError::Network),
        };
        let details = Details {
            invoice: Some(self.invoice_text.clone()),
            payment_hash: Some(self.invoice.payment_hash.to_string()),
            network: Some(network.to_owned()),
        };
        Ok(jcs::encode(&Wire {
            amount: Some((self.amount.get() / MSAT_PER_SAT).to_string()),
            currency: Some("sat".to_owned()),
            description: self.description.clone(),
            recipient: self.recipient.clone(),
            external_id: self.external_id.clone(),
            method_details: Some(details),
            flat: Details::default(),
        })?)
    }

    /// Reads a request and compares all of it with its invoice.
    ///
    /// # Errors
    /// When there is no invoice to pay, or it is not the one that the request describes.
    pub fn decode(request: &str) -> Result<Self, RequestError> {
        let wire: Wire = jcs::decode(request)?;
        let details = wire.method_details.unwrap_or_default();
        let invoice_text = match (details.invoice, wire.flat.invoice) {
            (Some(nested), Some(flat)) if nested != flat => return Err(RequestError::TwoInvoices),
            (nested, flat) => nested.or(flat).ok_or(RequestError::Missing("invoice"))?,
        };
        let charge = Self {
            description: wire.description,
            recipient: wire.recipient,
            external_id: wire.external_id,
            ..Self::new(&invoice_text)?
        };
        charge.check_amount(wire.amount.as_deref(), wire.currency.as_deref())?;
        for hash in details.payment_hash.iter().chain(&wire.flat.payment_hash) {
            if hash.parse() != Ok(charge.invoice.payment_hash) {
                return Err(RequestError::InvoiceMismatch("paymentHash"));
            }
        }
        for network in details.network.iter().chain(&wire.flat.network) {
            charge.check_network(network)?;
        }
        Ok(charge)
    }

    /// Sats go by several names; none of them matters, because the invoice says what they are.
    pub(in crate::mpp) fn check_amount(
        &self,
        amount: Option<&str>,
        currency: Option<&str>,
    ) -> Result<(), RequestError> {
        if let Some(name) = currency
            && !["sat", "sats", "btc"].iter().any(|own| name.eq_ignore_ascii_case(own))
        {
            return Err(RequestError::Currency(name.to_owned()));
        }
        let Some(claimed) = amount else {
            return Ok(());
        };
        let sats = nonzero(parse_amount(claimed)?)?;
        let invoiced = self.amount.get();
        let rounded = [invoiced / MSAT_PER_SAT, invoiced.div_ceil(MSAT_PER_SAT)];
        if rounded.iter().any(|rounded| sats == *rounded) {
            return Ok(());
        }
        Err(RequestError::AmountMismatch { claimed: claimed.to_owned(), invoiced: self.amount })
    }

    /// A name that is none of a network, such as `lightning`, says nothing.
    fn check_network(&self, name: &str) -> Result<(), RequestError> {
        let claimed = match name {
            "mainnet" | "bitcoin" => Network::Bitcoin,
            "testnet" => Network::Testnet,
            "regtest" => Network::Regtest,
            "signet" => Network::Signet,
            "simnet" => Network::Simnet,
            _ => return Ok(()),
        };
        if claimed == self.invoice.network {
            return Ok(());
        }
        Err(RequestError::InvoiceMismatch("network"))
    }

    /// Whether a proof is the one of this charge.
    #[must_use]
    pub fn is_paid_by(&self, preimage: &Preimage) -> bool {
        preimage.hash() == self.invoice.payment_hash
    }

    /// What names the payment, in a receipt too.
    #[must_use]
    pub fn payment_hash(&self) -> PaymentHash {
        self.invoice.payment_hash
    }
}

/// The payload of a credential.
#[must_use]
pub fn payload(preimage: &Preimage) -> Value {
    json!({ "preimage": preimage.reveal_hex() })
}

/// Reads the payload of a credential.
///
/// # Errors
/// When it is no preimage.
pub fn read_preimage(payload: &Value) -> Result<Preimage, PayloadError> {
    #[derive(Deserialize)]
    struct Payload {
        preimage: String,
    }
    let Payload { preimage } = read_payload(payload)?;
    preimage
        .parse()
        .map_err(|_| PayloadError::Invalid("the preimage is not 64 hexadecimal digits".to_owned()))
}
