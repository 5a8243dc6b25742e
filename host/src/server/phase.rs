//! The phases of a connection, and how long each may last.
//!
//! | phase | begins with | bound |
//! |---|---|---|
//! | new | the connection | `--first-byte-timeout` |
//! | idle | the end of a response | `--keep-alive-timeout` |
//! | headers | the first byte of a request | `--header-timeout` |
//! | busy | the end of the headers | none here: requests have bounds of their own |
//!
//! In each of them, bytes that the client does not take count against `--body-timeout`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::bounds::Bounds;

/// A connection's phase, shared by its socket, its service and the task that watches it.
#[derive(Clone)]
pub(super) struct Phase(Arc<Mutex<Inner>>);

struct Inner {
    /// Requests whose response has not ended.
    busy: usize,
    /// Since when there is no request in progress.
    idle_since: Instant,
    /// Whether there has been a request at all.
    used: bool,
    /// When the headers of the next request began.
    headers_since: Option<Instant>,
    /// Since when the client takes no bytes.
    blocked_since: Option<Instant>,
    /// HTTP/2 clients send frames between requests: their bytes begin no headers.
    multiplexed: bool,
}

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    New,
    Idle,
    Headers,
    Blocked,
}

impl Expired {
    /// The phase's name in metrics.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Idle => "idle",
            Self::Headers => "headers",
            Self::Blocked => "blocked",
        }
    }
}

/// A request in progress; dropped when its response has ended.
pub(super) struct Busy(Phase);

impl Phase {
    pub(super) fn new() -> Self {
        let inner = Inner {
            busy: 0,
            idle_since: Instant::now(),
            used: false,
            headers_since: None,
            blocked_since: None,
            multiplexed: false,
        };
        Self(Arc::new(Mutex::new(inner)))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes bytes from the client.
    pub(super) fn received(&self, bytes: &[u8]) {
        let mut inner = self.inner();
        if !inner.used && bytes.starts_with(b"PRI ") {
            inner.multiplexed = true;
        }
        if inner.busy == 0 && !bytes.is_empty() && !(inner.multiplexed && inner.used) {
            inner.headers_since.get_or_insert_with(Instant::now);
        }
    }

    /// Notes whether the client takes our bytes.
    pub(super) fn sent(&self, blocked: bool) {
        let mut inner = self.inner();
        if blocked {
            inner.blocked_since.get_or_insert_with(Instant::now);
        } else {
            inner.blocked_since = None;
        }
    }

    /// Notes that a request's headers are complete.
    pub(super) fn begin(&self) -> Busy {
        let mut inner = self.inner();
        inner.busy += 1;
        inner.used = true;
        inner.headers_since = None;
        Busy(self.clone())
    }

    /// Whether the connection waits for a request of which nothing has come yet.
    pub(super) fn is_idle(&self) -> bool {
        let inner = self.inner();
        inner.busy == 0 && inner.headers_since.is_none()
    }

    /// Whether no request has come yet.
    pub(super) fn is_new(&self) -> bool {
        !self.inner().used
    }

    /// Ends when a phase has lasted too long.
    pub(super) async fn expired(&self, bounds: &Bounds) -> Expired {
        loop {
            let (deadline, reason) = self.inner().deadline(bounds);
            if deadline <= Instant::now() {
                return reason;
            }
            sleep_until(deadline).await;
        }
    }
}

impl Inner {
    /// The earliest time at which something can have taken too long, should nothing happen until then.
    fn deadline(&self, bounds: &Bounds) -> (Instant, Expired) {
        let after = |since: Instant, bound: Duration, reason| (since + bound, reason);
        if let Some(since) = self.blocked_since {
            return after(since, bounds.body_timeout.duration(), Expired::Blocked);
        }
        if self.busy > 0 {
            // Whatever begins after now cannot end before this.
            let shortest = bounds.header_timeout.duration().min(bounds.keep_alive_timeout.duration());
            let shortest = shortest.min(bounds.body_timeout.duration());
            return after(Instant::now(), shortest, Expired::Idle);
        }
        match self.headers_since {
            Some(since) => after(since, bounds.header_timeout.duration(), Expired::Headers),
            None if self.used => after(self.idle_since, bounds.keep_alive_timeout.duration(), Expired::Idle),
            None => after(self.idle_since, bounds.first_byte_timeout.duration(), Expired::New),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut inner = self.0.inner();
        inner.busy -= 1;
        if inner.busy == 0 {
            inner.idle_since = Instant::now();
        }
    }
}
