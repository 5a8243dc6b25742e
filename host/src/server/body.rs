//! The bounds of a request's body: its size, and how long it may make no progress. It is streamed, never held whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, HttpBody};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tower_http::timeout::TimeoutBody;

use crate::bounds::Bounds;

/// Whether a body turned out larger than it may be.
#[derive(Clone, Default)]
pub(super) struct Overrun(Option<Arc<AtomicBool>>);

impl Overrun {
    pub(super) fn happened(&self) -> bool {
        self.0.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Whether the length that the client announced is already too much.
pub(super) fn is_too_long(body: &Body, bounds: &Bounds) -> bool {
    body.size_hint().lower() > bounds.max_body.bytes() as u64
}

/// The same body, within its bounds.
pub(super) fn bounded(body: Body, bounds: &Bounds) -> (Body, Overrun) {
    if body.is_end_stream() {
        return (body, Overrun::default());
    }
    let flag = Arc::new(AtomicBool::new(false));
    let overrun = Overrun(Some(flag.clone()));
    let body = Limited::new(body, bounds.max_body.bytes()).map_err(move |error| {
        if error.is::<LengthLimitError>() {
            flag.store(true, Ordering::Relaxed);
        }
        error
    });
    (Body::new(TimeoutBody::new(bounds.body_timeout.duration(), body)), overrun)
}
