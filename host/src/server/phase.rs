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

use super::wire::{Fault, Seen, Violation};
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
    /// HTTP/1.1 requests whose heads have come and that are not in progress yet.
    ahead: usize,
    /// Whether the request that is in progress has been answered with the head of a response.
    answered: bool,
    /// What is wrong with what comes after them.
    fault: Option<Fault>,
}

/// What a fault calls for, once the requests before it have been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The faulty request is answered with the status of its violation.
    Refuse(Violation),
    /// Its response has begun: it must not look complete.
    Abort(Violation),
}

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    New,
    Idle,
    Headers,
    Blocked,
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
            ahead: 0,
            answered: false,
            fault: None,
        };
        Self(Arc::new(Mutex::new(inner)))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes bytes from the client, and what is in them.
    pub(super) fn received(&self, bytes: &[u8], seen: Seen) {
        let mut inner = self.inner();
        inner.ahead += seen.heads;
        inner.fault = inner.fault.or(seen.fault);
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
        inner.ahead = inner.ahead.saturating_sub(1);
        inner.answered = false;
        Busy(self.clone())
    }

    /// What is to be done about a fault. None while earlier requests are in progress, or their responses on the way.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let inner = self.inner();
        let Fault { violation, in_body } = inner.fault?;
        let flushed = inner.blocked_since.is_none();
        match (inner.ahead, inner.busy) {
            (0, 0) if !flushed => None,
            // The request was answered without its body: what would be said now is no answer to anything.
            (0, 0) if in_body => Some(Verdict::Abort(violation)),
            (0, 0) => Some(Verdict::Refuse(violation)),
            (0, _) if in_body && inner.answered => Some(Verdict::Abort(violation)),
            (0, _) if in_body && flushed => Some(Verdict::Refuse(violation)),
            _ => None,
        }
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
    /// Notes an answer to the request in progress, and whether it comes too late.
    fn answer(&mut self) -> bool {
        let faulty = self.ahead == 0 && self.fault.is_some_and(|fault| fault.in_body);
        self.answered = !faulty;
        faulty
    }

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

impl Busy {
    /// Notes that the head of the response is there; unless the request has turned out faulty, which is for
    /// [`Phase::verdict`] to answer.
    pub(super) async fn answered(&self) {
        if self.0.inner().answer() {
            std::future::pending::<()>().await;
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
