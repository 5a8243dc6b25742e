//! The connection's bytes, on their way past the scanner of their syntax and the watch of their phase.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::phase::Phase;
use super::wire::{Limits, Scanner};

/// What carries a connection. One type for both, so that all of HTTP is in the file once.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The TCP connection below.
pub(super) fn tcp(stream: &Stream) -> &TcpStream {
    match stream {
        Either::Left(tcp) => tcp,
        Either::Right(tls) => tls.get_ref().0,
    }
}

/// The scheme of what is served on it.
pub(super) fn scheme(stream: &Stream) -> &'static str {
    match stream {
        Either::Left(_) => "http",
        Either::Right(_) => "https",
    }
}

/// A socket that tells its phase what passes, and lets nothing pass that is wrong.
pub(super) struct Socket {
    /// There until the socket is dropped.
    stream: Option<Stream>,
    phase: Phase,
    scanner: Scanner,
    /// Whether the last flush waits for the client.
    flushing: bool,
    back: Option<oneshot::Sender<Left>>,
}

/// What is left of a connection when hyper has done with it. hyper owns the socket and says nothing of its own when it
/// is dropped: last words are for whoever gets this.
pub(super) struct Left {
    pub(super) stream: Stream,
    /// Whether the client was in the middle of a request.
    pub(super) unread: bool,
}

impl Socket {
    pub(super) fn new(stream: Stream, phase: Phase, limits: Limits) -> (Self, oneshot::Receiver<Left>) {
        let (back, left) = oneshot::channel();
        let scanner = Scanner::new(limits);
        (Self { stream: Some(stream), phase, scanner, flushing: false, back: Some(back) }, left)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let (Some(stream), Some(back)) = (self.stream.take(), self.back.take()) {
            if self.phase.is_broken() {
                // A reset, which no client takes for an end.
                _ = tcp(&stream).set_zero_linger();
            }
            _ = back.send(Left { stream, unread: !self.scanner.is_between_requests() });
        }
    }
}

impl Socket {
    fn stream(&mut self) -> io::Result<Pin<&mut Stream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for Socket {
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

impl AsyncWrite for Socket {
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
