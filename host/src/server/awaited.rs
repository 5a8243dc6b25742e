//! The body of a request whose client is waited for, and for how long.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep_until};

use super::patience::Patience;
use crate::bounds::Bounds;

/// The body did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come in time")]
pub(super) struct TooSlow;

/// A body that breaks off when its client has been waited for too long. Time in which nobody asks for the body is not
/// the client's.
pub(super) struct Awaited<B> {
    body: B,
    patience: Patience,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<B> Awaited<B> {
    pub(super) fn new(body: B, bounds: &Bounds) -> Self {
        Self { body, patience: Patience::new(bounds), alarm: None }
    }
}

impl<B: Body<Data = Bytes, Error = BoxError> + Unpin> Body for Awaited<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { body, patience, alarm } = &mut *self;
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
            patience.moved(data.map_or(0, Bytes::len));
            return Poll::Ready(frame);
        }
        let deadline = patience.wait();
        let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        ready!(alarm.as_mut().poll(context));
        Poll::Ready(Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
