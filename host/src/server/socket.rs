//! The connection's bytes, on their way past the watch of its phase.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::phase::Phase;

/// RFC 9110 section 15.5.9: the server closes a connection that it waited for too long.
const REQUEST_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A socket that tells its phase what passes.
pub(super) struct Socket {
    stream: TcpStream,
    phase: Phase,
    timed_out: Arc<AtomicBool>,
}

impl Socket {
    /// `timed_out` decides, when the socket is dropped, whether its last words are a 408. hyper owns the socket and
    /// says nothing of its own when it is dropped.
    pub(super) fn new(stream: TcpStream, phase: Phase, timed_out: Arc<AtomicBool>) -> Self {
        Self { stream, phase, timed_out }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.phase.is_broken() {
            // A reset, which no client takes for an end.
            _ = self.stream.set_zero_linger();
        }
        if self.timed_out.load(Ordering::Relaxed) {
            // A client that cannot even take this gets nothing.
            _ = self.stream.try_write(REQUEST_TIMEOUT);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        if result.is_ready() {
            self.phase.received(&buf.filled()[before..]);
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.phase.sent(result.is_pending());
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.phase.sent(result.is_pending());
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
