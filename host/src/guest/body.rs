//! The body of a response whose call goes on: reading it drives the call, and a stall ends it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;
use wasmtime_wasi_http::WasiBody;

use super::answer::Call;
use super::failure;
use crate::bounds::Bounds;
use crate::telemetry::{METRICS, TimedOut};

/// A body that drives `call` and is watched for stalls.
pub(super) fn streaming(body: WasiBody, call: Call, bounds: &Bounds) -> Body {
    let ongoing = Ongoing { call: Some(call), progress: Instant::now(), stalled: false, waker: None };
    let ongoing = Arc::new(Mutex::new(ongoing));
    tokio::spawn(watch(Arc::downgrade(&ongoing), bounds.body_timeout.duration()).in_current_span());
    Body::new(Streaming { body, ongoing, post_return: bounds.request_timeout.duration() })
}

struct Streaming {
    body: WasiBody,
    ongoing: Arc<Mutex<Ongoing>>,
    /// How long the guest may work on after its body is complete.
    post_return: Duration,
}

/// What the body shares with the task that watches it.
struct Ongoing {
    call: Option<Call>,
    /// When the last frame went out.
    progress: Instant,
    stalled: bool,
    waker: Option<Waker>,
}

/// Why a body breaks off. The connection is aborted, so that no client takes the response for complete.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("the guest failed")]
    Trap,
    #[error("no progress")]
    Stalled,
    #[error(transparent)]
    Guest(wasmtime_wasi_http::Error),
}

fn lock(ongoing: &Mutex<Ongoing>) -> MutexGuard<'_, Ongoing> {
    ongoing.lock().unwrap_or_else(PoisonError::into_inner)
}

impl http_body::Body for Streaming {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Self { body, ongoing, post_return } = &mut *self;
        let mut ongoing = lock(ongoing);
        if ongoing.stalled {
            return Poll::Ready(Some(Err(BodyError::Stalled)));
        }
        if let Some(call) = &mut ongoing.call {
            match Pin::new(call).poll(context) {
                Poll::Ready(Ok(())) => ongoing.call = None,
                Poll::Ready(Err(trap)) => {
                    ongoing.call = None;
                    METRICS.failed(failure::reason(&trap));
                    tracing::error!("the guest failed after its response began: {trap:?}");
                    return Poll::Ready(Some(Err(BodyError::Trap)));
                }
                Poll::Pending => {}
            }
        }
        let frame = match Pin::new(body).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                ongoing.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
        };
        ongoing.progress = Instant::now();
        if frame.is_none()
            && let Some(call) = ongoing.call.take()
        {
            tokio::spawn(finish(call, *post_return).in_current_span());
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Guest)))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ends the call when no frame went out for `idle`, whether the guest gives none or the client takes none.
async fn watch(ongoing: Weak<Mutex<Ongoing>>, idle: Duration) {
    let mut deadline = Instant::now() + idle;
    loop {
        sleep_until(deadline).await;
        let Some(ongoing) = ongoing.upgrade() else { return };
        let mut ongoing = lock(&ongoing);
        deadline = ongoing.progress + idle;
        if ongoing.call.is_none() {
            return;
        }
        if deadline <= Instant::now() {
            METRICS.timed_out(TimedOut::Body);
            tracing::warn!("a response made no progress for {idle:?}: cut off");
            ongoing.stalled = true;
            ongoing.call = None;
            if let Some(waker) = ongoing.waker.take() {
                waker.wake();
            }
            return;
        }
    }
}

/// Lets a guest work on after its body is complete, for as long as a request may take.
async fn finish(call: Call, limit: Duration) {
    match timeout(limit, call).await {
        Ok(Ok(())) => {}
        Ok(Err(trap)) => {
            METRICS.failed(failure::reason(&trap));
            tracing::error!("the guest failed after its response: {trap:?}");
        }
        Err(_) => {
            METRICS.timed_out(TimedOut::PostReturn);
            tracing::warn!("the guest was ended {limit:?} after its response");
        }
    }
}
