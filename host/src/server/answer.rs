//! The host's own answers: `application/problem+json` (RFC 9457), without a word of what is inside.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use http_body::Body as _;

use crate::guest::{CallError, Stage};
use crate::telemetry::METRICS;

/// 404: no route leads there.
pub(super) fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "no route of this application matches the path")
}

/// The media type of [`problem_text`].
pub(super) const PROBLEM_TYPE: &str = "application/problem+json";

/// 400: the request cannot be understood.
pub(super) fn bad_request(detail: &str) -> Response {
    problem(StatusCode::BAD_REQUEST, detail)
}

/// 413: the body is larger than it may be. The connection is closed, so that the rest need not be read.
pub(super) fn too_large() -> Response {
    let mut response = problem(StatusCode::PAYLOAD_TOO_LARGE, "the request's body is larger than this server takes");
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// 408: the body did not go on. The connection is closed, as RFC 9110 section 15.5.9 asks.
pub(super) fn too_slow() -> Response {
    let mut response = problem(StatusCode::REQUEST_TIMEOUT, "the request's body did not come in time");
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// 503: no place became free in time.
pub(super) fn overloaded() -> Response {
    METRICS.shed.inc();
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, "too many requests are in progress: try again");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The answer to a call that gave none. The reason is for the log, not for the client.
pub(super) fn failed(error: &CallError) -> Response {
    error.report(Stage::Before);
    match error {
        CallError::NoRoom(_) => overloaded(),
        CallError::Client(_) => bad_request("the request's body broke off"),
        CallError::Deadline(_) => problem(StatusCode::GATEWAY_TIMEOUT, "the component had no answer in time"),
        _ => problem(StatusCode::INTERNAL_SERVER_ERROR, "the component failed to answer"),
    }
}

/// 431: an HTTP/2 request has more fields than it may; of HTTP/1.1 the scanner knows before us.
pub(super) fn too_many_fields(head_only: bool) -> Response {
    let response = problem(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "there are too many header fields");
    if head_only { head_of(response) } else { response }
}

/// 501: the request asks for a tunnel.
pub(super) fn no_tunnel() -> Response {
    problem(StatusCode::NOT_IMPLEMENTED, "CONNECT is for proxies")
}

/// The answer to HEAD: the body of an answer to GET is left out, its length said all the same. Of an answer without a body
/// it is not: a guest may know that nobody would get it.
pub(super) fn head_of(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact().filter(|&length| length > 0) {
        head.headers.entry(CONTENT_LENGTH).or_insert(length.into());
    }
    Response::from_parts(head, Body::empty())
}

/// The body of an answer of the host's own.
pub(super) fn problem_text(status: StatusCode, detail: &str) -> String {
    let title = status.canonical_reason().unwrap_or_default();
    format!(r#"{{"type":"about:blank","title":"{title}","status":{},"detail":"{detail}"}}"#, status.as_u16())
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let mut response = Response::new(Body::from(problem_text(status, detail)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
