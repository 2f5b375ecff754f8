//! The connection to one node.

use crate::answer::{self, Answers, Outcome};
use crate::calls::Call;
use crate::error::RpcError;
use farebox_net::{ClientError, ClientOptions, http_client};
use reqwest::{Client, Response, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How a node is asked.
#[derive(Clone, Debug)]
pub struct RpcOptions {
    /// Time to reach the node.
    pub connect_timeout: Duration,
    /// Time for a whole request.
    pub timeout: Duration,
    /// Calls that go in one request; 1 for nodes that take no batches.
    pub batch_max: usize,
    /// Bytes of an answer that are read.
    pub answer_len_max: usize,
}

impl Default for RpcOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
            batch_max: 100,
            answer_len_max: 4 << 20,
        }
    }
}

/// A node; cheap to clone.
#[derive(Clone)]
pub struct Rpc(Arc<Inner>);

struct Inner {
    client: Client,
    url: Url,
    options: RpcOptions,
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path and the query of a hosted node's URL hold its key.
        write!(f, "Rpc({})", self.0.url.host_str().unwrap_or_default())
    }
}

impl Rpc {
    /// A client of the node at `url`.
    ///
    /// # Errors
    /// [`ClientError`] when this process can do no HTTP.
    pub fn new(url: Url, options: RpcOptions) -> Result<Self, ClientError> {
        let client = http_client(&ClientOptions {
            user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: options.connect_timeout,
            read_timeout: options.timeout,
            insecure_tls: false,
            certificate: None,
            system_proxy: false,
        })?;
        Ok(Self(Arc::new(Inner { client, url, options })))
    }

    /// Makes one call.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn call<T: DeserializeOwned>(&self, call: Call<T>) -> Result<T, RpcError> {
        let mut batch = self.batch();
        let slot = batch.add(call);
        batch.send().await.take(slot)
    }

    /// Makes several calls of one kind; the results stand in their order.
    pub async fn call_all<T: DeserializeOwned>(
        &self,
        calls: impl IntoIterator<Item = Call<T>>,
    ) -> Vec<Result<T, RpcError>> {
        let mut batch = self.batch();
        let slots: Vec<Slot<T>> = calls.into_iter().map(|call| batch.add(call)).collect();
        let mut answers = batch.send().await;
        slots.into_iter().map(|slot| answers.take(slot)).collect()
    }

    /// Several calls that go together, in as few requests as the options allow.
    #[must_use]
    pub const fn batch(&self) -> Batch<'_> {
        Batch { rpc: self, calls: Vec::new() }
    }

    async fn request(&self, calls: &[(&'static str, Value)]) -> Vec<Outcome> {
        let body = match calls {
            [single] => body_of(0, single),
            several => several.iter().enumerate().map(|(id, call)| body_of(id, call)).collect(),
        };
        let exchange = tokio::time::timeout(self.0.options.timeout, self.exchange(&body));
        match exchange.await {
            Ok(Ok((status, answer))) => answer::read(status, &answer, calls.len()),
            Ok(Err(error)) => vec![Err(error); calls.len()],
            Err(_) => vec![Err(RpcError::Timeout); calls.len()],
        }
    }

    async fn exchange(&self, body: &Value) -> Result<(u16, Vec<u8>), RpcError> {
        let request = self.0.client.post(self.0.url.clone());
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let mut response = request.body(body.to_string()).send().await.map_err(failure)?;
        let mut answer = Vec::new();
        while let Some(chunk) = next(&mut response).await? {
            if answer.len().saturating_add(chunk.len()) > self.0.options.answer_len_max {
                let text = format!("longer than {} bytes", self.0.options.answer_len_max);
                return Err(RpcError::Unreadable(text));
            }
            answer.extend_from_slice(&chunk);
        }
        Ok((response.status().as_u16(), answer))
    }
}

async fn next(response: &mut Response) -> Result<Option<Vec<u8>>, RpcError> {
    response.chunk().await.map(|chunk| chunk.map(|bytes| bytes.to_vec())).map_err(failure)
}

fn body_of(id: usize, (method, params): &(&'static str, Value)) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn failure(error: reqwest::Error) -> RpcError {
    let error = error.without_url();
    // A connection that took too long to be made sent nothing either.
    if error.is_connect() || error.is_builder() {
        return RpcError::Unreachable(innermost(&error));
    }
    if error.is_timeout() { RpcError::Timeout } else { RpcError::Broken(innermost(&error)) }
}

/// The innermost cause, which is the one that an operator can act on.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Calls that go together.
pub struct Batch<'a> {
    rpc: &'a Rpc,
    calls: Vec<(&'static str, Value)>,
}

/// Where the result of a call will stand.
pub struct Slot<T>(usize, PhantomData<fn() -> T>);

impl Batch<'_> {
    /// Adds a call.
    pub fn add<T>(&mut self, call: Call<T>) -> Slot<T> {
        self.calls.push((call.method, call.params));
        Slot(self.calls.len() - 1, PhantomData)
    }

    /// Makes the calls, those of one request after those of the other.
    pub async fn send(self) -> Answers {
        let mut outcomes = Vec::with_capacity(self.calls.len());
        for calls in self.calls.chunks(self.rpc.0.options.batch_max.max(1)) {
            outcomes.extend(self.rpc.request(calls).await);
        }
        Answers::new(outcomes)
    }
}

impl Answers {
    /// The result of a call.
    ///
    /// # Errors
    /// [`RpcError`]; also when it was taken before.
    pub fn take<T: DeserializeOwned>(&mut self, slot: Slot<T>) -> Result<T, RpcError> {
        self.read(slot.0)
    }
}
