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

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

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
pub(super) struct Busy {
    phase: Phase,
    offered: bool,
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
        // RFC 9112 section 2.2: empty lines before a request are none of it.
        let begins = bytes.iter().any(|byte| !b"\r\n".contains(byte));
        if inner.busy == 0 && begins && !(inner.multiplexed && inner.used) {
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
        Busy { phase: self.clone(), offered: false }
    }

    /// From now on the connection may be idle no longer than `linger`.
    pub(super) fn end(&self, linger: Duration) {
        self.inner().ending = Some((Instant::now(), linger));
    }

    /// Whether the client speaks HTTP/2.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.inner().multiplexed
    }

    /// Whether a client could take the end of the connection for the end of a response that broke off.
    pub(super) fn is_broken(&self) -> bool {
        self.inner().broken
    }

    /// Ready when a phase has lasted too long. It is to be polled after whatever changes the phase; `sleep` wakes the
    /// task for it, sooner than needed rather than later.
    pub(super) fn poll_expired(
        &self,
        mut sleep: Pin<&mut Sleep>,
        bounds: &Bounds,
        context: &mut Context<'_>,
    ) -> Poll<Expired> {
        loop {
            let now = Instant::now();
            let (deadline, reason) = self.inner().deadline(now, bounds);
            if deadline <= now {
                return Poll::Ready(reason);
            }
            // Most deadlines only move away, request by request: then the timer is left alone until it fires.
            if deadline < sleep.deadline() || sleep.is_elapsed() {
                sleep.as_mut().reset(deadline);
            }
            ready!(sleep.as_mut().poll(context));
        }
    }
}

impl Inner {
    /// The earliest time at which something can have taken too long, should nothing happen until then.
    fn deadline(&self, now: Instant, bounds: &Bounds) -> (Instant, Expired) {
        let body_timeout = bounds.body_timeout.duration();
        let (header_timeout, keep_alive) = (bounds.header_timeout.duration(), bounds.keep_alive_timeout.duration());
        if let Some(since) = self.blocked_since {
            return (since + body_timeout, Expired::Blocked);
        }
        if self.busy > 0 && self.offered > 0 {
            return (self.taken + body_timeout, Expired::Blocked);
        }
        if self.busy > 0 {
            // HTTP/2 requests end in tasks of their own, without a word to this one. What begins from now on cannot
            // have lasted too long before this.
            let linger = self.ending.map_or(keep_alive, |(_, linger)| linger);
            return (now + header_timeout.min(keep_alive).min(body_timeout).min(linger), Expired::Idle);
        }
        let (since, bound, reason) = match self.headers_since {
            Some(since) if !self.multiplexed => return (since + header_timeout, Expired::Headers),
            Some(since) => (since, header_timeout, Expired::Idle),
            None if self.used => (self.idle_since, keep_alive, Expired::Idle),
            None => (self.idle_since, bounds.first_byte_timeout.duration(), Expired::New),
        };
        match self.ending {
            Some((from, linger)) => (since.max(from) + linger, reason),
            None => (since + bound, reason),
        }
    }
}

impl Busy {
    /// Notes that it is the client's turn to take a part of the response.
    pub(super) fn offer(&mut self) {
        let mut inner = self.phase.inner();
        if inner.offered == 0 {
            inner.taken = Instant::now();
        }
        inner.offered += 1;
        self.offered = true;
    }

    /// Notes that the client has taken what was offered, if anything was.
    pub(super) fn taken(&mut self) {
        if std::mem::take(&mut self.offered) {
            let mut inner = self.phase.inner();
            inner.offered -= 1;
            inner.taken = Instant::now();
        }
    }

    /// Notes that the response broke off, and that the end of the connection would be its end.
    pub(super) fn break_off(&self) {
        self.phase.inner().broken = true;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.taken();
        let mut inner = self.phase.inner();
        inner.busy -= 1;
        if inner.busy == 0 {
            inner.idle_since = Instant::now();
        }
    }
}
