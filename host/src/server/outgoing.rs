//! The body of a response on its way to the client: while it lasts, its request is in progress.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Version;
use http_body::{Body, Frame, SizeHint};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::phase::Busy;
use crate::telemetry::Observed;

/// What an HTTP/2 client is handed at once, bytes: as much as a frame carries unless the client asks for more (RFC 9113
/// section 4.2). It has `--body-timeout` for each, however much the guest writes at once.
const PART: usize = 16 << 10;

/// A response's body, for as long as it has not ended.
pub(super) struct Outgoing {
    body: Observed,
    /// What of the guest's last part is still to be handed on.
    rest: Bytes,
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
    pub(super) fn new(body: Observed, version: Version, busy: Busy, counted: TaskTrackerToken) -> Self {
        Self { body, rest: Bytes::new(), turn: Some(Turn { busy, _counted: counted }), version }
    }

    /// The next part of what the guest has written.
    fn part(&mut self, mut data: Bytes) -> Bytes {
        if self.version < Version::HTTP_2 {
            return data;
        }
        let part = data.split_to(PART.min(data.len()));
        self.rest = data;
        match self.turn.take_if(|_| self.rest.is_empty() && self.body.is_end_stream()) {
            Some(turn) => Bytes::from_owner(Last { part, _turn: turn }),
            None => part,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, rest, turn, version } = &mut *self;
        let Some(turn) = turn else { return Poll::Ready(None) };
        turn.busy.taken();
        let frame = if rest.is_empty() {
            ready!(Pin::new(body).poll_frame(context))
        } else {
            Some(Ok(Frame::data(std::mem::take(rest))))
        };
        match &frame {
            Some(Ok(_)) => turn.busy.offer(),
            // HTTP/1.0 knows no chunks: without a length, the end of the connection is the end of the body.
            Some(Err(_)) if *version < Version::HTTP_11 => turn.busy.break_off(),
            _ => {}
        }
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|data| self.part(data)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
