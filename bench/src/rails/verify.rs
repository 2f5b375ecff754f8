//! x402 payments verified as far as it goes without a chain, beside the recovery of the key from
//! the signature, which no verification can do without.

use crate::alternate::{self, Once};
use crate::report::Group;
use crate::{Args, Failed, terms};
use farebox_wire::evm::{B256, Signature};
use farebox_wire::x402::{Payer, Payment, PaymentRequirements, Timing, verify_exact};

const PAYMENTS: usize = 256;

pub fn measure(args: &Args) -> Result<Group, Failed> {
    let (payments, requirements) = (terms::payments(PAYMENTS)?, terms::requirements()?);
    let now_s = terms::now_s();
    let timing = Timing { now_s, margin_s: 6, validity_max_s: Some(3_700) };
    let headers: Vec<_> = payments.iter().map(|payment| payment.to_header().1).collect();
    let signed = payments.iter().map(|payment| signed(payment, &requirements, timing));
    let signed = signed.collect::<Result<Vec<_>, Failed>>()?;

    let mut headers = headers.iter().cycle();
    let from_header = move || {
        let payment = headers.next().and_then(|header| Payment::parse_header(header).ok());
        payment.is_some_and(|payment| is_good(&payment, &requirements, timing))
    };
    let (mut parsed, asked) = (payments.iter().cycle(), terms::requirements()?);
    let verify = move || parsed.next().is_some_and(|payment| is_good(payment, &asked, timing));
    let mut signed = signed.iter().cycle();
    let recover = move || signed.next().is_some_and(|(by, digest)| by.recover(*digest).is_ok());
    let subjects: Vec<(String, Once<'_>)> = vec![
        ("farebox, header read and verified".to_owned(), Box::new(from_header)),
        ("farebox, verified".to_owned(), Box::new(verify)),
        ("limit: libsecp256k1 recovers the key".to_owned(), Box::new(recover)),
    ];
    let title = "x402: payments verified without a chain, one thread".to_owned();
    Ok(Group { title, rows: alternate::run(args, subjects) })
}

fn is_good(payment: &Payment, requirements: &PaymentRequirements, timing: Timing) -> bool {
    verify_exact(payment, requirements, timing, Payer::Account).is_ok()
}

fn signed(
    payment: &Payment,
    requirements: &PaymentRequirements,
    timing: Timing,
) -> Result<(Signature, B256), Failed> {
    let verified = verify_exact(payment, requirements, timing, Payer::Account)?;
    Ok((verified.signature, verified.digest))
}
