//! How many of a thing there may be: what was asked for, else what the machine carries.

use std::num::NonZeroUsize;

use super::{Bounds, cores, machine};

/// Requests that one core can have in progress: most of them wait for something. More would only queue for the core.
const REQUESTS_PER_CORE: usize = 64;

/// What a request in progress is taken to cost, buffers and instance together, when requests share [`MEMORY_SHARE`] of
/// the memory.
const BYTES_PER_REQUEST: usize = 1 << 20;
const MEMORY_SHARE: usize = 4;

/// Requests that an instance answers by default, as in `wasmtime serve` and Spin: WASI 0.2 was made for an instance a
/// request, WASI 0.3 for many.
const REUSE_P2: usize = 1;
const REUSE_P3: usize = 128;

/// Instances that may wait for a request where each answers one: a few components can have one for each thread.
const IDLE_PER_CORE: usize = 8;

impl Bounds {
    /// How many requests may be in progress at once.
    pub fn concurrent_requests(&self) -> usize {
        self.max_concurrent_requests.map_or_else(
            || {
                let carried = machine::memory().map_or(usize::MAX, |memory| memory / MEMORY_SHARE / BYTES_PER_REQUEST);
                (cores() * REQUESTS_PER_CORE).min(carried).max(1)
            },
            NonZeroUsize::get,
        )
    }

    /// How many requests an instance answers; `many` is what WASI 0.3 does by default.
    pub(crate) fn instance_reuse(&self, many: bool) -> usize {
        self.max_instance_reuse_count.map_or(if many { REUSE_P3 } else { REUSE_P2 }, NonZeroUsize::get)
    }

    /// How many instances of all components may wait for a request; `many` as before.
    pub(crate) fn idle_instances(&self, many: bool) -> usize {
        let requests = self.concurrent_requests();
        if self.instance_reuse(many) > 1 { requests } else { requests.min(cores() * IDLE_PER_CORE) }
    }
}
