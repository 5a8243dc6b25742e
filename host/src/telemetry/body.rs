//! A response's body, watched to its end: only then is the request over.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::Exchange;
use crate::logging;

/// A body that tells its exchange what goes out.
pub(crate) struct Observed {
    body: Body,
    exchange: Exchange,
    length: Option<u64>,
}

impl Observed {
    /// `length`: how much of the body is sent, if that is known.
    pub(super) fn new(body: Body, length: Option<u64>, exchange: Exchange) -> Self {
        Self { body, exchange, length }
    }

    /// Whether its length is known before it is sent.
    pub(crate) fn has_length(&self) -> bool {
        self.length.is_some()
    }
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, exchange, .. } = &mut *self;
        let frame = logging::about_now(exchange.id(), || Pin::new(body).poll_frame(context));
        match &frame {
            Poll::Ready(Some(Ok(frame))) => exchange.sent(frame.data_ref().map_or(0, Bytes::len)),
            Poll::Ready(None) => exchange.complete(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        if self.body.is_end_stream() || self.length == Some(self.exchange.bytes()) {
            self.exchange.complete();
        }
    }
}
