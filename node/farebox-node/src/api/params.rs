//! What a request says: the fields of its form, or of its query where it is a GET.

use super::error::ApiError;
use crate::lightning::InvoiceText;
use crate::store::{Page, now_ms};
use axum::Form;
use axum::extract::{FromRequest, Request};
use ldk_node::bitcoin::hashes::{Hash, sha256};
use ldk_node::lightning_invoice::{Bolt11Invoice, Sha256};
use ldk_node::lightning_types::payment::PaymentHash;
use std::str::FromStr;

/// As phoenixd has it.
const LIMIT_DEFAULT: u32 = 20;
/// Rows of one list at most; phoenixd has no such bound.
const LIMIT_MAX: u32 = 1_000;
/// As phoenixd has it.
const DESCRIPTION_CHARS_MAX: usize = 128;
const EXTERNAL_ID_LEN_MAX: usize = 256;
/// All bitcoin there will be.
const AMOUNT_SAT_MAX: u64 = 21_000_000 * 100_000_000;

/// The fields by name.
pub(super) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Form(fields) = Form::from_request(request, state).await?;
        Ok(Self(fields))
    }
}

impl Params {
    /// A field that may be missing.
    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A field that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, ApiError> {
        self.text(name).ok_or(ApiError::Missing(name))
    }

    /// A field of any type that may be missing.
    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        wanted: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let parse = |text: &str| text.parse().map_err(|_| ApiError::Invalid { name, wanted });
        self.text(name).map(parse).transpose()
    }

    /// A whole number that may be missing.
    pub(super) fn integer<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, ApiError> {
        self.parsed(name, "integer")
    }

    /// A flag that is off when it is missing.
    pub(super) fn flag(&self, name: &'static str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// An amount in satoshis, in millisatoshis; 0 is none.
    pub(super) fn amount_msat(&self, name: &'static str) -> Result<Option<u64>, ApiError> {
        let sats: Option<u64> = self.integer(name)?;
        match sats {
            Some(sats) if sats > AMOUNT_SAT_MAX => {
                Err(ApiError::Invalid { name, wanted: "an amount of bitcoin" })
            }
            sats => Ok(sats.filter(|sats| *sats > 0).map(|sats| sats * 1_000)),
        }
    }

    /// 32 bytes in hexadecimal.
    pub(super) fn hex32(&self, name: &'static str) -> Result<[u8; 32], ApiError> {
        hex32(name, self.required(name)?)
    }

    /// The field `invoice`.
    pub(super) fn invoice(&self) -> Result<Bolt11Invoice, ApiError> {
        let text = self.required("invoice")?;
        let wanted = "bolt11invoice";
        text.trim().parse().map_err(|_| ApiError::Invalid { name: "invoice", wanted })
    }

    /// What a new invoice is for: either of the two fields.
    pub(super) fn invoice_text(&self) -> Result<InvoiceText, ApiError> {
        let plain = self.text("description");
        match (plain, self.text("descriptionHash")) {
            (Some(text), None) if text.chars().count() <= DESCRIPTION_CHARS_MAX => {
                Ok(InvoiceText::Plain(text.to_owned()))
            }
            (Some(_), None) => Err(ApiError::BadRequest(format!(
                "Request parameter description is too long (max {DESCRIPTION_CHARS_MAX} characters)"
            ))),
            (None, Some(text)) => {
                let hash = sha256::Hash::from_byte_array(hex32("descriptionHash", text)?);
                Ok(InvoiceText::Hash(Sha256(hash)))
            }
            _ => Err(ApiError::BadRequest(
                "Must provide either a description or descriptionHash".into(),
            )),
        }
    }

    /// The field `externalId`, which may be missing.
    pub(super) fn external_id(&self) -> Result<Option<String>, ApiError> {
        let id = self.text("externalId");
        if id.is_some_and(|id| id.len() > EXTERNAL_ID_LEN_MAX) {
            return Err(ApiError::BadRequest("Request parameter externalId is too long".into()));
        }
        Ok(id.map(str::to_owned))
    }

    /// Which part of a list is asked for.
    pub(super) fn page(&self) -> Result<Page, ApiError> {
        Ok(Page {
            from_ms: self.integer("from")?.unwrap_or(0),
            to_ms: self.integer("to")?.unwrap_or_else(|| now_ms().saturating_add(CLOCK_STEP_MS)),
            limit: self.integer("limit")?.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX),
            offset: self.integer("offset")?.unwrap_or(0),
            all: self.flag("all"),
            external_id: self.external_id()?,
        })
    }
}

/// How far ahead of the clock recorded times may be, after the clock was set back.
const CLOCK_STEP_MS: u64 = 24 * 3_600 * 1_000;

/// A payment hash in a path.
pub(super) fn payment_hash(text: &str) -> Result<PaymentHash, ApiError> {
    hex32("paymentHash", text).map(PaymentHash)
}

fn hex32(name: &'static str, text: &str) -> Result<[u8; 32], ApiError> {
    let mut bytes = [0; 32];
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(ApiError::Invalid { name, wanted: "hex32" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(fields: &[(&str, &str)]) -> Params {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Params(fields.iter().map(owned).collect())
    }

    #[test]
    fn amounts_are_whole_satoshis_that_can_exist() {
        let amount = |text| params(&[("amountSat", text)]).amount_msat("amountSat");
        assert_eq!(amount("21").unwrap(), Some(21_000));
        assert_eq!(amount("0").unwrap(), None);
        assert_eq!(amount("2100000000000000").unwrap(), Some(2_100_000_000_000_000_000));
        for wrong in ["", "-1", "1.5", "2100000000000001", "18446744073709551616"] {
            assert!(amount(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_invoice_is_for_one_thing() {
        assert!(params(&[]).invoice_text().is_err());
        assert!(params(&[("description", &"é".repeat(128))]).invoice_text().is_ok());
        assert!(params(&[("description", &"a".repeat(129))]).invoice_text().is_err());
        let hash = "0".repeat(64);
        assert!(params(&[("descriptionHash", &hash)]).invoice_text().is_ok());
        let both = [("description", "a"), ("descriptionHash", hash.as_str())];
        assert!(params(&both).invoice_text().is_err());
    }

    #[test]
    fn lists_are_bounded() {
        let page = params(&[("limit", "4000000000"), ("all", "TRUE")]).page().unwrap();
        assert_eq!((page.limit, page.all), (LIMIT_MAX, true));
        assert!(params(&[("offset", "-1")]).page().is_err());
        assert!(params(&[("externalId", &"x".repeat(257))]).page().is_err());
    }
}
