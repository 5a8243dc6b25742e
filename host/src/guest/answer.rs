//! From a running call to a response: its head, or the reason why there is none.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use http::header::CONTENT_LENGTH;
use http::{Response, StatusCode};
use tokio::sync::oneshot;
use tokio::task::unconstrained;
use tokio::time::timeout;
use wasmtime_wasi_http::WasiBody;

use super::body::{Source, Streaming, content_length};
use super::instances::Instance;
use super::upload::Upload;
use super::{CallError, Inner, afterwards, turn, whole};
use crate::telemetry::GuestMetrics;

/// A call that has not ended: instantiation, the guest's code, and whatever it does after its response. When it ends
/// well it leaves its instance, which must live until the body of the response has ended: a body whose instance is gone
/// looks complete.
pub(super) struct Call {
    call: Pin<Box<dyn Future<Output = Result<Instance, CallError>> + Send>>,
    metrics: GuestMetrics,
}

impl Call {
    pub(super) fn new(
        metrics: GuestMetrics,
        call: impl Future<Output = Result<Instance, CallError>> + Send + 'static,
    ) -> Self {
        Self { call: Box::pin(call), metrics }
    }
}

impl Future for Call {
    type Output = Result<Instance, CallError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { call, metrics } = &mut *self;
        let result = metrics.timed(|| call.as_mut().poll(context));
        turn::end();
        result
    }
}

/// Waits for the head of the response, for as long as the request's deadline allows. `head_only`: the request asks for
/// no body.
pub(super) async fn answer(
    mut call: Call,
    mut response: oneshot::Receiver<Result<Response<WasiBody>, CallError>>,
    head_only: bool,
    guest: &Arc<Inner>,
    upload: &Upload,
) -> Result<Response<Body>, CallError> {
    let head = poll_fn(|context| {
        let ended = match Pin::new(&mut call).poll(context) {
            Poll::Ready(Ok(instance)) => Some(instance),
            // Nothing has been sent yet: even if a head is there, the client is better served with an honest 500.
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => None,
        };
        // Without the runtime's budget: with it used up, a response that is there would not be.
        let head = pin!(unconstrained(&mut response)).poll(context);
        match head {
            Poll::Ready(Ok(response)) => Poll::Ready(response.map(|response| (response, ended))),
            Poll::Ready(Err(_)) => Poll::Ready(Err(CallError::NoResponse)),
            Poll::Pending if ended.is_some() => Poll::Ready(Err(CallError::NoResponse)),
            Poll::Pending => Poll::Pending,
        }
    });
    let deadline = guest.bounds.request_timeout;
    let (response, ended) =
        timeout(deadline.duration(), head).await.map_err(|_| CallError::Deadline(deadline.to_string()))??;
    let (mut parts, mut body) = response.into_parts();
    if parts.status.is_informational() {
        return Err(CallError::Interim(parts.status));
    }
    // RFC 9110 sections 8.6 and 15.3.6: no length without content, no content where a form is to be reset.
    if matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT) {
        parts.headers.remove(CONTENT_LENGTH);
    }
    let without_content =
        matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED);
    let streaming = |frames, body, source| Streaming::new(&parts.headers, frames, body, source, guest, upload);
    let body = match ended {
        None if head_only || without_content => {
            streaming(VecDeque::new(), body, Source::Running(call)).in_background();
            Body::empty()
        }
        None => Body::new(streaming(VecDeque::new(), body, Source::Running(call))),
        Some(instance) => {
            let rest = poll_fn(|context| Poll::Ready(whole::take(&mut body, context))).await?;
            if rest.complete {
                let left_out = head_only || without_content;
                if !left_out
                    && content_length(&parts.headers).is_some_and(|length| length != whole::bytes(&rest.frames))
                {
                    return Err(CallError::Length);
                }
                afterwards::leave(guest, instance);
                if without_content { Body::empty() } else { whole::body(rest.frames) }
            } else if instance.gives_body_itself() {
                return Err(CallError::Unfinished);
            } else {
                Body::new(streaming(rest.frames, body, Source::Ended(Box::new(instance))))
            }
        }
    };
    Ok(Response::from_parts(parts, body))
}
