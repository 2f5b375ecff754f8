//! Prices of the server's own endpoints, checked.

use super::Settings;
use farebox_money::Sats;

impl Settings {
    /// The price of the export.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn export_csv_price(&self) -> Result<Sats, String> {
        price("prices.export_csv_sats", self.prices.export_csv_sats)
    }

    /// The price of a listing.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn listing_price(&self) -> Result<Sats, String> {
        price("prices.listing_sats", self.prices.listing_sats)
    }

    /// The price of a report.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn report_price(&self) -> Result<Sats, String> {
        price("prices.report_sats", self.prices.report_sats)
    }
}

fn price(key: &str, sats: u64) -> Result<Sats, String> {
    let price = Sats::new(sats);
    if price == Sats::ZERO || price > Sats::new(100_000_000) {
        return Err(format!("{key} must be between 1 and 100000000"));
    }
    Ok(price)
}
