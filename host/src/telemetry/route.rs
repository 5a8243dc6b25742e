//! The durations of one route's requests: a histogram for each method and status that there can be, found by index.
//!
//! The labels are bounded whatever a guest or a client sends: methods and status codes that are not registered are
//! `_OTHER`, and the route is the pattern of the manifest.

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus::Histogram;

use super::metrics::METRICS;

/// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>: the methods of RFC 9110 and PATCH.
const METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::CONNECT,
    Method::OPTIONS,
    Method::TRACE,
    Method::PATCH,
];
const OTHER: &str = "_OTHER";

/// Statuses of one method: 100 to 599, then any other, then none.
const OTHER_STATUS: usize = 500;
const NO_STATUS: usize = 501;

/// The histograms of one route.
pub(crate) struct RouteMetrics {
    route: String,
    /// By method, then by status: made when they are first used.
    methods: [OnceLock<Box<[OnceLock<Histogram>]>>; METHODS.len() + 1],
}

impl RouteMetrics {
    /// The metrics of the route that is written so.
    pub(crate) fn new(route: String) -> Arc<Self> {
        Arc::new(Self { route, methods: Default::default() })
    }

    /// The metrics of requests that no route took, or that ended before it was known which.
    pub(super) fn none() -> &'static Self {
        static NONE: LazyLock<Arc<RouteMetrics>> = LazyLock::new(|| RouteMetrics::new(String::new()));
        &NONE
    }

    /// The route as it is written; empty for none.
    pub(super) fn name(&self) -> &str {
        &self.route
    }

    /// Counts a request. Without a status there was no response.
    pub(super) fn observe(&self, method: &Method, status: Option<StatusCode>, duration: Duration) {
        let method = METHODS.iter().position(|known| known == method).unwrap_or(METHODS.len());
        let statuses = self.methods[method].get_or_init(|| (0..=NO_STATUS).map(|_| OnceLock::new()).collect());
        let histogram = statuses[slot(status)].get_or_init(|| self.histogram(method, status));
        histogram.observe(duration.as_secs_f64());
    }

    fn histogram(&self, method: usize, status: Option<StatusCode>) -> Histogram {
        let method = METHODS.get(method).map_or(OTHER, Method::as_str);
        let status = match status {
            Some(status) if slot(Some(status)) == OTHER_STATUS => OTHER,
            Some(ref status) => status.as_str(),
            None => "",
        };
        METRICS.durations.with_label_values(&[method, status, &self.route])
    }
}

fn slot(status: Option<StatusCode>) -> usize {
    match status {
        None => NO_STATUS,
        Some(status) if status.canonical_reason().is_none() => OTHER_STATUS,
        Some(status) => usize::from(status.as_u16() - 100).min(OTHER_STATUS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_registered_shares_one_series() {
        let route = RouteMetrics::new("/a".to_owned());
        for (method, status) in [("FROB", 999), ("GRAB", 299), ("GET", 200)] {
            let status = StatusCode::from_u16(status).ok();
            route.observe(&Method::from_bytes(method.as_bytes()).expect("a method"), status, Duration::ZERO);
        }
        let (text, _) = METRICS.render();
        let text = String::from_utf8(text).expect("text");
        for (method, status, count) in [(OTHER, OTHER, 2), ("GET", "200", 1)] {
            let labels =
                format!("http_request_method=\"{method}\",http_response_status_code=\"{status}\",http_route=\"/a\"");
            let line = format!("http_server_request_duration_seconds_count{{{labels}}} {count}\n");
            assert!(text.contains(&line), "{line} is not in {text}");
        }
    }
}
