//! The connection's bytes, on their way past the watch of its phase.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::phase::Phase;

/// RFC 9110 section 15.5.9: the server closes a connection that it waited for too long.
const REQUEST_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What carries a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// The TCP connection below.
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// A socket that tells its phase what passes.
pub(super) struct Socket<S: Stream> {
    stream: S,
    phase: Phase,
    /// Whether the last flush waits for the client.
    flushing: bool,
    timed_out: Arc<AtomicBool>,
}

impl<S: Stream> Socket<S> {
    /// `timed_out` decides, when the socket is dropped, whether its last words are a 408. hyper owns the socket and
    /// says nothing of its own when it is dropped.
    pub(super) fn new(stream: S, phase: Phase, timed_out: Arc<AtomicBool>) -> Self {
        Self { stream, phase, flushing: false, timed_out }
    }
}

impl<S: Stream> Drop for Socket<S> {
    fn drop(&mut self) {
        if self.phase.is_broken() {
            // A reset, which no client takes for an end.
            _ = self.stream.tcp().set_zero_linger();
        }
        if self.timed_out.load(Ordering::Relaxed) {
            // A client that cannot even take this gets nothing.
            let mut context = Context::from_waker(Waker::noop());
            _ = Pin::new(&mut self.stream).poll_write(&mut context, REQUEST_TIMEOUT);
            _ = Pin::new(&mut self.stream).poll_shutdown(&mut context);
        }
    }
}

impl<S: Stream> AsyncRead for Socket<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        if result.is_ready() {
            self.phase.received(&buf.filled()[before..]);
        }
        result
    }
}

impl<S: Stream> AsyncWrite for Socket<S> {
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
        let result = Pin::new(&mut self.stream).poll_flush(cx);
        // A plain socket has nothing to flush, and a write may wait all the same.
        if result.is_pending() || self.flushing {
            self.flushing = result.is_pending();
            self.phase.sent(self.flushing);
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
