//! The request that the arguments of a command describe.

use super::problem::Problem;
use clap::Args;
use farebox_buyer::{BuyError, Request, RequestError};
use http::Method;
use http::header::CONTENT_TYPE;
use std::io::Read;

/// What to ask for, in the words of curl.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// What to fetch; without a scheme, http on this machine and https elsewhere
    url: String,

    /// Request method [default: GET, with --data POST]
    #[arg(short = 'X', long, value_name = "METHOD")]
    request: Option<String>,

    /// A header as 'Name: value'; can be given several times
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,

    /// The body; @FILE reads it from a file, - from standard input
    #[arg(id = "body", short = 'd', long = "data", value_name = "DATA")]
    body: Option<String>,

    /// The body's type [default: application/json if it is JSON, else a form]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
}

impl RequestArgs {
    /// Whether the method follows from the arguments.
    pub(crate) const fn names_a_method(&self) -> bool {
        self.request.is_some() || self.body.is_some()
    }

    /// Reads headers and body; files and standard input are read here.
    pub(crate) fn read(&self) -> Result<Request, Problem> {
        let body = self.body.as_deref().map(read_body).transpose()?;
        let method = match &self.request {
            Some(name) => Method::try_from(name.to_uppercase().as_str())
                .map_err(|_| Problem::usage(format!("not a request method: {name:?}")))?,
            None if body.is_some() => Method::POST,
            None => Method::GET,
        };
        let mut request = Request::new(method, &self.url).map_err(refused)?;
        for header in &self.headers {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| refused(RequestError::Header(header.clone())))?;
            request = request.with_header(name, value).map_err(refused)?;
        }
        let Some(body) = body else { return Ok(request) };
        if !request.has_header(&CONTENT_TYPE) {
            let kind = self.content_type.as_deref().unwrap_or_else(|| type_of(&body));
            request = request.with_header(CONTENT_TYPE.as_str(), kind).map_err(refused)?;
        }
        Ok(request.with_body(body))
    }
}

fn refused(error: RequestError) -> Problem {
    BuyError::from(error).into()
}

fn read_body(argument: &str) -> Result<Vec<u8>, Problem> {
    match argument.strip_prefix('@') {
        None if argument != "-" => Ok(argument.as_bytes().to_vec()),
        None | Some("-") => {
            let mut body = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut body);
            read.map_err(|error| Problem::usage(format!("cannot read standard input: {error}")))?;
            Ok(body)
        }
        Some(path) => std::fs::read(path)
            .map_err(|error| Problem::usage(format!("cannot read {path}: {error}"))),
    }
}

/// What a body without a name for itself is.
fn type_of(body: &[u8]) -> &'static str {
    if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_or_a_form() {
        assert_eq!(type_of(br#"{"a": [1]}"#), "application/json");
        assert_eq!(type_of(b"a=b"), "application/x-www-form-urlencoded");
        assert_eq!(type_of(b"{\"a\": "), "application/x-www-form-urlencoded");
    }
}
