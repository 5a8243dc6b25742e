//! The body of a response on its way to the client: while it lasts, its request is in progress.

mod flow;

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Version;
use http_body::{Body, Frame, SizeHint};
use tokio_util::task::AbortOnDropHandle;
use tokio_util::task::task_tracker::TaskTrackerToken;

use self::flow::Flow;
use super::phase::Busy;
use crate::bounds::Bounds;
use crate::telemetry::Observed;

/// A response's body, for as long as it has not ended.
pub(super) struct Outgoing {
    flow: Arc<Mutex<Flow>>,
    /// Ends the flow when the client is too slow; there once the body takes more than one part.
    watch: Option<AbortOnDropHandle<()>>,
    /// Until the last part carries it away.
    turn: Option<Turn>,
    version: Version,
}

/// The client's turn to take a part.
struct Turn {
    busy: Busy,
    _counted: TaskTrackerToken,
}

/// The last part of a body, which HTTP/2 keeps until the client has room for it: only then has its request ended.
struct Last {
    part: Bytes,
    _turn: Turn,
}

impl AsRef<[u8]> for Last {
    fn as_ref(&self) -> &[u8] {
        &self.part
    }
}

impl Outgoing {
    pub(super) fn new(
        body: Observed,
        version: Version,
        busy: Busy,
        counted: TaskTrackerToken,
        bounds: &Bounds,
    ) -> Self {
        // HTTP/1.0 knows no chunks: without a length, the end of the connection is the end of the body.
        if version < Version::HTTP_11 && !body.has_length() {
            busy.needs_the_end();
        }
        let flow = Arc::new(Mutex::new(Flow::new(body, bounds)));
        Self { flow, watch: None, turn: Some(Turn { busy, _counted: counted }), version }
    }

    fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { flow, watch, turn, version } = &mut *self;
        let Some(Turn { busy, .. }) = turn else { return Poll::Ready(None) };
        let mut flowing = flow.lock().unwrap_or_else(PoisonError::into_inner);
        busy.taken();
        let frame = ready!(flowing.poll_part(context));
        let last = flowing.is_end();
        drop(flowing);
        match &frame {
            Some(Ok(frame)) => busy.offer(frame.data_ref().map_or(0, Bytes::len)),
            Some(Err(_)) => {}
            None => busy.has_its_end(),
        }
        if last {
            busy.has_its_end();
        } else if matches!(frame, Some(Ok(_))) {
            watch.get_or_insert_with(|| AbortOnDropHandle::new(tokio::spawn(flow::watch(Arc::downgrade(flow)))));
        }
        let carried = turn.take_if(|_| last && *version >= Version::HTTP_2);
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| {
                frame.map_data(|part| match carried {
                    Some(turn) => Bytes::from_owner(Last { part, _turn: turn }),
                    None => part,
                })
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.flow().is_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.flow().size_hint()
    }
}
