//! The body of a response whose call goes on: reading it drives the call, and a stall ends it.
//!
//! The reader may stop reading without leaving (an HTTP/2 client that opens no window), so a task beside it watches the
//! progress. It never waits for the reader: whoever sees the stall first ends the call.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::task::AtomicWaker;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;
use wasmtime_wasi_http::WasiBody;

use super::answer::Call;
use super::ending::Stage;
use super::instances::{Instance, Instances};
use super::upload::Upload;
use super::{CallError, whole};
use crate::bounds::Bounds;

/// A response's body while its call, or its instance at least, is needed for it.
pub(super) struct Streaming {
    /// What was taken of the body before.
    frames: VecDeque<Frame<Bytes>>,
    body: WasiBody,
    shared: Arc<Shared>,
    instances: Instances,
    /// How long a body may make no progress.
    idle: Duration,
    /// How long the guest may work on after its body is complete.
    post_return: Duration,
    /// Bytes still to come, when the guest has said how many there are.
    remaining: Option<u64>,
    upload: Upload,
}

/// What the body shares with the task that watches it.
struct Shared {
    guest: Mutex<Guest>,
    began: Instant,
    /// When the last frame went out, in milliseconds after `began`.
    progress: AtomicU64,
    stalled: AtomicBool,
    reader: AtomicWaker,
}

/// What the body comes from.
pub(super) enum Guest {
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
        guest: Guest,
        bounds: &Bounds,
        instances: &Instances,
        upload: &Upload,
    ) -> Self {
        let shared = Shared {
            guest: Mutex::new(guest),
            began: Instant::now(),
            progress: AtomicU64::new(0),
            stalled: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        };
        Self {
            frames,
            body,
            shared: Arc::new(shared),
            instances: instances.clone(),
            idle: bounds.body_timeout.duration(),
            post_return: bounds.request_timeout.duration(),
            remaining: content_length(headers),
            upload: upload.clone(),
        }
    }

    /// As a body for the client.
    pub(super) fn watched(self) -> Body {
        tokio::spawn(watch(Arc::downgrade(&self.shared), self.idle).in_current_span());
        Body::new(self)
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
        tokio::spawn(discard.in_current_span());
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CallError>>> {
        self.shared.reader.register(context.waker());
        let mut guest = self.shared.guest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Guest::Running(call) = &mut *guest {
            match Pin::new(call).poll(context) {
                Poll::Ready(Ok(instance)) => *guest = Guest::Ended(Box::new(instance)),
                Poll::Ready(Err(error)) => {
                    *guest = Guest::Gone;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Pending => {}
            }
        }
        if self.shared.stalled.load(Ordering::Acquire) {
            *guest = Guest::Gone;
            return Poll::Ready(Some(Err(CallError::Stalled(self.idle))));
        }
        let frame = match self.frames.pop_front() {
            Some(frame) => Some(Ok(frame)),
            None => match whole::poll_frame(&mut self.body, context) {
                Poll::Ready(frame) => frame.map(|frame| frame.map_err(CallError::Body)),
                Poll::Pending => {
                    return match &*guest {
                        Guest::Ended(instance) if instance.gives_body_itself() => {
                            *guest = Guest::Gone;
                            Poll::Ready(Some(Err(CallError::Unfinished)))
                        }
                        _ => Poll::Pending,
                    };
                }
            },
        };
        self.shared.made_progress();
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
            Some(Err(_)) => *guest = Guest::Gone,
            None => complete(std::mem::replace(&mut *guest, Guest::Gone), self.post_return, &self.instances),
        }
        Poll::Ready(frame)
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
        let mut guest = self.shared.guest.lock().unwrap_or_else(PoisonError::into_inner);
        let guest = std::mem::replace(&mut *guest, Guest::Gone);
        if self.remaining == Some(0) {
            complete(guest, self.post_return, &self.instances);
        }
    }
}

impl Shared {
    fn made_progress(&self) {
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.progress.store(elapsed, Ordering::Relaxed);
    }

    fn last_progress(&self) -> Instant {
        self.began + Duration::from_millis(self.progress.load(Ordering::Relaxed))
    }
}

/// Ends the call when no frame went out for `idle`, whether the guest gives none or the client takes none.
async fn watch(shared: Weak<Shared>, idle: Duration) {
    let mut deadline = Instant::now() + idle;
    loop {
        sleep_until(deadline).await;
        let Some(shared) = shared.upgrade() else { return };
        deadline = shared.last_progress() + idle;
        if deadline > Instant::now() {
            continue;
        }
        shared.stalled.store(true, Ordering::Release);
        // If the reader is at it right now, it has registered before, sees this wake-up and then the stall.
        shared.reader.wake();
        if let Ok(mut guest) = shared.guest.try_lock() {
            *guest = Guest::Gone;
        }
        return;
    }
}

/// The client has the whole body: lets the guest work on for as long as a request may take.
fn complete(guest: Guest, limit: Duration, instances: &Instances) {
    let call = match guest {
        Guest::Running(call) => call,
        Guest::Ended(instance) => return instances.give_back(*instance),
        Guest::Gone => return,
    };
    let Ok(runtime) = Handle::try_current() else { return };
    let instances = instances.clone();
    let finish = async move {
        match timeout(limit, call).await {
            Ok(Ok(instance)) => instances.give_back(instance),
            Ok(Err(error)) => error.report(Stage::After),
            Err(_) => CallError::PostReturn(limit).report(Stage::After),
        }
    };
    runtime.spawn(finish.in_current_span());
}
