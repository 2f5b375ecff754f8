//! Requests to what is tested.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// Payments may take as long as they like below this.
const REQUEST_WAIT: Duration = Duration::from_secs(180);

/// One address, with an optional password of HTTP Basic authentication.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    base: String,
    password: Option<String>,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body as it came.
    pub text: String,
}

impl Answer {
    /// The body of a 200, as JSON.
    ///
    /// # Panics
    ///
    /// For any other answer.
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl Http {
    /// The server at `base`, such as `http://127.0.0.1:9740`.
    ///
    /// # Panics
    ///
    /// When no client can be made.
    pub fn new(base: &str, password: Option<&str>) -> Self {
        let client = Client::builder().timeout(REQUEST_WAIT).no_proxy().build();
        let client = client.expect("an HTTP client");
        Self { client, base: base.to_owned(), password: password.map(str::to_owned) }
    }

    /// The same server with another password.
    #[must_use]
    pub fn with_password(&self, password: Option<&str>) -> Self {
        Self { password: password.map(str::to_owned), ..self.clone() }
    }

    /// `GET path`
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a form.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(form)).await
    }

    /// A request to be completed and given to [`Self::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.password {
            Some(password) => request.basic_auth("", Some(password)),
            None => request,
        }
    }

    /// Sends a request and reads all of the answer.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        Answer { status, text: response.text().await.expect("a body") }
    }

    /// Whether anything answers there.
    pub async fn answers(&self) -> bool {
        let answer = self.request(Method::GET, "/").send().await;
        answer.is_ok_and(|answer| answer.status() != StatusCode::BAD_GATEWAY)
    }
}
