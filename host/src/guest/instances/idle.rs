//! An idle instance, counted: those of all guests share the pool with those that answer requests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

use tokio::time::Instant;

use super::Instance;

/// Idle instances of all guests together, those of an engine without concurrency and those of one with it: each engine
/// has a pool of its own.
static IDLE: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// An instance that answers no request.
pub(in crate::guest) struct Idle {
    pub(super) instance: Instance,
    pub(super) since: Instant,
    /// The thread that had it last.
    pub(super) thread: ThreadId,
    _counted: Counted,
}

impl Idle {
    pub(super) fn new(instance: Instance, counted: Counted) -> Self {
        Self { instance, since: Instant::now(), thread: thread::current().id(), _counted: counted }
    }
}

/// One of [`IDLE`].
pub(super) struct Counted(&'static AtomicUsize);

impl Counted {
    pub(super) fn within(max: usize, concurrent: bool) -> Option<Self> {
        let count = &IDLE[usize::from(concurrent)];
        let more = |idle| (idle < max).then_some(idle + 1);
        // Made only when counted: dropping one counts down.
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok().then(|| Self(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
