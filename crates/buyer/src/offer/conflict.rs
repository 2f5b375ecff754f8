//! Whether header and body of one answer ask for the same.

use farebox_wire::evm::parse_address;
use farebox_wire::x402::PaymentRequirements;

/// Whether both name a token of which they want different payments: the one that a user was shown
/// may then not be the one that is signed.
pub(super) fn between(header: &[PaymentRequirements], body: &[PaymentRequirements]) -> bool {
    let same_token = |a: &PaymentRequirements, b: &PaymentRequirements| {
        a.scheme == b.scheme && a.network == b.network && same(&a.asset, &b.asset)
    };
    let same_payment = |a: &PaymentRequirements, b: &PaymentRequirements| {
        a.amount == b.amount && same(&a.pay_to, &b.pay_to)
    };
    header.iter().any(|own| {
        let others: Vec<_> = body.iter().filter(|other| same_token(own, other)).collect();
        !others.is_empty() && !others.iter().any(|other| same_payment(own, other))
    })
}

fn same(a: &str, b: &str) -> bool {
    a == b || parse_address(a).is_ok_and(|address| parse_address(b) == Ok(address))
}
