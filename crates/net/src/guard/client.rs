//! The client.

use super::judged::JudgedResolver;
use super::url_rules::{self, place};
use super::{AddressPolicy, Fetched, GuardError, GuardOptions, Limits, Resolve};
use super::{exchange, host, redirect};
use crate::{ClientError, prepare_tls};
use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// Header lines of one answer; one with more is malformed.
const HEADER_LINES_MAX: usize = 128;
/// Bytes of header lines over HTTP/2, where the library limits them itself.
const HTTP2_HEADERS_LEN_MAX: u32 = 128 * 1_024;

/// Sends requests to public places only; cheap to clone.
#[derive(Clone)]
pub struct GuardedClient {
    client: reqwest::Client,
    addresses: AddressPolicy,
    resolver: Arc<dyn Resolve>,
    total_timeout: Duration,
}

impl std::fmt::Debug for GuardedClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuardedClient").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl GuardedClient {
    /// Builds a client. It knows no proxies, keeps no cookies, and no connection: every request
    /// is looked up and judged anew.
    ///
    /// # Errors
    /// [`ClientError`] when the platform's certificates cannot be read.
    pub fn new(options: GuardOptions) -> Result<Self, ClientError> {
        prepare_tls();
        let GuardOptions { addresses, resolver, total_timeout, .. } = options;
        let judged =
            JudgedResolver { addresses: addresses.clone(), resolver: Arc::clone(&resolver) };
        let builder = reqwest::Client::builder()
            .user_agent(&options.user_agent)
            .connect_timeout(options.connect_timeout)
            .timeout(total_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .http1_max_headers(HEADER_LINES_MAX)
            .http2_max_header_list_size(HTTP2_HEADERS_LEN_MAX)
            .tcp_nodelay(true)
            .dns_resolver(Arc::new(judged));
        let builder = match &options.certificate {
            Some(certificate) => builder.tls_backend_preconfigured(certificate.client_config()?),
            None => builder,
        };
        let client = builder.build().map_err(|error| ClientError::new(&error))?;
        Ok(Self { client, addresses, resolver, total_timeout })
    }

    /// Whether a URL may be fetched, as far as that can be told without looking its name up.
    ///
    /// # Errors
    /// [`GuardError`] names the rule that refuses.
    pub fn check(&self, url: &Url) -> Result<(), GuardError> {
        url_rules::check(url, &self.addresses)
    }

    /// Fetches a URL.
    ///
    /// # Errors
    /// [`GuardError`] when a rule refuses, or no answer comes within the limits.
    pub async fn get(&self, url: &Url, limits: &Limits) -> Result<Fetched, GuardError> {
        self.fetch(Method::GET, url.clone(), HeaderMap::new(), Bytes::new(), limits).await
    }

    /// Sends a request. Redirects are followed only for `GET` and `HEAD` without a body.
    ///
    /// # Errors
    /// [`GuardError`] when a rule refuses, or no answer comes within the limits.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Fetched, GuardError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string());
        let url = url.map_err(|_| GuardError::Url { reason: "it is not absolute" })?;
        self.fetch(parts.method, url, parts.headers, body, limits).await
    }

    /// The same for a request in parts, whose URL need not be one that [`http::Uri`] can hold.
    ///
    /// # Errors
    /// As [`GuardedClient::send`].
    pub async fn fetch(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        limits: &Limits,
    ) -> Result<Fetched, GuardError> {
        let timeout = limits.timeout.min(self.total_timeout);
        let place = place(&url);
        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers;
        if !body.is_empty() {
            *request.body_mut() = Some(body.into());
        }
        let out_of_time = |_| GuardError::Timeout { place };
        tokio::time::timeout(timeout, self.follow(request, limits)).await.map_err(out_of_time)?
    }

    /// The TXT records of a name, for proofs that a domain is somebody's. At most 64 records of
    /// at most 4 KiB; the parts of one record are joined. No record is an empty list.
    ///
    /// # Errors
    /// [`GuardError`] when the name is not one of the public internet, or nobody answers in time.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, GuardError> {
        let place = name.to_ascii_lowercase();
        if !host::is_allowed(&place, &self.addresses) {
            return Err(GuardError::Host { place });
        }
        match tokio::time::timeout(self.total_timeout, self.resolver.txt(&place)).await {
            Ok(Ok(texts)) => Ok(texts),
            Ok(Err(error)) => Err(GuardError::Dns { place, reason: error.to_string() }),
            Err(_) => Err(GuardError::Timeout { place }),
        }
    }

    /// Sends a request and those that its redirects ask for.
    async fn follow(
        &self,
        mut request: reqwest::Request,
        limits: &Limits,
    ) -> Result<Fetched, GuardError> {
        let started = Instant::now();
        let is_followable = redirect::is_followable(request.method(), request.body().is_some());
        let redirects_max = if is_followable { limits.redirects_max } else { 0 };
        let (method, kept) = (request.method().clone(), kept_headers(request.headers()));
        let mut redirects_left = redirects_max;
        loop {
            let answer = self.hop(request, limits).await?;
            let (status, headers) = (answer.response.status(), answer.response.headers());
            let to = match redirects_max {
                0 => None,
                _ => redirect::target(&answer.url, status, headers, limits.redirect_scope)?,
            };
            let Some(to) = to else {
                return Ok(answer.read(limits, started).await);
            };
            redirects_left = redirects_left.checked_sub(1).ok_or_else(|| {
                let place = place(&answer.url);
                GuardError::TooManyRedirects { place, limit: redirects_max }
            })?;
            request = reqwest::Request::new(method.clone(), to);
            *request.headers_mut() = kept.clone();
        }
    }

    /// Judges one request and sends it.
    async fn hop(&self, request: reqwest::Request, limits: &Limits) -> Result<Answer, GuardError> {
        let url = request.url().clone();
        self.check(&url)?;
        let sent = Instant::now();
        let response = exchange::send(&self.client, request).await?;
        let time_to_headers = sent.elapsed();
        exchange::check_headers(&place(&url), response.headers(), limits)?;
        Ok(Answer { url, response, time_to_headers })
    }
}

/// An answer whose body has not been read.
struct Answer {
    url: Url,
    response: reqwest::Response,
    time_to_headers: Duration,
}

impl Answer {
    async fn read(mut self, limits: &Limits, started: Instant) -> Fetched {
        let body = exchange::read_body(&mut self.response, limits.body_len_max);
        let (body, is_truncated) = body.await;
        Fetched {
            url: self.url,
            status: self.response.status(),
            headers: self.response.headers().clone(),
            body,
            is_truncated,
            time_to_headers: self.time_to_headers,
            elapsed: started.elapsed(),
        }
    }
}

/// What goes along to where a redirect leads: nothing that could be a secret.
fn kept_headers(headers: &HeaderMap<HeaderValue>) -> HeaderMap {
    let kept = [ACCEPT, USER_AGENT].into_iter();
    kept.filter_map(|name| headers.get(&name).cloned().map(|value| (name, value))).collect()
}
