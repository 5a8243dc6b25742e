//! A guest's stdout and stderr, as log lines of the target `guest`: bounded in their size here, in their number by
//! [`rate`].

mod rate;

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError};

use crate::printable::printable;
use crate::telemetry::METRICS;

/// What a guest may write at once.
const WRITE_BUDGET: usize = 64 << 10;

/// Which stream a line came from.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// What guests may log.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of a line.
    pub(super) max_line: usize,
    /// Lines a second, of all guests together.
    pub(super) max_rate: usize,
}

/// One stream of one instance. Clones write to the same line.
#[derive(Clone)]
pub(super) struct GuestLog(Arc<Mutex<Line>>);

struct Line {
    stream: Stream,
    text: Vec<u8>,
    limits: Limits,
    /// Bytes of this line that were not kept.
    dropped: usize,
}

impl GuestLog {
    pub(super) fn new(stream: Stream, limits: Limits) -> Self {
        Self(Arc::new(Mutex::new(Line { stream, text: Vec::new(), limits, dropped: 0 })))
    }

    fn write_bytes(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
    }
}

impl Line {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (text, ended) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            let kept = text.len().min(self.limits.max_line - self.text.len());
            self.text.extend_from_slice(&text[..kept]);
            self.dropped += text.len() - kept;
            if ended {
                self.emit();
            }
        }
    }

    fn emit(&mut self) {
        if rate::allows_one_more(self.limits.max_rate) {
            self.log();
        }
        self.text.clear();
        self.dropped = 0;
    }

    fn log(&self) {
        let text = String::from_utf8_lossy(&self.text);
        let text = printable(text.strip_suffix('\r').unwrap_or(&text));
        let stream = match self.stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        match self.dropped {
            0 => tracing::info!(target: "guest", stream, "{text}"),
            dropped => {
                METRICS.guest_lines_dropped.inc();
                tracing::info!(target: "guest", stream, dropped_bytes = dropped, "{text}");
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            self.emit();
        }
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for GuestLog {
    fn write(&mut self, bytes: Bytes) -> Result<(), StreamError> {
        self.write_bytes(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(WRITE_BUDGET)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestLog {
    async fn ready(&mut self) {}
}

impl AsyncWrite for GuestLog {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write_bytes(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
