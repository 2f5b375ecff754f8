//! How it went, for people and for programs.

use super::output::Output;
use crate::output::{print_json, print_line};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_buyer::rules::Sum;
use farebox_buyer::{
    Answer, BuyError, Charge, Objection, Outcome, PaymentId, Price, PurchaseState, Quote, Rail,
};
use farebox_money::Sats;
use farebox_wire::lightning::PaymentHash;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// A dry run that found that it would buy.
const WOULD_BUY: u8 = 10;
/// A dry run that found that a human would be asked.
const NEEDS_APPROVAL: u8 = 7;
/// With `--fail`, a status that is not 2xx.
const NOT_2XX: u8 = 5;

/// A get that ended well.
pub(super) struct Report {
    pub(super) outcome: Outcome,
    pub(super) output: Output,
    /// By the whole budget, this purchase included; for JSON.
    pub(super) spent_today: Option<Sum>,
    pub(super) warnings: Vec<String>,
    pub(super) max_cost: Option<Sats>,
    pub(super) duration: Duration,
    pub(super) dry_run: bool,
    pub(super) fail: bool,
    pub(super) quiet: bool,
}

impl Report {
    /// Prints what was not written yet and returns the exit code.
    pub(super) fn print(&self, json: bool) -> ExitCode {
        match &self.outcome {
            Outcome::Answered(answer) => self.print_answer(answer, json),
            Outcome::Quoted(quote) if self.dry_run => self.print_dry_run(quote, json),
            Outcome::Quoted(quote) => self.print_unpaid(quote, json),
        }
    }

    fn print_answer(&self, answer: &Answer, json: bool) -> ExitCode {
        let before = answer.payment.as_ref().filter(|payment| payment.resumed);
        if json {
            print_json(&self.answer_json(answer));
        } else if let Some(payment) = before.filter(|_| !self.quiet) {
            let (charge, name) = (&payment.charge, payment.payment);
            eprintln!("{charge} for this request were paid before ({name})");
        }
        if !self.fail || answer.status.is_success() {
            return ExitCode::SUCCESS;
        }
        if !json {
            eprintln!("farebox: the answer is {}", answer.status);
        }
        ExitCode::from(NOT_2XX)
    }

    fn answer_json(&self, answer: &Answer) -> Value {
        let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let payment = answer.payment.as_ref();
        let sats = payment.and_then(|payment| sats(&payment.charge));
        self.finish_json(json!({
            "url": answer.url.as_str(),
            "output_path": self.output.path(),
            "size": answer.len,
            "content_type": content_type,
            "status_code": answer.status.as_u16(),
            "paid": payment.is_some(),
            "rail": payment.map(|payment| payment.rail),
            "payment_scheme": payment.map(|payment| payment.scheme),
            "asset": payment.map(|payment| payment.charge.asset()),
            "amount": payment.map(|payment| payment.charge.units().to_string()),
            "amount_usd": payment.and_then(|payment| usd(&payment.charge)),
            "payment_key": payment.map(|payment| payment.payment.key()),
            "tx": payment.and_then(|payment| payment.transaction.as_deref()),
            "l402_paid": payment.is_some_and(|payment| payment.rail == Rail::L402),
            "l402_amount_sat": sats,
            "l402_fee_sat": sats.and(payment).map(|payment| payment.fee.to_sats_ceil()),
            "payment_hash": payment.and_then(|payment| payment_hash(payment.payment)),
        }))
    }

    fn print_dry_run(&self, quote: &Quote, json: bool) -> ExitCode {
        if json {
            print_json(&self.quote_json(quote));
        } else {
            print_line(self.verdict(quote));
        }
        ExitCode::from(match &quote.price {
            None => return ExitCode::SUCCESS,
            Some(Price { refusal: Some(refusal), .. }) => BuyError::from(*refusal).exit_code(),
            Some(Price { objection: Some(Objection::Denied(denial)), .. }) => {
                BuyError::Denied(denial.clone()).exit_code()
            }
            Some(Price { objection: Some(Objection::Asks(_)), .. }) => NEEDS_APPROVAL,
            Some(_) => WOULD_BUY,
        })
    }

    /// What a dry run found, in one line.
    fn verdict(&self, quote: &Quote) -> String {
        let place = quote.url.origin().ascii_serialization();
        match (quote.unfinished, &quote.price) {
            (Some(PurchaseState::Credit), _) => {
                format!("nothing to pay: an earlier payment to {place} was not used up")
            }
            (Some(PurchaseState::Paid), _) => {
                format!(
                    "an earlier purchase of this request is paid; a real run fetches it from {place}"
                )
            }
            (Some(_), _) => {
                let amount = asked(quote);
                format!("a real run finishes an earlier payment of {amount} to {place}")
            }
            (None, None) if quote.has_cached_token => {
                format!("nothing to pay: a token of an earlier purchase is good at {place}")
            }
            (None, None) => format!("nothing to pay at {place}"),
            (None, Some(price)) => match (objection(price), &price.objection) {
                (None, _) => format!("would pay {} to {place}", asked(quote)),
                (Some(why), Some(Objection::Asks(_))) => {
                    format!("would ask a human before paying {} to {place}: {why}", asked(quote))
                }
                (Some(why), _) => format!("would not pay {place}: {why}"),
            },
        }
    }

