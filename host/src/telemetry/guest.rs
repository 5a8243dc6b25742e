//! What one component uses: its instances, their memory, the time for which it runs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use prometheus::{Counter, IntCounter, IntGauge, IntGaugeVec};

use super::metrics::{METRICS, Up};

/// The metrics of one component. Cheap to clone.
#[derive(Clone)]
pub(crate) struct GuestMetrics(Arc<Inner>);

struct Inner {
    live: IntGauge,
    created: IntCounter,
    reused: IntCounter,
    cpu: Counter,
    peak: Arc<AtomicU64>,
}

impl GuestMetrics {
    /// The metrics of the component of this name; one that is loaded again goes on with them.
    pub(crate) fn of(component: &str) -> Self {
        let label = &[component];
        Self(Arc::new(Inner {
            live: METRICS.instances.with_label_values(label),
            created: METRICS.instances_created.with_label_values(label),
            reused: METRICS.instances_reused.with_label_values(label),
            cpu: METRICS.cpu.with_label_values(label),
            peak: METRICS.peaks.of(component),
        }))
    }

    /// Counts a new instance.
    pub(crate) fn created(&self) -> Live {
        self.0.created.inc();
        Live { _up: Up::new(&self.0.live), peak: self.0.peak.clone() }
    }

    /// Counts a request that an instance answers which is not new.
    pub(crate) fn reused(&self) {
        self.0.reused.inc();
    }

    /// Runs a piece of a call. Wall time: the clock of a thread is a system call, this one is not.
    pub(crate) fn timed<T>(&self, run: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = run();
        self.0.cpu.inc_by(started.elapsed().as_secs_f64());
        result
    }
}

/// An instance, counted as live until this is dropped.
pub(crate) struct Live {
    _up: Up,
    peak: Arc<AtomicU64>,
}

impl Live {
    /// Notes how much memory the instance has now.
    pub(crate) fn has_memory(&self, bytes: usize) {
        self.peak.fetch_max(bytes as u64, Ordering::Relaxed);
    }
}

/// The most memory of one instance, for each component. A gauge cannot be raised atomically: it is set when it is shown.
pub(super) struct Peaks {
    gauges: IntGaugeVec,
    peaks: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
}

impl Peaks {
    pub(super) fn new(gauges: IntGaugeVec) -> Self {
        Self { gauges, peaks: Mutex::default() }
    }

    pub(super) fn show(&self) {
        for (component, peak) in self.lock().iter() {
            let bytes = i64::try_from(peak.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
            self.gauges.with_label_values(&[component]).set(bytes);
        }
    }

    fn of(&self, component: &str) -> Arc<AtomicU64> {
        self.lock().entry(component.to_owned()).or_default().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<AtomicU64>>> {
        self.peaks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
