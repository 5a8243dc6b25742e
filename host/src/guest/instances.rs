//! Instances between requests: which are kept, and for how long.
//!
//! What a guest keeps in an instance (statics, heap) is seen by the next request that the instance answers. So an
//! instance is kept only when its call succeeded, left no resource open and never hit the memory bound; or when it is new.

mod idle;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::Store;
use wasmtime_wasi_http::handler::Proxy;

use super::State;
use super::state::TICKS_BETWEEN_YIELDS;
pub(super) use idle::{Idle, Room};

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
    /// The same, for a request that has this place.
    pub(super) fn answering(mut self, place: OwnedSemaphorePermit) -> Self {
        self.store.set_epoch_deadline(TICKS_BETWEEN_YIELDS);
        self.place = Some(place);
        self
    }

    /// Whether bodies of its responses come from the guest alone, and so from nowhere once its call has ended. WASI 0.3
    /// can answer with the request's body, which still arrives then.
    pub(super) fn gives_body_itself(&self) -> bool {
        matches!(self.proxy, Proxy::P2(_))
    }
}

/// The idle instances of one guest.
pub(super) struct Instances(Arc<Inner>);

struct Inner {
    kept: Mutex<Kept>,
    max_calls: usize,
    /// What the engine's pool has for idle instances, those of all its guests together.
    places: Arc<Semaphore>,
    idle_timeout: Duration,
}

#[derive(Default)]
struct Kept {
    /// By age.
    idle: Vec<Idle>,
    /// Whether a task looks for those that were idle for too long.
    swept: bool,
}

impl Instances {
    pub(super) fn new(max_calls: usize, places: Arc<Semaphore>, idle_timeout: Duration) -> Self {
        Self(Arc::new(Inner { kept: Mutex::default(), max_calls, places, idle_timeout }))
    }

    /// An idle instance, if there is one: the last that this thread had, since its memory is in the cache of this core;
    /// else the last of any.
    pub(super) fn take(&self) -> Option<Instance> {
        let here = thread::current().id();
        let idle = &mut self.0.kept().idle;
        let at = idle.iter().rposition(|idle| idle.thread == here).or(idle.len().checked_sub(1))?;
        Some(idle.remove(at).instance)
    }

    /// Takes back the instance of a call that succeeded. When it may answer no further request it is returned, and no longer
    /// counts as in progress.
    pub(super) fn give_back(&self, mut instance: Instance) -> Option<Idle> {
        let room = Room::here(self.0.places.clone().try_acquire_owned().ok()?);
        drop(instance.place.take());
        instance.calls += 1;
        if instance.calls >= self.0.max_calls || !instance.store.data_mut().renew() {
            return Some(Idle::new(instance, room));
        }
        self.stock(instance, room);
        None
    }

    /// Room for an instance of this thread, if it has none, and if there is any.
    pub(super) fn room(&self) -> Option<Room> {
        let here = thread::current().id();
        if self.0.kept().idle.iter().any(|idle| idle.thread == here) {
            return None;
        }
        self.0.places.clone().try_acquire_owned().ok().map(Room::here)
    }

    /// Keeps an instance for a request that comes.
    pub(super) fn stock(&self, instance: Instance, room: Room) {
        let mut kept = self.0.kept();
        kept.idle.push(Idle::new(instance, room));
        if !kept.swept {
            // Without a runtime the process is at its end.
            let Ok(runtime) = Handle::try_current() else { return };
            runtime.spawn(sweep(Arc::downgrade(&self.0), self.0.idle_timeout));
            kept.swept = true;
        }
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops instances that were idle for too long, until none is left. With their guest they go at once.
async fn sweep(instances: Weak<Inner>, idle_timeout: Duration) {
    loop {
        tokio::time::sleep(idle_timeout).await;
        let Some(instances) = instances.upgrade() else { return };
        let mut kept = instances.kept();
        let expired = kept.idle.partition_point(|idle| idle.since.elapsed() >= idle_timeout);
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
