//! The request that the arguments describe.

use super::GetArgs;
use crate::commands::problem::Problem;
use farebox_buyer::{BuyError, Request, RequestError};
use http::Method;
use http::header::CONTENT_TYPE;
use std::io::Read;

/// Reads headers and body; files and standard input are read here.
pub(super) fn request(args: &GetArgs) -> Result<Request, Problem> {
    let body = args.body.as_deref().map(read_body).transpose()?;
    let method = match &args.request {
        Some(name) => Method::try_from(name.to_uppercase().as_str())
            .map_err(|_| Problem::usage(format!("not a request method: {name:?}")))?,
        None if body.is_some() => Method::POST,
        None => Method::GET,
    };
    let mut request = Request::new(method, &args.url).map_err(refused)?;
    for header in &args.headers {
        let (name, value) =
            header.split_once(':').ok_or_else(|| refused(RequestError::Header(header.clone())))?;
        request = request.with_header(name, value).map_err(refused)?;
    }
    let Some(body) = body else { return Ok(request) };
    if !request.has_header(&CONTENT_TYPE) {
        let kind = args.content_type.as_deref().unwrap_or_else(|| type_of(&body));
        request = request.with_header(CONTENT_TYPE.as_str(), kind).map_err(refused)?;
    }
    Ok(request.with_body(body))
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
