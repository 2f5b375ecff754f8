//! An invoice as a picture for the camera of a phone.

use fast_qr::{ECL, QRBuilder};
use maud::{Markup, html};
use std::fmt::Write;

/// Cameras find the code by the empty border around it (ISO/IEC 18004).
const BORDER: usize = 4;

/// A QR code that opens a wallet. Capital letters take half the room, so that the code is
/// coarser and quicker to read. `None` for an invoice that is too long for one.
pub(super) fn invoice(bolt11: &str) -> Option<Markup> {
    let text = format!("LIGHTNING:{}", bolt11.to_ascii_uppercase());
    let code = QRBuilder::new(text).ecl(ECL::L).build().ok()?;
    let mut path = String::new();
    for (y, row) in code.data.chunks(code.size).take(code.size).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|left, right| left.value() == right.value()) {
            if run.first().is_some_and(|module| module.value()) {
                let (left, top, width) = (x + BORDER, y + BORDER, run.len());
                let _ = write!(path, "M{left} {top}h{width}v1h-{width}z");
            }
            x += run.len();
        }
    }
    let size = code.size + 2 * BORDER;
    Some(html! {
        svg viewBox=(format!("0 0 {size} {size}")) role="img" aria-label="QR code of the invoice" {
            path d=(path) {}
        }
    })
}
