//! The bounds of a request's body: its size, and how long its client may be waited for. It is streamed, never held whole.

use std::sync::{Arc, OnceLock};

use axum::BoxError;
use axum::body::{Body, HttpBody};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::awaited::{Awaited, TooSlow};
use super::trailers::{Checked, WrongTrailers};
use crate::bounds::Bounds;
use crate::telemetry::{METRICS, TimedOut};

/// What a body had too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    Size,
    Time,
    Trailers,
}

impl Excess {
    fn in_error(error: &BoxError) -> Option<Self> {
        if error.is::<LengthLimitError>() {
            return Some(Self::Size);
        }
        if error.is::<WrongTrailers>() {
            return Some(Self::Trailers);
        }
        error.is::<TooSlow>().then_some(Self::Time)
    }
}

/// Whether a body turned out to exceed one of its bounds.
#[derive(Clone, Default)]
pub(super) struct Watched(Option<Arc<OnceLock<Excess>>>);

impl Watched {
    pub(super) fn seen(&self) -> Option<Excess> {
        self.0.as_ref()?.get().copied()
    }
}

/// Whether the length that the client announced is already too much.
pub(super) fn is_too_long(body: &Body, bounds: &Bounds) -> bool {
    body.size_hint().lower() > bounds.max_body.bytes() as u64
}

/// The same body, within its bounds.
pub(super) fn bounded(body: Body, bounds: &Bounds) -> (Body, Watched) {
    if body.is_end_stream() {
        return (body, Watched::default());
    }
    let excess = Arc::new(OnceLock::new());
    let watched = Watched(Some(excess.clone()));
    let body = Checked { body, max_fields: bounds.max_header_count.get() };
    let body = Limited::new(body, bounds.max_body.bytes());
    let body = Awaited::new(body, bounds).map_err(move |error| {
        if let Some(seen) = Excess::in_error(&error) {
            excess.get_or_init(|| seen);
        }
        if error.is::<TooSlow>() {
            METRICS.timed_out(TimedOut::RequestBody);
        }
        error
    });
    (Body::new(body), watched)
}
