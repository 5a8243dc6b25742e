//! The body of a response whose call has ended: what is left of it is there already, in a frame or two.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame};
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

impl Rest {
    /// Bytes of the frames.
    pub(super) fn bytes(&self) -> u64 {
        self.frames.iter().filter_map(Frame::data_ref).map(|data| data.len() as u64).sum()
    }
}

/// Takes what is there.
pub(super) fn take(body: &mut WasiBody, context: &mut Context<'_>) -> Result<Rest, CallError> {
    let mut frames = VecDeque::new();
    while frames.len() < MAX_FRAMES {
        match Pin::new(&mut *body).poll_frame(context) {
            Poll::Ready(Some(frame)) => frames.push_back(frame.map_err(CallError::Body)?),
            Poll::Ready(None) => return Ok(Rest { frames, complete: true }),
            Poll::Pending => break,
        }
    }
    Ok(Rest { frames, complete: false })
}

/// A body of these frames. Its length stays unsaid where the guest did not say it.
pub(super) fn body(frames: VecDeque<Frame<Bytes>>) -> Body {
    Body::new(Whole(frames))
}

struct Whole(VecDeque<Frame<Bytes>>);

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = CallError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CallError>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}
