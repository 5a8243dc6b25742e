//! How long a client may let its request's body wait: in silence, or by sending so little that it holds a place for
//! nothing.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::bounds::{Bound, Bounds};

/// The body did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come in time")]
pub(super) struct TooSlow;

/// What is left of the time for which a client may be waited for: waiting takes from it, and what comes gives back to it.
struct Patience {
    left: Duration,
    most: Duration,
    /// What each byte gives back.
    for_byte: Duration,
}

impl Patience {
    fn new(bounds: &Bounds) -> Self {
        let most = bounds.body_timeout.duration();
        let for_byte = match bounds.min_body_rate {
            Bound::At(rate) => Duration::from_secs_f64(1.0 / rate.0 as f64),
            Bound::Unlimited => most,
        };
        Self { left: most, most, for_byte }
    }

    fn waited(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    fn received(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(self.for_byte.saturating_mul(bytes)).min(self.most);
    }
}

/// A body that breaks off when its client has been waited for too long. Time in which nobody asks for the body is not
/// the client's.
pub(super) struct Awaited<B> {
    body: B,
    patience: Patience,
    waits_since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<B> Awaited<B> {
    pub(super) fn new(body: B, bounds: &Bounds) -> Self {
        Self { body, patience: Patience::new(bounds), waits_since: None, alarm: None }
    }
}

impl<B: Body<Data = Bytes, Error = BoxError> + Unpin> Body for Awaited<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { body, patience, waits_since, alarm } = &mut *self;
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            if let Some(since) = waits_since.take() {
                patience.waited(since.elapsed());
            }
            if let Some(Ok(frame)) = &frame {
                patience.received(frame.data_ref().map_or(0, Bytes::len));
            }
            return Poll::Ready(frame);
        }
        let deadline = *waits_since.get_or_insert_with(Instant::now) + patience.left;
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn patience(for_byte: Duration) -> Patience {
        Patience { left: 30 * SECOND, most: 30 * SECOND, for_byte }
    }

    #[test]
    fn a_client_that_sends_at_the_rate_is_waited_for_without_an_end() {
        let mut client = patience(SECOND / 100);
        for _ in 0..10_000 {
            client.waited(20 * SECOND);
            client.received(2_000);
        }
        assert_eq!(client.left, 30 * SECOND);
    }

    #[test]
    fn a_client_that_sends_less_uses_up_its_time() {
        let mut client = patience(SECOND / 100);
        for _ in 0..60 {
            client.waited(SECOND);
            client.received(50);
        }
        assert_eq!(client.left, SECOND / 2, "what the last bytes gave back");
    }

    #[test]
    fn nothing_that_comes_early_is_saved_for_later() {
        let mut client = patience(SECOND);
        client.received(usize::MAX);
        client.waited(30 * SECOND);
        assert_eq!(client.left, Duration::ZERO);
    }

    #[test]
    fn without_a_rate_a_byte_gives_back_all_the_time() {
        let mut client = patience(30 * SECOND);
        client.waited(29 * SECOND);
        client.received(1);
        assert_eq!(client.left, 30 * SECOND);
        client.waited(SECOND);
        client.received(0);
        assert_eq!(client.left, 29 * SECOND);
    }
}
