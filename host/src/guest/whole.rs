//! The body of a response whose call has ended: what is left of it is there already, in a frame or two.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::task::unconstrained;
use wasmtime_wasi_http::WasiBody;

use super::CallError;

/// Frames that are taken at once. A guest's body holds at most three when its call ends; one that the host passes
/// through (WASI 0.3 can answer with the request's body) may have more, and is streamed.
const MAX_FRAMES: usize = 4;

/// What a body had to give.
pub(super) struct Rest {
    pub(super) frames: VecDeque<Frame<Bytes>>,
    /// Whether that was all.
    pub(super) complete: bool,
}

/// Bytes of the frames.
pub(super) fn bytes(frames: &VecDeque<Frame<Bytes>>) -> u64 {
    frames.iter().filter_map(Frame::data_ref).map(|data| data.len() as u64).sum()
}

/// Takes what is there.
pub(super) fn take(body: &mut WasiBody, context: &mut Context<'_>) -> Result<Rest, CallError> {
    let mut frames = VecDeque::new();
    while frames.len() < MAX_FRAMES {
        match poll_frame(body, context) {
            Poll::Ready(Some(frame)) => frames.push_back(frame.map_err(CallError::Body)?),
            Poll::Ready(None) => return Ok(Rest { frames, complete: true }),
            Poll::Pending => break,
        }
    }
    Ok(Rest { frames, complete: false })
}

/// Asks for a frame without the runtime's budget for a task: with it used up, a frame that is there would not be, and the
/// body of a call that has ended would look like one that never does.
pub(super) fn poll_frame(
    body: &mut WasiBody,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, wasmtime_wasi_http::Error>>> {
    pin!(unconstrained(body.frame())).poll(context)
}

/// A body of these frames. Its length is known, so the client is told it where the guest does not say it (RFC 9110
/// section 8.6).
pub(super) fn body(frames: VecDeque<Frame<Bytes>>) -> Body {
    Body::new(Whole { frames })
}

struct Whole {
    frames: VecDeque<Frame<Bytes>>,
}

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = CallError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CallError>>> {
        Poll::Ready(self.frames.pop_front().map(Ok))
    }

    /// With the last frame: nobody has to ask again, or to see to it that the client takes more.
    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    /// Trailers go with chunks alone, which leave no room for a length (RFC 9112 section 6.2).
    fn size_hint(&self) -> SizeHint {
        let trailers = self.frames.iter().any(Frame::is_trailers);
        if trailers { SizeHint::default() } else { SizeHint::with_exact(bytes(&self.frames)) }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use http::HeaderMap;
    use http_body::Body as _;
    use http_body_util::StreamBody;
    use tokio::sync::mpsc;
    use tokio::task::coop::{consume_budget, has_budget_remaining};

    use super::*;

    #[test]
    fn a_body_says_with_its_last_frame_that_it_has_ended() {
        let frames = ["hello", "world"].map(|text| Frame::data(Bytes::from(text)));
        let mut body = pin!(body(frames.into()));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut ended_after = Vec::new();
        while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut context) {
            ended_after.push(body.is_end_stream());
        }
        assert_eq!(ended_after, [false, true]);
    }

    #[test]
    fn a_body_knows_its_length_unless_it_has_trailers() {
        let data = |text: &'static str| Frame::data(Bytes::from_static(text.as_bytes()));
        assert_eq!(body([data("hello"), data("you")].into()).size_hint().exact(), Some(8));
        assert_eq!(body(VecDeque::new()).size_hint().exact(), Some(0));
        assert_eq!(body([data("hello"), Frame::trailers(HeaderMap::new())].into()).size_hint().exact(), None);
    }

    #[test]
    fn a_frame_that_is_there_is_seen_when_the_budget_of_the_task_is_used_up() {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(Bytes::from_static(b"hello")).expect("there is room");
        let frames = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
        let mut body = WasiBody::new(StreamBody::new(frames.map(|data| Ok(Frame::data(data)))));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let frame = runtime.block_on(std::future::poll_fn(|context| {
            while has_budget_remaining() {
                _ = pin!(consume_budget()).poll(context);
            }
            Poll::Ready(poll_frame(&mut body, context))
        }));
        assert!(matches!(&frame, Poll::Ready(Some(Ok(frame))) if frame.is_data()), "{frame:?}");
    }
}
