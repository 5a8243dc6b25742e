//! The body of a response on its way to the client: while it lasts, its request is in progress.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Version;
use http_body::{Frame, SizeHint};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::phase::Busy;
use crate::telemetry::Observed;

/// A response's body, for as long as it has not ended.
pub(super) struct Outgoing {
    body: Observed,
    busy: Busy,
    /// HTTP/1.0 knows no chunks: without a length, the end of the connection is the end of the body.
    unframed: bool,
    _counted: TaskTrackerToken,
}

impl Outgoing {
    pub(super) fn new(body: Observed, version: Version, busy: Busy, counted: TaskTrackerToken) -> Self {
        Self { body, busy, unframed: version < Version::HTTP_11, _counted: counted }
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.busy.taken();
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match frame {
            Poll::Ready(Some(Ok(_))) => self.busy.offer(),
            Poll::Ready(Some(Err(_))) if self.unframed => self.busy.break_off(),
            _ => {}
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
