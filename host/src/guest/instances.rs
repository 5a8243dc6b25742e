//! Instances between requests: which are kept, and for how long.
//!
//! What a guest keeps in an instance (statics, heap) is seen by the next request that the instance answers. So an
//! instance is kept only when its call succeeded, left no resource open and never hit the memory bound.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use wasmtime::Store;
use wasmtime_wasi_http::handler::Proxy;

use super::State;

/// Idle instances of all guests together: they share the pool with those that answer requests.
static IDLE: AtomicUsize = AtomicUsize::new(0);

/// An instance with its store.
pub(super) struct Instance {
    pub(super) store: Store<State>,
    pub(super) proxy: Proxy,
    /// Requests that it has answered.
    pub(super) calls: usize,
    /// The place of the request that it answers; freed after all else.
    pub(super) place: Option<OwnedSemaphorePermit>,
}

impl Instance {
    /// Whether bodies of its responses come from the guest alone, and so from nowhere once its call has ended. WASI 0.3
    /// can answer with the request's body, which still arrives then.
    pub(super) fn gives_body_itself(&self) -> bool {
        matches!(self.proxy, Proxy::P2(_))
    }
}

/// The idle instances of one guest.
#[derive(Clone)]
pub(super) struct Instances(Arc<Inner>);

struct Inner {
    kept: Mutex<Kept>,
    max_calls: usize,
    /// How many of [`IDLE`] there may be.
    max_idle: usize,
    idle_timeout: Duration,
}

#[derive(Default)]
struct Kept {
    /// The last one in is the first one out: its memory is warm, and the others may go.
    idle: Vec<Idle>,
    /// Whether a task looks for those that were idle for too long.
    swept: bool,
}

struct Idle {
    since: Instant,
    instance: Instance,
    _counted: Counted,
}

/// One of [`IDLE`].
struct Counted;

impl Counted {
    fn within(max: usize) -> Option<Self> {
        let more = |idle| (idle < max).then_some(idle + 1);
        // Made only when counted: dropping one counts down.
        IDLE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok().then(|| Self)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        IDLE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Instances {
    pub(super) fn new(max_calls: usize, max_idle: usize, idle_timeout: Duration) -> Self {
        Self(Arc::new(Inner { kept: Mutex::default(), max_calls, max_idle, idle_timeout }))
    }

    /// An idle instance, if there is one.
    pub(super) fn take(&self) -> Option<Instance> {
        if self.0.max_calls == 1 {
            return None;
        }
        self.0.kept().idle.pop().map(|idle| idle.instance)
    }

    /// Takes back an instance whose call succeeded.
    pub(super) fn give_back(&self, mut instance: Instance) {
        instance.calls += 1;
        if instance.calls >= self.0.max_calls || !instance.store.data_mut().renew() {
            return;
        }
        let Some(counted) = Counted::within(self.0.max_idle) else { return };
        let place = instance.place.take();
        let mut kept = self.0.kept();
        kept.idle.push(Idle { since: Instant::now(), instance, _counted: counted });
        if !kept.swept {
            // Without a runtime the process is at its end.
            let Ok(runtime) = Handle::try_current() else { return };
            runtime.spawn(sweep(self.0.clone()));
            kept.swept = true;
        }
        drop(kept);
        drop(place);
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops instances that were idle for too long, until none is left.
async fn sweep(instances: Arc<Inner>) {
    loop {
        tokio::time::sleep(instances.idle_timeout).await;
        let mut kept = instances.kept();
        let expired = kept.idle.partition_point(|idle| idle.since.elapsed() >= instances.idle_timeout);
        let dropped: Vec<_> = kept.idle.drain(..expired).collect();
        kept.swept = !kept.idle.is_empty();
        let ended = !kept.swept;
        drop(kept);
        drop(dropped);
        if ended {
            return;
        }
    }
}
