//! Last words on an HTTP/1.1 connection, when hyper is no longer there to say them.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::time::timeout;

use super::answer;

/// How long a client that is still sending may take to read the answer. A connection that is closed before all has been
/// read is reset, and a client that is reset forgets what it has not read: RFC 9112 section 9.6.
const FAREWELL: Duration = Duration::from_secs(1);

/// Answers with `status`, and ends the connection.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, status: StatusCode, detail: &str) {
    let body = answer::problem_text(status, detail);
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         date: {}\r\n\r\n",
        answer::PROBLEM_TYPE,
        body.len(),
        httpdate::fmt_http_date(SystemTime::now()),
    );
    // A client that does not take even this gets nothing.
    if let Ok(Ok(())) = timeout(FAREWELL, stream.write_all((head + body.as_str()).as_bytes())).await {
        part(stream).await;
    }
}

/// Ends a connection whose client may be sending still: it gets the time to read what it was answered.
pub(super) async fn part<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let farewell = async {
        stream.shutdown().await?;
        copy(&mut stream, &mut sink()).await
    };
    _ = timeout(FAREWELL, farewell).await;
}
