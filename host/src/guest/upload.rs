//! The body of a request on its way to the guest: when the client breaks it off, what becomes of the call is not the
//! guest's failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, HttpBody};
use http::Request;
use http_body_util::BodyExt;

use super::CallError;

/// Whether the body broke off. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Upload(Option<Arc<AtomicBool>>);

impl Upload {
    /// The same request, watched.
    pub(super) fn of(request: Request<Body>) -> (Request<Body>, Self) {
        if request.body().is_end_stream() {
            return (request, Self::default());
        }
        let broken = Arc::new(AtomicBool::new(false));
        let upload = Self(Some(broken.clone()));
        let watched = |body: Body| body.map_err(move |error| (broken.store(true, Ordering::Relaxed), error).1);
        (request.map(|body| Body::new(watched(body))), upload)
    }

    /// The error, with the client to blame for it where it is.
    pub(super) fn blame(&self, error: CallError) -> CallError {
        match &self.0 {
            Some(broken) if broken.load(Ordering::Relaxed) => CallError::Client(Box::new(error)),
            _ => error,
        }
    }
}
