//! Whether a buyer chose one of the ways to pay that were offered.

use super::{PaymentRequirements, slack};
use crate::evm::parse_address;

/// Whether `accepted`, sent back by a buyer, is `advertised`: every core field equal, and every
/// key of the seller's `extra` there with the same value. A buyer may add keys to `extra`.
/// Addresses of EVM chains are compared by value, since some buyers change their case.
#[must_use]
pub fn accepted_matches(accepted: &PaymentRequirements, advertised: &PaymentRequirements) -> bool {
    let extra_kept = match (&accepted.extra, &advertised.extra) {
        (_, None) => true,
        (Some(accepted), Some(advertised)) => slack::contains(accepted, advertised),
        (None, Some(advertised)) => advertised.is_empty(),
    };
    accepted.scheme == advertised.scheme
        && accepted.network == advertised.network
        && accepted.amount == advertised.amount
        && accepted.max_timeout_seconds == advertised.max_timeout_seconds
        && same_account(&accepted.asset, &advertised.asset)
        && same_account(&accepted.pay_to, &advertised.pay_to)
        && extra_kept
}

fn same_account(a: &str, b: &str) -> bool {
    a == b || parse_address(a).is_ok_and(|address| parse_address(b) == Ok(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn offer() -> Value {
        json!({
            "scheme": "exact", "network": "eip155:8453", "amount": "10000",
            "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
            "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", "maxTimeoutSeconds": 60,
            "extra": {"name": "USD Coin", "version": "2", "terms": {"limit": 5}},
        })
    }

    fn matches(change: impl FnOnce(&mut Value)) -> bool {
        let mut accepted = offer();
        change(&mut accepted);
        let read = |value| serde_json::from_value(value).unwrap();
        accepted_matches(&read(accepted), &read(offer()))
    }

    #[test]
    fn what_means_the_same_matches() {
        assert!(matches(|_| {}));
        assert!(matches(|offer| offer["extra"]["more"] = json!([1])));
        assert!(matches(|offer| offer["extra"]["terms"]["limit"] = json!(5.0)));
        assert!(matches(|offer| offer["maxTimeoutSeconds"] = json!(60.0)));
        assert!(matches(|offer| offer["unknown"] = json!(true)));
        let small = |text: &Value| json!(text.as_str().unwrap().to_lowercase());
        assert!(matches(|offer| offer["payTo"] = small(&offer["payTo"])));
    }

    #[test]
    fn a_changed_term_does_not_match() {
        for (field, value) in [
            ("scheme", json!("upto")),
            ("network", json!("eip155:84532")),
            ("amount", json!("9999")),
            ("asset", json!("0x036CbD53842c5426634e7929541eC2318f3dCF7e")),
            ("payTo", json!("0x036CbD53842c5426634e7929541eC2318f3dCF7e")),
            ("maxTimeoutSeconds", json!(61)),
            ("extra", json!(null)),
            ("extra", json!({})),
        ] {
            assert!(!matches(|offer| offer[field] = value.clone()), "{field} {value}");
        }
        assert!(!matches(|offer| offer["extra"]["name"] = json!("USDC")));
        assert!(!matches(|offer| offer["extra"]["terms"]["limit"] = json!(6)));
        assert!(!matches(|offer| offer["extra"]["terms"]["more"] = json!(6)));
    }
}
