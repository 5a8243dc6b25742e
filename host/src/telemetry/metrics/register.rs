//! How metrics are made: each is registered at once.

use prometheus::core::Collector;
use prometheus::{
    CounterVec, Gauge, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// Seconds. Those that OpenTelemetry's conventions ask for, with finer ones below: a small component answers in 50 µs.
const BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0];

/// Makes metrics and registers each. It fails only for a name or a label that is no valid one, or is taken: that is
/// written in [`super`], so the first look at `/metrics` in a test shows it.
pub(super) struct Register<'a>(pub(super) &'a Registry);

impl Register<'_> {
    pub(super) fn add(&self, collector: impl Collector + 'static) {
        self.0.register(Box::new(collector)).expect("a name of its own");
    }

    fn made<T: Collector + Clone + 'static>(&self, metric: prometheus::Result<T>) -> T {
        let metric = metric.expect("a valid name");
        self.add(metric.clone());
        metric
    }

    pub(super) fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.made(IntCounter::new(name, help))
    }

    pub(super) fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.made(IntCounterVec::new(Opts::new(name, help), labels))
    }

    pub(super) fn sums(&self, name: &str, help: &str, labels: &[&str]) -> CounterVec {
        self.made(CounterVec::new(Opts::new(name, help), labels))
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.made(IntGauge::new(name, help))
    }

    pub(super) fn gauge_f64(&self, name: &str, help: &str) -> Gauge {
        self.made(Gauge::new(name, help))
    }

    pub(super) fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        self.made(IntGaugeVec::new(Opts::new(name, help), labels))
    }

    /// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration>
    pub(super) fn durations(&self) -> HistogramVec {
        let options = HistogramOpts::new(
            "http_server_request_duration_seconds",
            "Time from the head of a request to the end of its response. Without a status: the client left first.",
        );
        let labels = &["http_request_method", "http_response_status_code", "http_route"];
        self.made(HistogramVec::new(options.buckets(BUCKETS.to_vec()), labels))
    }
}
