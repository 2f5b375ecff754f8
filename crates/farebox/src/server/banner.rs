//! What `farebox serve` prints at start: where it is, what is on, what to try next.

use crate::config::Settings;
use crate::output::{bold, print_line};
use crate::server::assembly::{DEMO_PASSWORD, Parts};
use std::net::SocketAddr;

/// Prints the banner to standard output.
pub fn print(settings: &Settings, parts: &Parts, public_url: &str, play: Option<SocketAddr>) {
    let demo = play.is_some();
    let title = concat!("Farebox ", env!("CARGO_PKG_VERSION"));
    let mode = if demo { " demo: the money is play money" } else { "" };
    print_line(format_args!("{}{mode}\n", bold(title)));
    let listings = parts.directory.snapshot().len();
    print_line(format_args!("  pages    {public_url}/"));
    print_line(format_args!("  API      {public_url}/api/v1/services  ({listings} listings)"));
    print_line(format_args!("  paid     {}", paid(settings, parts)));
    print_line(format_args!("  metrics  {public_url}/metrics"));
    if let Some(play) = play {
        print_line(format_args!("  wallet   http://{play}  (phoenixd's API)"));
        print_line(format_args!("           password {}", bold(DEMO_PASSWORD)));
        print_next(public_url, play);
    } else if !parts.is_selling {
        print_line("\nNo wallet is set (seller.wallet): paid endpoints answer 503.");
    }
}

fn paid(settings: &Settings, parts: &Parts) -> String {
    if !parts.is_selling {
        return "nothing: no wallet is set".to_owned();
    }
    let export = format!("/api/v1/export.csv {} sats", settings.prices.export_csv_sats);
    if parts.own_listings.is_empty() {
        return export;
    }
    format!("/demo/weather 5 sats, three more below /demo, {export}")
}

fn print_next(public_url: &str, play: SocketAddr) {
    let farebox = program();
    print_line(format_args!("\n{}", bold("Try it in another terminal:")));
    print_line(format_args!("  export FAREBOX_WALLET=phoenixd:http://:{DEMO_PASSWORD}@{play}"));
    if public_url != Settings::default().server {
        print_line(format_args!("  export FAREBOX_SERVER={public_url}"));
    }
    print_line(format_args!("  {farebox} search weather"));
    print_line(format_args!("  {farebox} get '{public_url}/demo/weather?city=Lisbon'"));
    print_line(format_args!("  {farebox} wallet balance\n"));
    print_line("Ctrl-C stops the server.");
}

/// How this program was called, so that the commands can be copied as they stand.
fn program() -> String {
    let called = std::env::args().next().unwrap_or_default();
    if called.is_empty() { "farebox".to_owned() } else { called }
}
