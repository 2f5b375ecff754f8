//! Receipts for a spreadsheet.

use super::amount_msat;
use crate::commands::when::time;
use farebox_buyer::Receipt;
use farebox_money::MicroUsd;
use std::io;

const HEADER: [&str; 17] = [
    "time",
    "status",
    "rail",
    "method",
    "url",
    "host",
    "payee",
    "asset",
    "amount",
    "amount_msat",
    "amount_usd",
    "fee_msat",
    "payment_hash",
    "has_proof",
    "rule",
    "status_code",
    "latency_ms",
];

/// Writes receipts to standard output. A reader that went away is no failure.
pub(super) fn print(receipts: &[Receipt]) -> Result<(), ::csv::Error> {
    match write(receipts, io::stdout().lock()) {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        written => written,
    }
}

fn is_broken_pipe(error: &::csv::Error) -> bool {
    matches!(error.kind(), ::csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
}

fn write(receipts: &[Receipt], to: impl io::Write) -> Result<(), ::csv::Error> {
    let mut writer = ::csv::Writer::from_writer(to);
    writer.write_record(HEADER)?;
    for receipt in receipts {
        writer.write_record(row(receipt).map(|value| without_formula(&value)))?;
    }
    writer.flush().map_err(::csv::Error::from)
}

fn row(receipt: &Receipt) -> [String; HEADER.len()] {
    let entry = &receipt.entry;
    let answered = receipt.answered.as_ref();
    [
        time(entry.at),
        receipt.status().to_owned(),
        entry.rail.clone(),
        entry.method.clone(),
        entry.url.clone(),
        entry.host.clone(),
        entry.payee.clone().unwrap_or_default(),
        entry.asset.clone(),
        entry.units.clone(),
        figure(amount_msat(receipt)),
        figure(entry.usd_micro.map(MicroUsd::new)),
        figure(entry.fee_msat),
        entry.payment_key.clone(),
        (entry.event == "paid").to_string(),
        entry.rule.clone(),
        figure(answered.map(|answered| answered.status_code)),
        figure(answered.and_then(|answered| answered.latency_ms)),
    ]
}

fn figure<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A text that a spreadsheet would run as a formula gets an apostrophe in front; what cannot be
/// seen is left out.
fn without_formula(value: &str) -> String {
    let value = crate::output::harmless(value);
    if value.starts_with(['=', '+', '-', '@']) { format!("'{value}") } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seller_cannot_put_a_formula_into_a_spreadsheet() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\u{200b}=1"] {
            let shown = without_formula(formula);
            assert!(shown.starts_with('\''), "{formula:?} became {shown:?}");
        }
        assert_eq!(without_formula("https://a.example/?=1"), "https://a.example/?=1");
    }
}