    fn print_unpaid(&self, quote: &Quote, json: bool) -> ExitCode {
        if json {
            print_json(&self.quote_json(quote));
        } else if !self.quiet {
            let place = quote.url.origin().ascii_serialization();
            eprintln!("{place} asks for {}; nothing was paid (--no-pay)", asked(quote));
        }
        ExitCode::SUCCESS
    }

    fn quote_json(&self, quote: &Quote) -> Value {
        let price = quote.price.as_ref();
        let charge = price.and_then(|price| price.charge.as_ref());
        let offers: Vec<_> = quote.offers.iter().map(offer_json).collect();
        self.finish_json(json!({
            "dry_run": self.dry_run,
            "url": quote.url.as_str(),
            "status_code": quote.status.map(|status| status.as_u16()),
            "has_cached_token": quote.has_cached_token,
            "requires_l402": price.is_some_and(|price| price.rail == Rail::L402),
            "requires_payment": price.is_some(),
            "l402_paid": false,
            "rail": price.map(|price| price.rail),
            "payment_scheme": price.and_then(|price| price.schemes.first()),
            "asset": charge.map(Charge::asset),
            "amount": charge.map(|charge| charge.units().to_string()),
            "amount_usd": charge.and_then(usd),
            "payment_hash": price.and_then(|price| price.payment).and_then(payment_hash),
            "invoice_amount_sat": charge.and_then(sats),
            "offers": offers,
            "within_budget": price.is_none_or(|price| objection(price).is_none()),
            "requires_approval":
                price.is_some_and(|price| matches!(price.objection, Some(Objection::Asks(_)))),
            "refusal": price.and_then(objection),
            "max_cost_sats": self.max_cost,
            "unfinished_purchase": quote.unfinished.map(PurchaseState::name),
        }))
    }

    /// Adds what every JSON object of this command has.
    fn finish_json(&self, object: Value) -> Value {
        let mut fields = match object {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let duration_ms = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        fields.insert("duration_ms".into(), duration_ms.into());
        if let Some(spent) = self.spent_today {
            fields.insert("spent_today_msat".into(), spent.msat.get().into());
            fields.insert("spent_today_usd".into(), spent.usd.to_string().into());
        }
        fields.insert("warnings".into(), self.warnings.clone().into());
        if let Some(body) = self.output.body().filter(|_| !self.dry_run) {
            match std::str::from_utf8(body) {
                Ok(text) => fields.insert("body".into(), text.into()),
                Err(_) => fields.insert("body_base64".into(), STANDARD.encode(body).into()),
            };
        }
        Value::Object(fields)
    }
}

fn asked(quote: &Quote) -> String {
    let charge = quote.price.as_ref().and_then(|price| price.charge.as_ref());
    charge.map_or_else(|| "an amount of the payer's choice".to_owned(), Charge::to_string)
}

/// One of the ways to pay that a seller offers.
fn offer_json(price: &Price) -> Value {
    let charge = price.charge.as_ref();
    json!({
        "rail": price.rail,
        "payment_schemes": price.schemes,
        "asset": charge.map(Charge::asset),
        "amount": charge.map(|charge| charge.units().to_string()),
        "amount_usd": charge.and_then(usd),
        "payee": price.payee,
        "refusal": price.refusal.map(|refusal| refusal.to_string()),
    })
}

fn sats(charge: &Charge) -> Option<Sats> {
    match charge {
        Charge::Lightning(amount) => Some(amount.to_sats_ceil()),
        Charge::Token { .. } => None,
    }
}

fn usd(charge: &Charge) -> Option<String> {
    match charge {
        Charge::Token { worth, .. } => worth.map(|worth| worth.to_string()),
        Charge::Lightning(_) => None,
    }
}

fn payment_hash(payment: PaymentId) -> Option<PaymentHash> {
    match payment {
        PaymentId::Hash(hash) => Some(hash),
        PaymentId::Authorization(_) | PaymentId::Transaction(_) => None,
    }
}

/// Why it would not be paid, or not at once.
fn objection(price: &Price) -> Option<String> {
    let refusal = price.refusal.map(|refusal| refusal.to_string());
    refusal.or_else(|| {
        price.objection.as_ref().map(|objection| match objection {
            Objection::Denied(denial) => denial.to_string(),
            Objection::Asks(reason) => reason.to_string(),
        })
    })
}
