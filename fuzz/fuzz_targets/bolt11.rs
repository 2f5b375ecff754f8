//! Invoices.
#![no_main]

use farebox_wire::bolt11::Invoice;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(invoice) = Invoice::decode(text) {
        assert!(invoice.expires_at >= invoice.created_at);
        assert_eq!(Invoice::decode(&text.trim().to_lowercase()), Ok(invoice));
    }
});
