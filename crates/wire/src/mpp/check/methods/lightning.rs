//! `lightning/charge` and `lightning/session`.

use super::super::{FaultCode, request::Request};
use crate::bolt11::{Invoice, Network, is_placeholder};
use crate::evm::parse_amount;
use crate::mpp::methods::lightning::LightningCharge;
use serde_json::Value;

/// No invoice is shorter.
const INVOICE_LEN_MIN: usize = 60;

pub(super) fn examine(request: &mut Request<'_>, is_charge: bool) {
    let Some(text) = invoice_text(request, is_charge) else {
        request.sink.add(FaultCode::InvoiceMissing);
        return;
    };
    if is_placeholder(&text) || text.len() < INVOICE_LEN_MIN {
        return request.sink.add_found(FaultCode::InvoicePlaceholder, &text);
    }
    let invoice = match Invoice::decode(&text) {
        Ok(invoice) => invoice,
        Err(error) => {
            return request.sink.add_found(FaultCode::InvoiceUnreadable, &error.to_string());
        }
    };
    check_times(&invoice, request);
    if invoice.network != Network::Bitcoin {
        request.test_money();
    }
    if is_charge {
        check_charge(&invoice, request);
        request.strict(LightningCharge::decode(request.text));
    } else {
        request.positive_amount();
    }
    request.found.invoice = Some(invoice);
}

/// A session's invoice is that of its deposit.
fn invoice_text(request: &mut Request<'_>, is_charge: bool) -> Option<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    if !is_charge {
        return text(request.fields.get("depositInvoice"));
    }
    let nested = text(request.detail("invoice"));
    let flat = text(request.fields.get("invoice"));
    request.sink.add_if(nested.is_none() && flat.is_some(), FaultCode::InvoicePlace);
    let differ = nested.is_some() && flat.is_some() && nested != flat;
    request.sink.add_if(differ, FaultCode::TwoInvoices);
    nested.or(flat).filter(|text| !text.is_empty())
}

fn check_times(invoice: &Invoice, request: &mut Request<'_>) {
    request.sink.add_if(invoice.expires_at <= request.context.now, FaultCode::InvoiceExpired);
    let outlives = request.found.expires_at.is_some_and(|expires| expires > invoice.expires_at);
    request.sink.add_if(outlives, FaultCode::OutlivesInvoice);
}

fn check_charge(invoice: &Invoice, request: &mut Request<'_>) {
    match invoice.amount.filter(|amount| !amount.is_zero()) {
        None => request.sink.add(FaultCode::InvoiceAmountless),
        Some(amount) => {
            request.sink.add_if(amount.to_sats_exact().is_none(), FaultCode::InvoicePartOfSat);
            check_amount(amount, request);
        }
    }
    let names = ["sat", "sats", "btc"];
    match request.found.currency.clone() {
        Some(name) if !names.iter().any(|known| name.eq_ignore_ascii_case(known)) => {
            request.sink.add_found(FaultCode::CurrencyInvalid, &name);
        }
        _ => {}
    }
    for hash in both(request, "paymentHash") {
        let is_own = hash.parse().is_ok_and(|hash| invoice.payment_hash == hash);
        request.sink.add_if(!is_own, FaultCode::PaymentHashMismatch);
    }
    for name in both(request, "network") {
        match network(&name) {
            None => request.sink.add_found(FaultCode::NetworkName, &name),
            Some(own) if own != invoice.network => request.sink.add(FaultCode::NetworkMismatch),
            Some(_) => {}
        }
    }
}

fn check_amount(invoiced: farebox_money::Msat, request: &mut Request<'_>) {
    let text = match request.fields.get("amount") {
        None => return request.sink.add(FaultCode::AmountOnlyInInvoice),
        Some(Value::String(text)) => text.clone(),
        Some(_) => return request.sink.add(FaultCode::AmountNotString),
    };
    if parse_amount(&text).is_err() {
        request.amount();
        return;
    }
    let Some(sats) = request.amount() else { return };
    let rounded = [invoiced.to_sats_floor(), invoiced.to_sats_ceil()];
    if sats.is_zero() {
        request.sink.add(FaultCode::AmountZero);
    } else if !rounded.iter().any(|own| sats == own.get()) {
        let found = format!("{text} sats, the invoice asks for {invoiced}");
        request.sink.add_found(FaultCode::AmountMismatch, &found);
    }
}

/// A field in `methodDetails` and beside it.
fn both(request: &Request<'_>, name: &str) -> Vec<String> {
    let values = [request.detail(name), request.fields.get(name)];
    values.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn network(name: &str) -> Option<Network> {
    match name {
        "mainnet" | "bitcoin" => Some(Network::Bitcoin),
        "testnet" => Some(Network::Testnet),
        "regtest" => Some(Network::Regtest),
        "signet" => Some(Network::Signet),
        "simnet" => Some(Network::Simnet),
        _ => None,
    }
}
