//! What a seller says became of a payment, compared with what was signed. Pure.

use crate::printable::printable;
use crate::store::Transfer;
use farebox_wire::evm::{Network, parse_address, parse_amount};
use farebox_wire::mpp::{PAYMENT_RECEIPT, Receipt};
use farebox_wire::x402::{ErrorCode, PAYMENT_RESPONSE, SettleResponse, X_PAYMENT_RESPONSE};
use http::HeaderMap;

/// Longer names of transactions are not kept.
const TRANSACTION_LEN_MAX: usize = 128;

/// The receipt of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settlement {
    /// Whether the seller says that it has the money; `None` where it says nothing.
    pub(super) is_settled: Option<bool>,
    /// By which transaction.
    pub(super) transaction: Option<String>,
    /// Why not, as its code.
    pub(super) code: Option<String>,
    /// What in it is not as it was signed.
    pub(super) lies: Vec<String>,
}

/// Reads the receipt of an answer to a payment.
pub(super) fn read(headers: &HeaderMap, transfer: &Transfer) -> Settlement {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if transfer.way.starts_with("mpp") {
        return text(PAYMENT_RECEIPT).map(|value| of_mpp(value, transfer)).unwrap_or_default();
    }
    let value = text(PAYMENT_RESPONSE).or_else(|| text(X_PAYMENT_RESPONSE));
    value.map(|value| of_x402(value, transfer)).unwrap_or_default()
}

fn of_x402(value: &str, transfer: &Transfer) -> Settlement {
    let Ok(receipt) = SettleResponse::parse_header(value) else {
        let lies = vec!["the seller's receipt cannot be read".to_owned()];
        return Settlement { lies, ..Settlement::default() };
    };
    let mut lies = Vec::new();
    let network = Network::parse_caip2(&receipt.network).or(Network::parse_v1(&receipt.network));
    if !receipt.network.is_empty() && network != Some(Network::Evm(transfer.token.chain)) {
        lies.push(lie("network", &receipt.network, &format!("eip155:{}", transfer.token.chain)));
    }
    if let Some(payer) = &receipt.payer
        && parse_address(payer) != Ok(transfer.payer)
    {
        lies.push(lie("payer", payer, &transfer.payer.to_string()));
    }
    let signed = transfer.charge.units().to_string();
    if let Some(amount) = &receipt.amount
        && parse_amount(amount).map(|amount| amount.to_string()) != Ok(signed.clone())
    {
        lies.push(lie("amount", amount, &signed));
    }
    if receipt.success && receipt.transaction.is_empty() {
        lies.push("the seller's receipt names no transaction".to_owned());
    }
    Settlement {
        is_settled: Some(receipt.success),
        transaction: name_of(&receipt.transaction),
        code: receipt.error_reason,
        lies,
    }
}

fn of_mpp(value: &str, transfer: &Transfer) -> Settlement {
    let Ok(receipt) = Receipt::parse(value) else {
        let lies = vec!["the seller's receipt cannot be read".to_owned()];
        return Settlement { lies, ..Settlement::default() };
    };
    let mut lies = Vec::new();
    let method = transfer.way.trim_start_matches("mpp-");
    if receipt.method != method {
        lies.push(lie("method", &receipt.method, method));
    }
    if let (Some(named), Some(own)) = (&receipt.challenge_id, &transfer.challenge_id)
        && named != own
    {
        lies.push(lie("challenge", named, own));
    }
    if let Some(chain) = receipt.chain_id
        && chain != transfer.token.chain.get()
    {
        lies.push(lie("chain", &chain.to_string(), &transfer.token.chain.to_string()));
    }
    if let Some(own) = &transfer.transaction
        && !own.eq_ignore_ascii_case(&receipt.reference)
    {
        lies.push(lie("transaction", &receipt.reference, own));
    }
    let transaction = name_of(&receipt.reference);
    Settlement { is_settled: Some(true), transaction, code: None, lies }
}

fn lie(what: &str, said: &str, signed: &str) -> String {
    format!("the seller's receipt names the {what} {}, not {signed}", printable(said, 100))
}

fn name_of(transaction: &str) -> Option<String> {
    let len = transaction.len();
    let plain = transaction.bytes().all(|byte| byte.is_ascii_graphic());
    (plain && (1..=TRANSACTION_LEN_MAX).contains(&len)).then(|| transaction.to_owned())
}

impl Settlement {
    /// What the code means, where it is one that is known.
    pub(super) fn error_code(&self) -> Option<ErrorCode> {
        self.code.as_deref().and_then(ErrorCode::parse)
    }
}
