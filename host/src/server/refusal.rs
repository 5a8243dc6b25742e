//! The last answer on an HTTP/1.1 connection, when hyper is no longer there to give it.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::answer;

/// How long a client may take to make room for the answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers with `status`; returns whether the client took it.
pub(super) async fn refuse(stream: &mut (impl AsyncWrite + Unpin), status: StatusCode, detail: &str) -> bool {
    let body = answer::problem_text(status, detail);
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         date: {}\r\n\r\n",
        answer::PROBLEM_TYPE,
        body.len(),
        httpdate::fmt_http_date(SystemTime::now()),
    );
    matches!(timeout(PATIENCE, stream.write_all((head + body.as_str()).as_bytes())).await, Ok(Ok(())))
}
