//! One request, from its head to the end of its response's body: its ids, and what is told of it when it is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body::Body as _;
use opentelemetry::trace::SpanContext;

use super::metrics::{METRICS, Up};
use super::{Observed, Peer, RouteMetrics, otlp, request_id, trace_context};

/// More of a path is not logged: a client chooses its length.
const MAX_LOGGED_PATH: usize = 1024;

/// A request in progress. Whatever becomes of it, it is told of when this is dropped.
pub(crate) struct Exchange {
    started: Instant,
    method: Method,
    uri: Uri,
    peer: Peer,
    request_id: HeaderValue,
    context: SpanContext,
    recorded: Option<otlp::Recorded>,
    route: Option<Arc<RouteMetrics>>,
    status: Option<StatusCode>,
    bytes: u64,
    complete: bool,
    _active: Up,
}

impl Exchange {
    /// Begins with the head of a request. Its guest will see the ids in the head.
    pub(crate) fn begin<B>(request: &mut Request<B>, peer: &Peer) -> Self {
        let started = Instant::now();
        let request_id = request_id::take_or_make(request.headers());
        let parent = trace_context::read(request.headers());
        let recorded = otlp::record(request, parent.as_ref(), peer);
        let context = match &recorded {
            Some(recorded) => recorded.context(),
            None => trace_context::child(parent.as_ref()),
        };
        trace_context::write(request.headers_mut(), &context);
        request.headers_mut().insert(request_id::X_REQUEST_ID, request_id.clone());
        Self {
            started,
            method: request.method().clone(),
            uri: request.uri().clone(),
            peer: peer.clone(),
            request_id,
            context,
            recorded,
            route: None,
            status: None,
            bytes: 0,
            complete: false,
            _active: Up::new(&METRICS.active),
        }
    }

    /// What the lines about this request say of it.
    pub(crate) fn id(&self) -> &HeaderValue {
        &self.request_id
    }

    /// Goes on with the body of the response.
    pub(crate) fn respond(mut self, mut response: Response<Body>) -> Response<Observed> {
        self.status = Some(response.status());
        self.route = response.extensions_mut().remove();
        response.headers_mut().insert(request_id::X_REQUEST_ID, self.request_id.clone());
        let without_body = self.method == Method::HEAD || has_no_body(response.status());
        let length = if without_body { Some(0) } else { content_length(&response) };
        response.map(|body| Observed::new(body, length, self))
    }

    /// Notes bytes of the body.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// Bytes of the body until now.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Notes that the response has gone out as a whole.
    pub(super) fn complete(&mut self) {
        self.complete = true;
    }

    /// The id and the method are tokens, which need no quotes; the path is escaped.
    fn log_access(&self, duration: Duration) {
        let path = self.uri.path();
        tracing::info!(
            target: "access",
            parent: None,
            method = %self.method,
            path = &path[..path.floor_char_boundary(MAX_LOGGED_PATH)],
            status = self.status.map(|status| status.as_u16()),
            bytes = self.bytes,
            duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            request_id = %request_id::text(&self.request_id),
            trace_id = %self.context.trace_id(),
            peer = %self.peer,
            cut_off = (!self.complete).then_some(true),
        );
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let duration = self.started.elapsed();
        if self.status.is_none() {
            self.status = self.peer.take_last_word(&self.request_id);
            self.complete |= self.status.is_some();
        }
        let route = self.route.as_deref().unwrap_or_else(|| RouteMetrics::none());
        route.observe(&self.method, self.status, duration);
        if !self.complete {
            METRICS.cut_off.inc();
        }
        self.log_access(duration);
        if let Some(recorded) = self.recorded.take() {
            recorded.end(&self.method, route.name(), self.status, self.complete);
        }
    }
}

/// What the response says of its body's length; after so many bytes nobody asks for more.
fn content_length(response: &Response<Body>) -> Option<u64> {
    match response.headers().get(CONTENT_LENGTH) {
        Some(length) => length.to_str().ok()?.parse().ok(),
        None => response.body().size_hint().exact(),
    }
}

/// RFC 9110 section 6.4.1.
fn has_no_body(status: StatusCode) -> bool {
    status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}
