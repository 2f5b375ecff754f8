//! Requests to phoenixd.

use super::PhoenixdUrl;
use super::extensions::Extensions;
use crate::bell::Bell;
use crate::http::{Answer, Http, READ_WAIT, Unanswered, send};
use crate::{OpenError, WalletError};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde::de::DeserializeOwned;
use url::form_urlencoded::Serializer;

/// phoenixd's API.
#[derive(Debug)]
pub(super) struct Api {
    http: Http,
    pub(super) extensions: Extensions,
    /// Rings for every payment that is received.
    pub(super) bell: Bell,
}

impl Api {
    pub(super) fn new(url: PhoenixdUrl) -> Result<Self, OpenError> {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!(":{}", url.password)));
        let mut socket = url.base.clone();
        socket.set_path("/websocket");
        let http = Http::new(url.base, header::AUTHORIZATION, &basic, None)?;
        let bell = Bell::new(socket, Some(http.credential().clone()), None);
        Ok(Self { http, extensions: Extensions::default(), bell })
    }

    /// Reads; `None` when phoenixd knows no such payment.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<T>, WalletError> {
        let request = self.http.request(Method::GET, path, query).timeout(READ_WAIT);
        let answer = self.ask(request).await?;
        // An endpoint that does not exist is a 404 too, with another text.
        if answer.status == StatusCode::NOT_FOUND && answer.body == b"Not found" {
            return Ok(None);
        }
        answer.json().map(Some)
    }

    /// Sends a form whose answer may get lost without harm.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<T, WalletError> {
        self.ask(self.form(path, form).timeout(READ_WAIT)).await?.json()
    }

    /// Sends a form and says how far it got. The caller bounds the time.
    pub(super) async fn post_once(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer, Unanswered> {
        self.ask(self.form(path, form)).await
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, Unanswered> {
        let answered = send(request).await;
        if matches!(answered, Err(Unanswered::NotSent(_))) {
            self.extensions.forget();
        }
        answered
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.http
            .request(Method::POST, path, &[])
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
    }
}
