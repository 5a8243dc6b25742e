//! From a running call to a response: the head as soon as the guest has set it, the body while the call goes on.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use http_body::{Frame, SizeHint};
use tokio::sync::oneshot;
use wasmtime_wasi_http::WasiBody;

/// A call that has not ended: instantiation, the guest's code, and whatever it does after its response.
pub(super) type Call = Pin<Box<dyn Future<Output = wasmtime::Result<()>> + Send>>;

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
}

/// Waits for the head of the response.
pub(super) async fn answer(
    mut call: Call,
    mut response: oneshot::Receiver<Result<Response<WasiBody>, CallError>>,
) -> Result<Response<Body>, CallError> {
    poll_fn(|context| {
        let ended = match call.as_mut().poll(context) {
            Poll::Ready(Ok(())) => true,
            // Nothing has been sent yet: even if a head is there, the client is better served with an honest 500.
            Poll::Ready(Err(trap)) => return Poll::Ready(Err(CallError::Trap(trap))),
            Poll::Pending => false,
        };
        match Pin::new(&mut response).poll(context) {
            Poll::Ready(Ok(response)) => Poll::Ready(response.map(|response| (response, ended))),
            Poll::Ready(Err(_)) | Poll::Pending if ended => Poll::Ready(Err(CallError::NoResponse)),
            Poll::Ready(Err(_)) => Poll::Ready(Err(CallError::NoResponse)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
    .map(|(response, ended)| {
        response.map(|body| if ended { Body::new(body) } else { Body::new(Streaming { body, call: Some(call) }) })
    })
}

/// The body of a response whose call has not ended. Reading it drives the call.
struct Streaming {
    body: WasiBody,
    call: Option<Call>,
}

impl http_body::Body for Streaming {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(call) = &mut self.call {
            match call.as_mut().poll(context) {
                Poll::Ready(Ok(())) => self.call = None,
                Poll::Ready(Err(trap)) => {
                    self.call = None;
                    tracing::error!("the guest failed after its response began: {trap:?}");
                    return Poll::Ready(Some(Err(BodyError::Trap)));
                }
                Poll::Pending => {}
            }
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none()
            && let Some(call) = self.call.take()
        {
            tokio::spawn(finish(call));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Guest)))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Lets a guest work on after its body is complete.
async fn finish(call: Call) {
    if let Err(trap) = call.await {
        tracing::error!("the guest failed after its response: {trap:?}");
    }
}

/// Why a body breaks off. The connection is aborted, so that no client takes the response for complete.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("the guest failed")]
    Trap,
    #[error(transparent)]
    Guest(wasmtime_wasi_http::Error),
}
