//! What comes from a guest goes to its client in parts, and the client may take only so long for them: a guest is not
//! kept for a client that takes nothing, or next to nothing.

use std::pin::Pin;
use std::sync::{Mutex, Weak};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use crate::bounds::Bounds;
use crate::server::patience::Patience;
use crate::telemetry::{METRICS, Observed, TimedOut};

/// What a client is handed at once, bytes: as much as a frame of HTTP/2 carries unless the client asks for more (RFC 9113
/// section 4.2). It is not seen how much of a part was taken, so the client has `--body-timeout` for each, however
/// much the guest writes at once.
const PART: usize = 16 << 10;

/// The client takes too little of the response for too long.
#[derive(Debug, thiserror::Error)]
#[error("the client takes its response too slowly")]
struct NotTaken;

/// A body, and its client.
pub(super) struct Flow {
    /// Until the client has been waited for too long.
    body: Option<Observed>,
    /// What of the guest's last part is still to be handed on.
    rest: Bytes,
    patience: Patience,
    /// How long the part is that it is the client's turn to take.
    offered: usize,
}

impl Flow {
    pub(super) fn new(body: Observed, bounds: &Bounds) -> Self {
        Self { body: Some(body), rest: Bytes::new(), patience: Patience::new(bounds), offered: 0 }
    }

    /// The next part, for a client that has taken the one before.
    pub(super) fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.patience.moved(std::mem::take(&mut self.offered));
        if self.rest.is_empty() {
            let Some(body) = &mut self.body else { return Poll::Ready(Some(Err(axum::Error::new(NotTaken)))) };
            match ready!(Pin::new(body).poll_frame(context)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(frame))) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let part = self.rest.split_to(PART.min(self.rest.len()));
        self.offered = part.len();
        self.patience.wait();
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    /// Whether all has been handed on.
    pub(super) fn is_end(&self) -> bool {
        self.rest.is_empty() && self.body.as_ref().is_some_and(Observed::is_end_stream)
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Observed::size_hint)
    }

    /// Ends what the guest does for this client.
    fn give_up(&mut self) {
        METRICS.timed_out(TimedOut::Taking);
        tracing::debug!("response: broken off, {NotTaken}");
        self.body = None;
    }
}

/// Waits for the client to be too slow. The body cannot see to it: nobody asks for it while its client takes nothing.
pub(super) async fn watch(flow: Weak<Mutex<Flow>>) {
    let mut look = Instant::now();
    loop {
        sleep_until(look).await;
        let Some(flow) = flow.upgrade() else { return };
        let now = Instant::now();
        let Ok(mut flow) = flow.lock() else { return };
        match flow.patience.deadline() {
            Some(deadline) if deadline <= now => return flow.give_up(),
            Some(deadline) => look = deadline,
            // It is the guest's turn, whose time is not the client's.
            None => look = now + flow.patience.most(),
        }
    }
}
