//! Paying from a prepaid balance: set aside before the handler runs, taken when it succeeded,
//! given back when it did not.

use crate::admission::Refusal;
use crate::amount::Amount;
use crate::answer::infallible;
use crate::layer::ChargeLayer;
use crate::problem::Problem;
use crate::unavailable::Unavailable;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use farebox_accounts::{AccountError, Accounts, Hold, Presented, Token, api, presented};
use farebox_money::Msat;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use std::convert::Infallible;
use tower::Service;

const X_CHARGED_MSAT: HeaderName = HeaderName::from_static("x-charged-msat");
const X_BALANCE_MSAT: HeaderName = HeaderName::from_static("x-balance-msat");

impl ChargeLayer {
    /// The account and token that a request shows, where this server keeps accounts; or the
    /// answer to a token that cannot be one.
    pub(crate) fn purse(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<(Accounts, Token)>, Box<Response>> {
        let Some(accounts) = self.paywall().accounts() else { return Ok(None) };
        let error = match presented(headers) {
            Presented::Nothing => return Ok(None),
            Presented::Token(token) => return Ok(Some((accounts.clone(), token))),
            Presented::Malformed => AccountError::InvalidToken,
            Presented::Conflicting => AccountError::ConflictingCredentials,
        };
        Err(Box::new(api::refusal(&error)))
    }

    /// Answers a request from a balance, in a task of its own from the first write to the last:
    /// a client that goes away must not leave its money set aside.
    pub(crate) async fn prepaid<S>(
        &self,
        (accounts, token): (Accounts, Token),
        price: &Amount,
        inner: S,
        request: Request<Body>,
    ) -> Result<Response, Refusal>
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        let quote = price.quote(self.paywall().now())?;
        let amount = quote.sats.to_msat().ok_or(Unavailable::Misconfigured)?;
        let till = self.clone();
        let task = tokio::spawn(async move {
            match accounts.reserve(&token, till.route().id, amount).await {
                Ok(hold) => {
                    till.paywall().count_admitted();
                    Ok(run_held(&accounts, hold, inner, request).await)
                }
                Err(AccountError::InsufficientBalance { price, available }) => {
                    Err(Problem::InsufficientBalance { price, available }.into())
                }
                Err(error) => Ok(api::refusal(&error)),
            }
        });
        task.await.unwrap_or(Err(Refusal::Unavailable(Unavailable::Store)))
    }
}

async fn run_held<S>(
    accounts: &Accounts,
    hold: Hold,
    mut inner: S,
    request: Request<Body>,
) -> Response
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
    S::Future: Send,
{
    let handler = tokio::spawn(async move { infallible(inner.call(request).await) });
    let response = handler.await;
    let succeeded = response.as_ref().is_ok_and(|answer| answer.status().is_success());
    let charged = if succeeded { hold.amount } else { Msat::ZERO };
    let response = response.unwrap_or_else(|_| Unavailable::HandlerFailed.into_response());
    match accounts.end_hold(hold, charged).await {
        Ok(balance) => receipt(response, charged, balance),
        Err(error) => api::refusal(&error),
    }
}

fn receipt(mut response: Response, charged: Msat, balance: Msat) -> Response {
    for (name, amount) in [(X_CHARGED_MSAT, charged), (X_BALANCE_MSAT, balance)] {
        response.headers_mut().insert(name, HeaderValue::from(amount.get()));
    }
    response
}
