//! Instances between requests: which are kept, and for how long.
//!
//! What a guest keeps in an instance (statics, heap) is seen by the next request that the instance answers. So an
//! instance is kept only when its call succeeded, left no resource open and never hit the memory bound.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::Store;
use wasmtime_wasi_http::handler::Proxy;

use super::State;

/// An instance with its store.
pub(super) struct Instance {
    pub(super) store: Store<State>,
    pub(super) proxy: Proxy,
    /// Requests that it has answered.
    pub(super) calls: usize,
}

/// The idle instances of one guest.
#[derive(Clone)]
pub(super) struct Instances(Arc<Inner>);

struct Inner {
    /// The last one in is the first one out: its memory is warm, and the others may go.
    idle: Mutex<Vec<(Instant, Instance)>>,
    max_calls: usize,
    max_idle: usize,
    idle_timeout: Duration,
}

impl Instances {
    pub(super) fn new(max_calls: usize, max_idle: usize, idle_timeout: Duration) -> Self {
        Self(Arc::new(Inner { idle: Mutex::new(Vec::new()), max_calls, max_idle, idle_timeout }))
    }

    /// An idle instance, if there is one.
    pub(super) fn take(&self) -> Option<Instance> {
        if self.0.max_calls == 1 {
            return None;
        }
        self.0.idle().pop().map(|(_, instance)| instance)
    }

    /// Takes back an instance whose call succeeded.
    pub(super) fn give_back(&self, mut instance: Instance) {
        instance.calls += 1;
        if instance.calls >= self.0.max_calls || !instance.store.data().is_clean() {
            return;
        }
        let mut idle = self.0.idle();
        if idle.len() < self.0.max_idle {
            idle.push((Instant::now(), instance));
            if idle.len() == 1 {
                tokio::spawn(sweep(self.0.clone()));
            }
        }
    }
}

impl Inner {
    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Instance)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops instances that were idle for too long, until none is left.
async fn sweep(instances: Arc<Inner>) {
    loop {
        tokio::time::sleep(instances.idle_timeout).await;
        let mut idle = instances.idle();
        let expired = idle.partition_point(|(since, _)| since.elapsed() >= instances.idle_timeout);
        let dropped: Vec<_> = idle.drain(..expired).collect();
        let empty = idle.is_empty();
        drop(idle);
        drop(dropped);
        if empty {
            return;
        }
    }
}
