//! The body of a response whose call goes on: reading it drives the call, and a guest that stalls meanwhile is ended. How
//! long a reader may take is for whoever hands the body on.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep, timeout};
use wasmtime_wasi_http::WasiBody;

use super::answer::Call;
use super::ending::Stage;
use super::instances::Instance;
use super::upload::Upload;
use super::{CallError, Inner, afterwards, whole};
use crate::logging;

/// A response's body while its call, or its instance at least, is needed for it.
pub(super) struct Streaming {
    /// What was taken of the body before.
    frames: VecDeque<Frame<Bytes>>,
    body: WasiBody,
    source: Source,
    guest: Arc<Inner>,
    /// How long the guest may give nothing.
    idle: Duration,
    /// Whether the reader waits for it, until `alarm`.
    waiting: bool,
    alarm: Option<Pin<Box<Sleep>>>,
    /// How long the guest may work on after its body is complete.
    post_return: Duration,
    /// Bytes still to come, when the guest has said how many there are.
    remaining: Option<u64>,
    upload: Upload,
}

/// What the body comes from.
pub(super) enum Source {
    Running(Call),
    /// The call has ended; the body may still pass through its instance.
    Ended(Box<Instance>),
    Gone,
}

impl Streaming {
    pub(super) fn new(
        headers: &HeaderMap,
        frames: VecDeque<Frame<Bytes>>,
        body: WasiBody,
        source: Source,
        guest: &Arc<Inner>,
        upload: &Upload,
    ) -> Self {
        Self {
            frames,
            body,
            source,
            guest: guest.clone(),
            idle: guest.bounds.body_timeout.duration(),
            waiting: false,
            alarm: None,
            post_return: guest.bounds.request_timeout.duration(),
            remaining: content_length(headers),
            upload: upload.clone(),
        }
    }

    /// Reads the body to its end and throws it away: there is no client for it, but the guest may go on.
    pub(super) fn in_background(mut self) {
        let discard = async move {
            let limit = self.post_return;
            let read = async { while let Some(Ok(_)) = self.frame().await {} };
            if timeout(limit, read).await.is_err() {
                CallError::PostReturn(limit).report(Stage::After);
            }
        };
        tokio::spawn(logging::about_the_same(discard));
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CallError>>> {
        if let Source::Running(call) = &mut self.source {
            match Pin::new(call).poll(context) {
                Poll::Ready(Ok(instance)) => self.source = Source::Ended(Box::new(instance)),
                Poll::Ready(Err(error)) => {
                    self.source = Source::Gone;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Pending => {}
            }
        }
        let frame = match self.frames.pop_front() {
            Some(frame) => Some(Ok(frame)),
            None => match whole::poll_frame(&mut self.body, context) {
                Poll::Ready(frame) => frame.map(|frame| frame.map_err(CallError::Body)),
                Poll::Pending => {
                    let error = match &self.source {
                        Source::Ended(instance) if instance.gives_body_itself() => CallError::Unfinished,
                        _ => {
                            ready!(self.poll_stalled(context));
                            CallError::Stalled(self.idle)
                        }
                    };
                    self.source = Source::Gone;
                    return Poll::Ready(Some(Err(error)));
                }
            },
        };
        self.waiting = false;
        let sent = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
        let frame = match self.remaining.map(|remaining| remaining.checked_sub(sent as u64)) {
            // More than was announced: hyper would leave it out, and nobody would know.
            Some(None) => Some(Err(CallError::Length)),
            Some(remaining) => {
                self.remaining = remaining;
                frame
            }
            None => frame,
        };
        match &frame {
            Some(Ok(_)) => {}
            Some(Err(_)) => self.source = Source::Gone,
            None => complete(self.source.take(), self.post_return, &self.guest),
        }
        Poll::Ready(frame)
    }

    /// Ready when the guest has been waited for too long.
    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Self { idle, waiting, alarm, .. } = self;
        let alarm = alarm.get_or_insert_with(|| Box::pin(sleep(*idle)));
        if !std::mem::replace(waiting, true) {
            alarm.as_mut().reset(Instant::now() + *idle);
        }
        alarm.as_mut().poll(context)
    }
}

impl Source {
    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Gone)
    }
}

/// The length that the guest has announced.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl http_body::Body for Streaming {
    type Data = Bytes;
    type Error = CallError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CallError>>> {
        let frame = ready!(self.poll(context));
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|error| {
                let error = self.upload.blame(error);
                error.report(Stage::During);
                error
            })
        }))
    }

    fn size_hint(&self) -> SizeHint {
        // Frames that were taken from the body are no longer in its own hint.
        self.remaining.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for Streaming {
    /// A reader that knows the length need not wait for the end: with the last byte the response is complete.
    fn drop(&mut self) {
        let source = self.source.take();
        if self.remaining == Some(0) {
            complete(source, self.post_return, &self.guest);
        }
    }
}

/// The client has the whole body: lets the guest work on for as long as a request may take.
fn complete(source: Source, limit: Duration, guest: &Arc<Inner>) {
    let call = match source {
        Source::Running(call) => call,
        Source::Ended(instance) => return afterwards::leave(guest, *instance),
        Source::Gone => return,
    };
    let Ok(runtime) = Handle::try_current() else { return };
    let guest = guest.clone();
    let finish = async move {
        match timeout(limit, call).await {
            Ok(Ok(instance)) => afterwards::leave(&guest, instance),
            Ok(Err(error)) => error.report(Stage::After),
            Err(_) => CallError::PostReturn(limit).report(Stage::After),
        }
    };
    runtime.spawn(logging::about_the_same(finish));
}
