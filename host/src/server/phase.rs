//! The phases of a connection, and how long each may last.
//!
//! | phase | begins with | bound |
//! |---|---|---|
//! | new | the connection | `--first-byte-timeout` |
//! | idle | the end of a response | `--keep-alive-timeout` |
//! | headers | the first byte of a request | `--header-timeout` |
//! | busy | the end of the headers | none here: requests have bounds of their own |
//!
//! In each of them, bytes that the client does not take count against `--body-timeout`. An HTTP/2 client has
//! `--header-timeout` for its first request; later ones come in frames, and are not told from other frames here.

mod busy;
mod deadline;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(super) use self::busy::Busy;
pub(super) use self::deadline::Expired;
use super::wire::{Fault, Next, Seen, Violation};

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
    /// Responses of which it is the client's turn to take a part.
    offered: usize,
    /// When the client last took a part of any of them.
    taken: Instant,
    /// The connection is to end: from when on, and how long it may still be idle.
    ending: Option<(Instant, Duration)>,
    /// HTTP/2 clients send frames between requests: their bytes begin no headers.
    multiplexed: bool,
    /// Whether a response broke off that only the end of the connection ends.
    broken: bool,
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

impl Phase {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let inner = Inner {
            busy: 0,
            idle_since: now,
            used: false,
            headers_since: None,
            blocked_since: None,
            offered: 0,
            taken: now,
            ending: None,
            multiplexed: false,
            broken: false,
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
        // RFC 9112 section 2.2: empty lines before a request are none of it.
        let begins = || bytes.iter().any(|byte| !b"\r\n".contains(byte));
        inner.multiplexed = seen.next == Next::Frame;
        inner.headers_since = match seen.next {
            Next::Head if inner.headers_since.is_some() || begins() => {
                inner.headers_since.or_else(|| Some(Instant::now()))
            }
            Next::Frame if !inner.used => inner.headers_since.or_else(|| Some(Instant::now())),
            _ => None,
        };
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
        inner.ahead = inner.ahead.saturating_sub(1);
        inner.answered = false;
        Busy::new(self.clone())
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

    /// Since when there is no request in progress, if there is none.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let inner = self.inner();
        (inner.busy == 0).then_some(inner.idle_since)
    }

    /// From now on the connection may be idle no longer than `linger`.
    pub(super) fn end(&self, linger: Duration) {
        self.inner().ending = Some((Instant::now(), linger));
    }

    /// Whether the connection has been told to end.
    pub(super) fn is_ending(&self) -> bool {
        self.inner().ending.is_some()
    }

    /// Whether the client speaks HTTP/2.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.inner().multiplexed
    }

    /// Whether a client could take the end of the connection for the end of a response that broke off.
    pub(super) fn is_broken(&self) -> bool {
        self.inner().broken
    }
}

impl Inner {
    /// Notes an answer to the request in progress, and whether it comes too late.
    fn answer(&mut self) -> bool {
        let faulty = self.ahead == 0 && self.fault.is_some_and(|fault| fault.in_body);
        self.answered = !faulty;
        faulty
    }
}
