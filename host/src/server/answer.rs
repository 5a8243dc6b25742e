//! The host's own answers: `application/problem+json` (RFC 9457), without a word of what is inside.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use crate::guest::CallError;
use crate::telemetry::METRICS;

/// 404: no route leads there.
pub(super) async fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "no route of this application matches the path")
}

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

/// 503: no place became free in time.
pub(super) fn overloaded() -> Response {
    METRICS.shed.inc();
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, "too many requests are in progress: try again");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The answer to a call that gave none. The reason is for the log, not for the client.
pub(super) fn failed(error: &CallError) -> Response {
    tracing::error!("{error}");
    match error {
        CallError::Deadline(_) => problem(StatusCode::GATEWAY_TIMEOUT, "the component had no answer in time"),
        _ => problem(StatusCode::INTERNAL_SERVER_ERROR, "the component failed to answer"),
    }
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body =
        format!(r#"{{"type":"about:blank","title":"{title}","status":{},"detail":"{detail}"}}"#, status.as_u16());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
