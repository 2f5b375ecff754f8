//! A command with money that did not end well.

use crate::output::harmless;
use farebox_buyer::{BuyError, Parked, ProbeError, TransferFacts};
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use serde_json::{Value, json};
use std::fmt::Display;
use std::process::ExitCode;

/// A payment that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paid {
    pub(crate) amount: Msat,
    pub(crate) fee: Msat,
    pub(crate) payment_hash: PaymentHash,
}

/// What happened, what to do, and what programs compare.
#[derive(Debug)]
pub(crate) struct Problem {
    code: &'static str,
    message: Box<str>,
    hint: Option<&'static str>,
    exit_code: u8,
    /// What was paid for certain.
    paid: Option<Box<Paid>>,
    /// The payment in tokens that was signed.
    signed: Option<Box<TransferFacts>>,
    /// The question that a human has to answer first.
    approval: Option<Box<Parked>>,
}

impl Problem {
    pub(crate) fn new(code: &'static str, message: String, exit_code: u8) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            exit_code,
            paid: None,
            signed: None,
            approval: None,
        }
    }

    /// With what to do about it.
    pub(crate) fn with_hint(self, hint: Option<&'static str>) -> Self {
        Self { hint, ..self }
    }

    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new("usage", message.to_string(), 2)
    }

    pub(crate) fn general(message: impl Display) -> Self {
        Self::new("start", message.to_string(), 1)
    }

    pub(crate) fn interrupted(message: String, paid: Option<Paid>, exit_code: u8) -> Self {
        Self { paid: paid.map(Box::new), ..Self::new("interrupted", message, exit_code) }
    }

    /// Names the problem.
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// What programs compare.
    pub(crate) const fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// One line of JSON, or one for what happened and one for what to do, on standard error.
    pub(crate) fn print(&self, json: bool) -> ExitCode {
        if json {
            eprintln!("{}", self.to_json());
        } else {
            eprintln!("farebox: {}", harmless(&self.message));
            if let Some(hint) = self.hint {
                eprintln!("hint: {hint}");
            }
        }
        ExitCode::from(self.exit_code)
    }

    /// What happened, in one line.
    pub(crate) const fn message(&self) -> &str {
        &self.message
    }

    /// What programs read.
    pub(crate) fn to_json(&self) -> Value {
        let paid = self.paid.as_ref().map(|paid| {
            json!({
                "amount_sat": paid.amount.to_sats_ceil(),
                "fee_sat": paid.fee.to_sats_ceil(),
                "payment_hash": paid.payment_hash,
            })
        });
        let signed = self.signed.as_ref().map(|signed| {
            json!({
                "asset": signed.charge.asset(),
                "amount": signed.charge.units().to_string(),
                "payment_key": signed.payment.key(),
                "settled": signed.is_settled,
                "valid_before": signed.valid_before,
            })
        });
        let approval = self.approval.as_ref().map(|parked| {
            json!({"id": parked.id, "reason": parked.reason, "expires_at": parked.expires_at})
        });
        json!({"error": {
            "code": self.code,
            "message": harmless(&self.message),
            "hint": self.hint,
            "exit_code": self.exit_code,
            "paid": paid,
            "signed": signed,
            "approval": approval,
        }})
    }
}

impl From<ProbeError> for Problem {
    fn from(error: ProbeError) -> Self {
        Self::new(error.code(), error.to_string(), error.exit_code()).with_hint(Some(error.hint()))
    }
}

impl From<BuyError> for Problem {
    fn from(error: BuyError) -> Self {
        let paid = error.paid().map(|paid| Paid {
            amount: paid.amount,
            fee: paid.fee,
            payment_hash: paid.payment_hash,
        });
        Self {
            code: error.code(),
            message: error.to_string().into(),
            hint: error.hint(),
            exit_code: error.exit_code(),
            paid: paid.map(Box::new),
            signed: error.transfer().cloned().map(Box::new),
            approval: match &error {
                BuyError::ApprovalRequired(parked) => Some(Box::new(parked.clone())),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_buyer::PaidFacts;
    use farebox_money::Msat;
    use farebox_wire::lightning::PaymentHash;

    #[test]
    fn an_error_after_a_payment_says_in_json_what_was_paid() {
        let payment_hash = PaymentHash::new([7; 32]);
        let (amount, fee) = (Msat::new(5_000), Msat::new(1_500));
        let paid = PaidFacts { amount, fee, payment_hash, paid_at: 0 };
        let error = BuyError::PaidNotDelivered { paid, status: 500, said: None };
        let shown = &Problem::from(error).to_json()["error"];
        assert_eq!(
            (&shown["code"], &shown["exit_code"]),
            (&json!("paid_not_delivered"), &json!(5))
        );
        let expected = json!({"amount_sat": 5, "fee_sat": 2, "payment_hash": "07".repeat(32)});
        assert_eq!(shown["paid"], expected);
    }

    #[test]
    fn an_error_without_a_payment_says_in_json_that_nothing_was_paid() {
        let shown = Problem::usage("no").to_json();
        assert!(shown["error"].as_object().unwrap().contains_key("paid"));
        assert!(shown["error"]["paid"].is_null());
        let refused = Problem::from(BuyError::BadOffer("no".into())).to_json();
        assert!(refused["error"]["paid"].is_null());
    }
}
