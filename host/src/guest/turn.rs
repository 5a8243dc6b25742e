//! Turns: how guests that compute for long share the cores, so that those that do not never wait for them.
//!
//! A guest runs freely until the first tick of the epoch. From then on it needs a turn for each further tick, and there
//! is a turn for each core, while the runtime has one thread more than there are cores: that thread is always free for
//! connections, timers and guests that answer at once. Turns are given in the order in which they were asked for.

use std::cell::Cell;
use std::sync::LazyLock;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::bounds::cores;

static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(cores()));

thread_local! {
    /// The turn of the guest that this thread runs; it is held while the call is polled, and no longer.
    static CURRENT: Cell<Option<SemaphorePermit<'static>>> = const { Cell::new(None) };
}

/// Threads of the runtime, so that guests can have all the cores and yet delay nobody.
pub fn threads() -> usize {
    cores() + 1
}

/// Lets others run, then waits for a turn.
pub(super) async fn next() {
    tokio::task::yield_now().await;
    if let Ok(turn) = TURNS.acquire().await {
        CURRENT.set(Some(turn));
    }
}

/// Ends the turn of this thread, if it has one.
pub(super) fn end() {
    drop(CURRENT.take());
}
