//! The page that a person pays on.

use super::qr;
use super::styled::Styled;
use axum::response::Response;
use farebox_wallet::CreatedInvoice;
use http::StatusCode;
use maud::{Markup, html};

/// How often a page without a script looks for the payment, in seconds.
const REFRESH_S: u64 = 5;
/// Characters of an address that are shown.
const ADDRESS_LEN_MAX: usize = 160;
/// Where a command has to be completed.
const PREIMAGE: &str = "PREIMAGE";

/// What the page says.
pub(crate) struct Page<'a> {
    /// What is sold.
    pub description: &'a str,
    /// What it costs: `5 sats`.
    pub price: String,
    /// The same in another currency: `$0.004`.
    pub price_beside: Option<String>,
    /// Why the last payment was not taken.
    pub problem: Option<String>,
    pub lightning: Option<Invoice<'a>>,
    /// What else can be paid with, in a few words each.
    pub others: &'a [String],
    /// Of what is sold; its host is who sells.
    pub url: &'a str,
    /// What one payment buys.
    pub terms: String,
    /// Whether a page without a script is loaded again by itself.
    pub is_watched: bool,
}

/// An invoice to be paid.
pub(crate) struct Invoice<'a> {
    pub invoice: &'a CreatedInvoice,
    /// Of L402, for programs.
    pub token: &'a str,
    /// How long it can be paid, in seconds.
    pub expires_in: u64,
}

/// The page as an answer.
pub(crate) fn page(page: &Page<'_>) -> Response {
    let title = format!("{} · {}", page.price, page.description);
    let is_payable = page.lightning.is_some();
    Styled {
        status: StatusCode::PAYMENT_REQUIRED,
        title: &title,
        is_watched: is_payable,
        refresh_s: (page.is_watched && is_payable).then_some(REFRESH_S),
        content: content(page),
    }
    .into_response()
}

fn content(page: &Page<'_>) -> Markup {
    html! {
        main.ticket {
            header {
                div {
                    p.address { (address(page.url)) }
                    h1 { (page.description) }
                }
                p.price {
                    strong { (page.price) }
                    @if let Some(beside) = &page.price_beside { span { (beside) } }
                }
            }
            @if let Some(problem) = &page.problem {
                p.problem role="alert" { "Your last payment was not taken: " (problem) "." }
            }
            @match &page.lightning {
                Some(invoice) => (payment(invoice, page.is_watched)),
                None => section {
                    p { "No Lightning invoice can be made at the moment. " a href="" { "Try again" }
                        " in a while, or pay in another way." }
                },
            }
            (other_ways(page))
        }
        footer { p { (page.terms) " It is good in this browser: keep its cookies." } }
    }
}

fn payment(lightning: &Invoice<'_>, is_watched: bool) -> Markup {
    let bolt11 = lightning.invoice.bolt11.as_str();
    let link = format!("lightning:{bolt11}");
    html! {
        section #payment aria-label="Pay by Lightning" data-expires-in=(lightning.expires_in) {
            div.scan {
                @match qr::invoice(bolt11) {
                    Some(code) => {
                        a.qr href=(link) aria-label="Open the invoice in a wallet" { (code) }
                        p { "Scan with a Lightning wallet" }
                    }
                    None => p { "This invoice is too long for a QR code; copy it." },
                }
            }
            div.pay {
                div.state {
                    p #status role="status" { "Waiting for your payment" }
                    p.clock { "Good for " span #clock { (duration(lightning.expires_in)) } }
                }
                a.button href=(link) { "Open in wallet" }
                div.invoice {
                    label for="invoice" { "Invoice" }
                    div.copyable {
                        input #invoice type="text" readonly value=(bolt11) spellcheck="false";
                    }
                }
                (already_paid(is_watched))
            }
        }
    }
}

fn already_paid(is_watched: bool) -> Markup {
    html! {
        p.quiet #noticed hidden { "What you bought appears here as soon as the payment arrives." }
        noscript {
            p.quiet {
                @if is_watched {
                    "What you bought appears here some seconds after you have paid."
                } @else {
                    "This page does not look for your payment any more."
                }
                " " a href="" { "Look now" }
            }
        }
        p.gone #gone hidden {
            "Paid at the last moment? " a href="" { "Look once more" }
            ": it is not lost. Otherwise " a href="" { "get a new invoice" } "."
        }
    }
}

fn other_ways(page: &Page<'_>) -> Markup {
    let quoted = shell_quoted(page.url);
    html! {
        details {
            summary { "Other ways to pay" }
            h2 { "From a terminal" }
            (command(&format!("farebox get {quoted}")))
            @if let Some(Invoice { token, .. }) = &page.lightning {
                h2 { "With the preimage of this payment" }
                p { "Wallets show it as the proof of payment. Put it in the place of "
                    code { (PREIMAGE) } "." }
                (command(&format!("curl -H 'Authorization: L402 {token}:{PREIMAGE}' {quoted}")))
            }
            @if !page.others.is_empty() {
                h2 { "With another wallet" }
                ul { @for other in page.others { li { (other) } } }
                p { "Programs that speak x402 or MPP find the terms in the headers of this answer." }
            }
        }
    }
}

fn command(line: &str) -> Markup {
    html! { pre tabindex="0" { code { (line) } } }
}

/// For a POSIX shell, whatever a stranger wrote into the address.
fn shell_quoted(url: &str) -> String {
    format!("'{}'", url.replace('\'', "%27"))
}

/// An address as people read it.
fn address(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let mut short: String = rest.chars().take(ADDRESS_LEN_MAX).collect();
    if short.len() < rest.len() {
        short.push('…');
    }
    short
}

fn duration(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_wire::lightning::PaymentHash;

    fn rendered(text: &str) -> String {
        let invoice = CreatedInvoice {
            bolt11: "lnbcrt50n1test".into(),
            payment_hash: PaymentHash::new([1; 32]),
            expires_at: 600,
        };
        let page = Page {
            description: text,
            price: text.to_owned(),
            price_beside: Some(text.to_owned()),
            problem: Some(text.to_owned()),
            lightning: Some(Invoice { invoice: &invoice, token: text, expires_in: 600 }),
            others: &[text.to_owned()],
            url: text,
            terms: text.to_owned(),
            is_watched: true,
        };
        content(&page).into_string()
    }

    #[test]
    fn hostile_texts_stay_texts() {
        for hostile in
            ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</textarea>"]
        {
            let calm = rendered("calm").matches('<').count();
            assert_eq!(rendered(hostile).matches('<').count(), calm, "{hostile}");
        }
    }

    #[test]
    fn a_command_that_is_copied_runs_one_program() {
        let hostile = "http://a/b?c=';rm -rf ~;'";
        assert_eq!(shell_quoted(hostile), "'http://a/b?c=%27;rm -rf ~;%27'");
        assert!(rendered(hostile).contains("farebox get 'http://a/b?c=%27;rm"));
    }
}
