//! What HTTP/1.1 and HTTP/2 are told of the bounds of a connection.

use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;

use crate::bounds::{Bounds, Size};

/// Streams that an HTTP/2 client may reset before we have looked at them, or make us reset. More is CVE-2023-44487 and
/// CVE-2025-8671; so many may be those of a client that leaves a page, or that does not know yet how many it may open.
const MAX_RESET_STREAMS: usize = 200;

/// hyper panics below this.
const MIN_HTTP1_BUFFER: usize = 8 << 10;

/// A server of whichever protocol the client begins with.
pub(super) fn builder(bounds: &Bounds) -> auto::Builder<TokioExecutor> {
    let number = |size: Size| u32::try_from(size.0).unwrap_or(u32::MAX);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The phase of the connection knows more than this timer, which counts idle time too.
        .header_read_timeout(None)
        // Both are for the scanner to refuse: hyper has room for what passes it, and one byte more.
        .max_headers(bounds.max_header_count.get())
        .max_buf_size(bounds.max_header_size.0.max(MIN_HTTP1_BUFFER).saturating_add(1));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(u32::try_from(bounds.http2_max_streams.get()).unwrap_or(u32::MAX))
        .initial_stream_window_size(number(bounds.http2_stream_window))
        .initial_connection_window_size(number(bounds.http2_connection_window))
        .max_header_list_size(number(bounds.max_header_size))
        .max_pending_accept_reset_streams(MAX_RESET_STREAMS)
        .max_local_error_reset_streams(MAX_RESET_STREAMS);
    builder
}
