//! What no handler has answered, in the one shape of errors: paths and bodies that cannot be read,
//! methods that are not taken, failures that said nothing.

use axum::Json;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::{HeaderName, StatusCode, header};

/// What an answer says about its own body: not true of another one.
const OF_THE_BODY: [HeaderName; 3] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING];

/// The same answer, unless it is an error without a body or in plain text: that is what axum's
/// extractors answer.
pub async fn in_one_shape(response: Response) -> Response {
    let Some((code, message)) = said(response.status()).filter(|_| is_plain(&response)) else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    for name in OF_THE_BODY {
        parts.headers.remove(name);
    }
    let (own, body) = Json(ErrorBody::new(code, message)).into_response().into_parts();
    parts.headers.extend(own.headers);
    Response::from_parts(parts, body)
}

/// A method that a path does not take.
pub async fn wrong_method() -> Response {
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}

fn is_plain(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

/// The code and the text for an error that says neither.
const fn said(status: StatusCode) -> Option<(&'static str, &'static str)> {
    Some(match status {
        StatusCode::BAD_REQUEST => (
            "bad_request",
            "The address or the body cannot be read; percent escapes must be UTF-8.",
        ),
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "This address does not take the method; the Allow header names those that it does.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => ("request_too_large", "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ("unsupported_media_type", "Send the body as application/json.")
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            ("invalid_body", "The body is not what is documented for this address.")
        }
        StatusCode::INTERNAL_SERVER_ERROR => {
            ("internal_error", "The server failed; its log says why. Try again later.")
        }
        _ => return None,
    })
}
