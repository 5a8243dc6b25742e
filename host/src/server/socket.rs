//! The connection's bytes, on their way past the scanner of their syntax and the watch of their phase.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::server::TlsStream;

use super::phase::Phase;
use super::wire::{Limits, Scanner};

/// What carries a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The scheme of what is served on it.
    const SCHEME: &'static str;

    /// The TCP connection below.
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    const SCHEME: &'static str = "http";

    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for TlsStream<TcpStream> {
    const SCHEME: &'static str = "https";

    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// A socket that tells its phase what passes, and lets nothing pass that is wrong.
pub(super) struct Socket<S: Stream> {
    /// There until the socket is dropped.
    stream: Option<S>,
    phase: Phase,
    scanner: Scanner,
    /// Whether the last flush waits for the client.
    flushing: bool,
    back: Option<oneshot::Sender<Left<S>>>,
}

/// What is left of a connection when hyper has done with it. hyper owns the socket and says nothing of its own when it
/// is dropped: last words are for whoever gets this.
pub(super) struct Left<S> {
    pub(super) stream: S,
    /// Whether the client was in the middle of a request.
    pub(super) unread: bool,
}

impl<S: Stream> Socket<S> {
    pub(super) fn new(stream: S, phase: Phase, limits: Limits) -> (Self, oneshot::Receiver<Left<S>>) {
        let (back, left) = oneshot::channel();
        let scanner = Scanner::new(limits);
        (Self { stream: Some(stream), phase, scanner, flushing: false, back: Some(back) }, left)
    }
}

impl<S: Stream> Drop for Socket<S> {
    fn drop(&mut self) {
        if let (Some(stream), Some(back)) = (self.stream.take(), self.back.take()) {
            if self.phase.is_broken() {
                // A reset, which no client takes for an end.
                _ = stream.tcp().set_zero_linger();
            }
            _ = back.send(Left { stream, unread: !self.scanner.is_between_requests() });
        }
    }
}

impl<S: Stream> Socket<S> {
    fn stream(&mut self) -> io::Result<Pin<&mut S>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: Stream> AsyncRead for Socket<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // Nothing more is read from a client that breaks the rules. The end of its connection is for `connection`,
        // which knows when its earlier requests are answered.
        if self.scanner.is_broken() {
            return Poll::Pending;
        }
        let before = buf.filled().len();
        ready!(self.stream()?.poll_read(cx, buf))?;
        let bytes = &buf.filled()[before..];
        let seen = self.scanner.scan(bytes);
        self.phase.received(bytes, seen);
        if seen.fault.is_some() {
            buf.set_filled(before + seen.sound);
            // Without any byte, hyper would take it for the end of the stream.
            if seen.sound == 0 {
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = self.stream()?.poll_write(cx, buf);
        self.phase.sent(result.is_pending());
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = self.stream()?.poll_write_vectored(cx, bufs);
        self.phase.sent(result.is_pending());
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.stream()?.poll_flush(cx);
        // A plain socket has nothing to flush, and a write may wait all the same.
        if result.is_pending() || self.flushing {
            self.flushing = result.is_pending();
            self.phase.sent(self.flushing);
        }
        result
    }

    /// That is for [`super::parting`], once the client has taken what was sent.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.phase.flushed();
        Poll::Ready(Ok(()))
    }
}
