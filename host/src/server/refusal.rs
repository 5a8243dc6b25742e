//! The last answer on an HTTP/1.1 connection, when hyper is no longer there to give it.

use std::time::{Duration, SystemTime};

use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE};
use http::{HeaderValue, StatusCode};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::answer;
use crate::telemetry::X_REQUEST_ID;

/// How long a client may take to make room for the answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a client is told of its request.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) detail: String,
    pub(super) request_id: HeaderValue,
}

impl Refusal {
    /// Tells it; returns whether the client took it.
    pub(super) async fn send(self, stream: &mut (impl AsyncWrite + Unpin)) -> bool {
        let Self { status, detail, request_id } = self;
        let body = answer::problem_text(status, &detail);
        let mut head = format!("HTTP/1.1 {status}\r\n");
        for (name, value) in [
            (CONNECTION, "close"),
            (CONTENT_TYPE, answer::PROBLEM_TYPE),
            (CONTENT_LENGTH, &body.len().to_string()),
            (CACHE_CONTROL, "no-store"),
            (DATE, &httpdate::fmt_http_date(SystemTime::now())),
            (X_REQUEST_ID, request_id.to_str().unwrap_or_default()),
        ] {
            head += &format!("{name}: {value}\r\n");
        }
        let answer = head + "\r\n" + body.as_str();
        matches!(timeout(PATIENCE, stream.write_all(answer.as_bytes())).await, Ok(Ok(())))
    }
}
