//! What a request says: the fields of its form, or of its query where it is a GET.

use super::error::ApiError;
use crate::incoming::Page;
use axum::Form;
use axum::extract::{FromRequest, Request};
use farebox_money::Msat;
use farebox_money::Sats;
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::PaymentHash;
use std::str::FromStr;

/// As phoenixd has it.
const LIMIT_DEFAULT: u32 = 20;
/// Rows of one list at most; phoenixd has no such bound.
const LIMIT_MAX: u32 = 1_000;

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

    /// A number that may be missing.
    pub(super) fn integer<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, ApiError> {
        let wanted = "integer";
        self.text(name)
            .map(|text| text.parse().map_err(|_| ApiError::Invalid { name, wanted }))
            .transpose()
    }

    /// The field `amountSat`, which may be missing.
    pub(super) fn amount(&self) -> Result<Option<Msat>, ApiError> {
        let sats = self.integer::<Sats>("amountSat")?;
        Ok(sats.and_then(Sats::to_msat))
    }

    /// The field `invoice`, as text and decoded.
    pub(super) fn invoice(&self) -> Result<(&str, Invoice), ApiError> {
        let name = "invoice";
        let text = self.text(name).ok_or(ApiError::Missing(name))?;
        let wanted = "bolt11invoice";
        let invoice = Invoice::decode(text).map_err(|_| ApiError::Invalid { name, wanted })?;
        Ok((text, invoice))
    }

    /// Which part of a list is asked for.
    pub(super) fn page(&self, now_ms: i64) -> Result<Page, ApiError> {
        let limit = self.integer("limit")?.unwrap_or(LIMIT_DEFAULT);
        Ok(Page {
            from_ms: self.integer("from")?.unwrap_or(0),
            to_ms: self.integer("to")?.unwrap_or(now_ms),
            limit: limit.min(LIMIT_MAX).into(),
            offset: self.integer::<u32>("offset")?.unwrap_or(0).into(),
            all: self.text("all").is_some_and(|all| all.eq_ignore_ascii_case("true")),
            external_id: self.text("externalId").map(str::to_owned),
        })
    }
}

/// A payment hash in a path.
pub(super) fn payment_hash(text: &str) -> Result<PaymentHash, ApiError> {
    text.parse().map_err(|_| ApiError::Invalid { name: "paymentHash", wanted: "hex32" })
}
