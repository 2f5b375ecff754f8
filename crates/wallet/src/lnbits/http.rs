//! Requests to LNbits.

use super::Lnbits;
use crate::WalletError;
use crate::http::{Answer, READ_WAIT, Unanswered, send};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Lnbits {
    /// Reads something that must be there.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, WalletError> {
        let answer = self.get(path, query).await?;
        if answer.status.is_success() { answer.json() } else { Err(refusal(&answer)) }
    }

    /// Reads whatever is there.
    pub(super) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Answer, WalletError> {
        let request = self.http.request(Method::GET, path, query);
        Ok(send(request.timeout(READ_WAIT)).await?)
    }

    /// Sends a payment or a new invoice and says how far it got. The caller bounds the time.
    pub(super) async fn post(&self, body: &Value) -> Result<Answer, Unanswered> {
        send(self.http.post_json("/api/v1/payments", body)).await
    }
}

/// What an answer that is no success means. A wrong key is: wallet not found.
pub(super) fn refusal(answer: &Answer) -> WalletError {
    let is_key = answer.status == StatusCode::NOT_FOUND && answer.text().contains("Wallet");
    if is_key { WalletError::Unauthorized } else { answer.refusal() }
}
