//! The metrics of the process, as `/metrics` shows them. `docs/observability.md` has the table.
//!
//! They are global as the log is: an event is counted where it happens. What a request touches is resolved at start-up
//! or at the first use of its labels: counting is an atomic addition, without a lock and without an allocation.

mod labels;
mod register;

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::process_collector::ProcessCollector;
use prometheus::{
    CounterVec, Encoder, Gauge, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry, TextEncoder,
};

use self::labels::{FAILURES, GUEST, PHASES, REFUSALS};
use self::register::Register;
use super::guest::Peaks;

pub(crate) use self::labels::TimedOut;

/// All metrics.
pub(crate) static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// See `docs/observability.md`.
pub(crate) struct Metrics {
    registry: Registry,
    pub(super) durations: HistogramVec,
    pub(super) active: IntGauge,
    pub(super) cut_off: IntCounter,
    pub(crate) shed: IntCounter,
    timed_out: IntCounterVec,
    failed: IntCounterVec,
    pub(super) instances: IntGaugeVec,
    pub(super) instances_created: IntCounterVec,
    pub(super) instances_reused: IntCounterVec,
    pub(super) cpu: CounterVec,
    pub(super) peaks: Peaks,
    connections: IntGauge,
    connections_accepted: IntCounter,
    connections_timed_out: IntCounterVec,
    pub(super) refused: IntCounterVec,
    pub(crate) accept_errors: IntCounter,
    reloads: IntCounterVec,
    reload_time: Gauge,
    reload_success: IntGauge,
    pub(crate) guest_lines_dropped: IntCounter,
    pub(crate) lines_dropped: IntCounter,
}

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        let register = Register(&registry);
        register.add(ProcessCollector::for_self());
        register
            .gauges("catamaran_build_info", "Always 1; the labels say what runs.", &["version"])
            .with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1);
        let metrics = Self {
            durations: register.durations(),
            active: register.gauge("http_server_active_requests", "Requests whose response has not ended."),
            cut_off: register.counter(
                "catamaran_requests_cut_off_total",
                "Requests whose response did not end as a whole: the client left, or the guest failed or stalled.",
            ),
            shed: register.counter(
                "catamaran_requests_shed_total",
                "Requests answered with 503 because no place became free in time.",
            ),
            timed_out: register.counters(
                "catamaran_requests_timed_out_total",
                "Requests whose time was over: for their body, before the head of the response, without more of its \
                 body, without a client that takes it, or while the guest worked on after it.",
                &["stage"],
            ),
            failed: register.counters(
                "catamaran_guest_failures_total",
                "Calls into a guest that failed: the trap, or what it did instead of answering.",
                &["reason"],
            ),
            instances: register.gauges("catamaran_instances", "Instances that exist, idle ones included.", GUEST),
            instances_created: register.counters("catamaran_instances_created_total", "Instances made.", GUEST),
            instances_reused: register.counters(
                "catamaran_instances_reused_total",
                "Requests answered by an instance that had answered another one.",
                GUEST,
            ),
            cpu: register.sums(
                "catamaran_guest_cpu_seconds_total",
                "Time that guests ran: the wall time for which their calls were polled, host functions included.",
                GUEST,
            ),
            peaks: Peaks::new(register.gauges(
                "catamaran_guest_memory_peak_bytes",
                "The most that one instance has had, all its linear memories together.",
                GUEST,
            )),
            connections: register.gauge("catamaran_connections", "Connections that are open."),
            connections_accepted: register.counter("catamaran_connections_accepted_total", "Connections accepted."),
            connections_timed_out: register.counters(
                "catamaran_connections_timed_out_total",
                "Connections closed because a phase took too long.",
                &["phase"],
            ),
            refused: register.counters(
                "catamaran_requests_refused_total",
                "Heads that were no request, or took too long, answered before any route.",
                &["status"],
            ),
            accept_errors: register.counter(
                "catamaran_accept_errors_total",
                "Errors of accept, each with a pause behind it: mostly no file descriptor was left.",
            ),
            reloads: register.counters("catamaran_reloads_total", "Reloads of the application.", &["result"]),
            reload_time: register
                .gauge_f64("catamaran_last_reload_timestamp_seconds", "When the last reload ended; 0 before it."),
            reload_success: register.gauge(
                "catamaran_last_reload_successful",
                "Whether the application is the one that was last asked for: 0 after a reload that failed.",
            ),
            guest_lines_dropped: register
                .counter("catamaran_guest_log_lines_dropped_total", "Lines of guests that were left out or cut short."),
            lines_dropped: register.counter(
                "catamaran_log_lines_dropped_total",
                "Log lines of the host dropped because nobody read them in time.",
            ),
            registry,
        };
        metrics.show_zeros();
        metrics
    }

    /// A counter that is not there until its first event makes that event invisible to `increase()`.
    fn show_zeros(&self) {
        for stage in TimedOut::ALL {
            self.timed_out.with_label_values(&[stage.label()]);
        }
        for phase in PHASES {
            self.connections_timed_out.with_label_values(&[phase]);
        }
        for status in REFUSALS {
            self.refused.with_label_values(&[status]);
        }
        for reason in FAILURES {
            self.failed.with_label_values(&[reason]);
        }
        for result in ["ok", "failed"] {
            self.reloads.with_label_values(&[result]);
        }
        self.reload_success.set(1);
    }

    /// Counts a request whose time was over.
    pub(crate) fn timed_out(&self, stage: TimedOut) {
        self.timed_out.with_label_values(&[stage.label()]).inc();
    }

    /// Counts a call that failed. `reason` is one of few.
    pub(crate) fn failed(&self, reason: &'static str) {
        self.failed.with_label_values(&[reason]).inc();
    }

    /// Counts a connection, as open until what is returned is dropped.
    pub(crate) fn connection(&self) -> impl Send + 'static {
        self.connections_accepted.inc();
        Up::new(&self.connections)
    }

    /// Counts a connection that was closed for its slowness.
    pub(crate) fn connection_timed_out(&self, phase: &'static str) {
        self.connections_timed_out.with_label_values(&[phase]).inc();
    }

    /// Counts a reload.
    pub(crate) fn reloaded(&self, successfully: bool) {
        self.reloads.with_label_values(&[if successfully { "ok" } else { "failed" }]).inc();
        self.reload_success.set(successfully.into());
        self.reload_time.set(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
    }

    /// The metrics as Prometheus reads them, with the type of that text.
    pub(crate) fn render(&self) -> (Vec<u8>, &'static str) {
        self.peaks.show();
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!("metrics: {error}");
        }
        (text, prometheus::TEXT_FORMAT)
    }
}

/// A gauge that is one higher until this is dropped.
pub(super) struct Up(IntGauge);

impl Up {
    pub(super) fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.0.dec();
    }
}
