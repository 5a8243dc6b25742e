//! From a running call to a response: its head, or the reason why there is none.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use http::Response;
use tokio::sync::oneshot;
use tokio::time::timeout;
use wasmtime_wasi_http::WasiBody;

use super::{body, turn};
use crate::bounds::Bounds;
use crate::telemetry::GuestMetrics;

/// A call that has not ended: instantiation, the guest's code, and whatever it does after its response.
pub(super) struct Call {
    call: Pin<Box<dyn Future<Output = wasmtime::Result<()>> + Send>>,
    metrics: GuestMetrics,
}

impl Call {
    pub(super) fn new(
        metrics: GuestMetrics,
        call: impl Future<Output = wasmtime::Result<()>> + Send + 'static,
    ) -> Self {
        Self { call: Box::pin(call), metrics }
    }
}

impl Future for Call {
    type Output = wasmtime::Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, metrics } = &mut *self;
        let result = metrics.timed(|| call.as_mut().poll(context));
        turn::end();
        result
    }
}

/// Why a guest gave no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// It trapped, could not be instantiated, or misused an interface.
    #[error("the guest failed: {0:?}")]
    Trap(wasmtime::Error),
    /// It answered with an error code instead of a response.
    #[error("the guest answered with the error code {0}")]
    Refused(String),
    /// It ended without an answer.
    #[error("the guest ended without setting a response")]
    NoResponse,
    /// It had no head of a response when its time was over.
    #[error("the guest had no response within {0}")]
    Deadline(String),
}

/// Waits for the head of the response, for as long as the request's deadline allows.
pub(super) async fn answer(
    mut call: Call,
    mut response: oneshot::Receiver<Result<Response<WasiBody>, CallError>>,
    bounds: &Bounds,
) -> Result<Response<Body>, CallError> {
    let head = poll_fn(|context| {
        let ended = match Pin::new(&mut call).poll(context) {
            Poll::Ready(Ok(())) => true,
            // Nothing has been sent yet: even if a head is there, the client is better served with an honest 500.
            Poll::Ready(Err(trap)) => return Poll::Ready(Err(CallError::Trap(trap))),
            Poll::Pending => false,
        };
        match Pin::new(&mut response).poll(context) {
            Poll::Ready(Ok(response)) => Poll::Ready(response.map(|response| (response, ended))),
            Poll::Ready(Err(_)) => Poll::Ready(Err(CallError::NoResponse)),
            Poll::Pending if ended => Poll::Ready(Err(CallError::NoResponse)),
            Poll::Pending => Poll::Pending,
        }
    });
    let deadline = bounds.request_timeout;
    let (response, ended) =
        timeout(deadline.duration(), head).await.map_err(|_| CallError::Deadline(deadline.to_string()))??;
    Ok(response.map(|body| if ended { Body::new(body) } else { body::streaming(body, call, bounds) }))
}
