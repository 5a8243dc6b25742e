//! An idle instance, in a place of its own: those of all guests of an engine share its pool with those that answer requests.

use std::thread::{self, ThreadId};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::Instance;

/// An instance that answers no request.
pub(in crate::guest) struct Idle {
    pub(super) instance: Instance,
    pub(super) since: Instant,
    /// The thread that had it last, or for which it was made.
    pub(super) thread: ThreadId,
    /// Freed after all else.
    _place: OwnedSemaphorePermit,
}

impl Idle {
    pub(super) fn new(instance: Instance, Room { thread, place }: Room) -> Self {
        Self { instance, since: Instant::now(), thread, _place: place }
    }
}

/// Where an instance can be idle.
pub(in crate::guest) struct Room {
    thread: ThreadId,
    place: OwnedSemaphorePermit,
}

impl Room {
    /// For the thread that asks.
    pub(super) fn here(place: OwnedSemaphorePermit) -> Self {
        Self { thread: thread::current().id(), place }
    }
}
