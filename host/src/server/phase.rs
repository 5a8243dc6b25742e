//! The phases of a connection, and how long each may last.
//!
//! | phase | begins with | bound |
//! |---|---|---|
//! | new | the connection | `--first-byte-timeout` |
//! | idle | the end of a response | `--keep-alive-timeout` |
//! | headers | the first byte of a request | `--header-timeout` |
//! | busy | the end of the headers | none here: requests have bounds of their own |
//!
//! In each of them, bytes that the client does not take count against `--body-timeout`; and an HTTP/2 client is to take
//! `--min-body-rate` of its responses together, while it is its turn with any of them. An HTTP/2 client has
//! `--header-timeout` for its first request; later ones come in frames, and are not told from other frames here.

mod busy;
mod deadline;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(super) use self::busy::Busy;
pub(super) use self::deadline::Expired;
use super::patience::Patience;
use super::wire::{Fault, Next, Seen, Violation};
use crate::bounds::Bounds;

/// How long a client is silent once it has read what it was sent: at 20 kB a second an HTTP/2 client asks for more twice.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

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
    /// How long it may be its turn.
    patience: Patience,
    /// When the client last sent anything.
    heard: Instant,
    /// The connection is to end.
    ending: Option<Ending>,
    /// HTTP/2 clients send frames between requests: their bytes begin no headers.
    multiplexed: bool,
    /// Whether there is a response that the end of the connection ends.
    unframed: Unframed,
    /// HTTP/1.1 requests whose heads have come and that are not in progress yet.
    ahead: usize,
    /// Whether the request that is in progress has been answered with the head of a response.
    answered: bool,
    /// What is wrong with what comes after them.
    fault: Option<Fault>,
}

/// How a connection is to end.
#[derive(Clone, Copy)]
struct Ending {
    since: Instant,
    /// How long it may still be idle.
    linger: Duration,
    /// Whether it had been without a word for long enough to have taken all that it was sent.
    quiet: bool,
}

/// A response of HTTP/1.0 without a length: only the end of the connection ends it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unframed {
    No,
    /// It has not come to its end: neither must the connection.
    Begun,
    /// It has, and what is left of it is to be handed to the system.
    Ended,
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
    pub(super) fn new(bounds: &Bounds) -> Self {
        let now = Instant::now();
        let inner = Inner {
            busy: 0,
            idle_since: now,
            used: false,
            headers_since: None,
            blocked_since: None,
            offered: 0,
            patience: Patience::new(bounds),
            heard: now,
            ending: None,
            multiplexed: false,
            unframed: Unframed::No,
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
        inner.heard = Instant::now();
        inner.ahead += seen.heads;
        inner.fault = inner.fault.or(seen.fault);
        // RFC 9112 section 2.2: empty lines before a request are none of it.
        let begins = || bytes.iter().any(|byte| !b"\r\n".contains(byte));
        inner.multiplexed = seen.next == Next::Frame;
        inner.headers_since = match seen.next {
            Next::Head if inner.headers_since.is_some() || begins() => inner.headers_since.or(Some(inner.heard)),
            Next::Frame if !inner.used => inner.headers_since.or(Some(inner.heard)),
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

    /// Notes that a request's headers are complete. None when it comes after the end: an HTTP/2 client that was told to
    /// ask for no more, and had the time to read it, could go on for ever.
    pub(super) fn begin(&self) -> Option<Busy> {
        let mut inner = self.inner();
        let late = |ending: Ending| ending.since.elapsed() > ending.linger;
        if inner.multiplexed && inner.ending.is_some_and(late) {
            return None;
        }
        if let Some(ending) = &mut inner.ending {
            ending.quiet = false;
        }
        inner.busy += 1;
        inner.used = true;
        inner.ahead = inner.ahead.saturating_sub(1);
        inner.answered = false;
        Some(Busy::new(self.clone()))
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
        let mut inner = self.inner();
        let since = Instant::now();
        let quiet = match inner.ending {
            Some(ending) => ending.quiet,
            None => inner.busy == 0 && inner.idle_since.max(inner.heard).elapsed() > FAREWELL,
        };
        inner.ending = Some(Ending { since, linger, quiet });
    }

    /// Whether the connection has been told to end.
    pub(super) fn is_ending(&self) -> bool {
        self.inner().ending.is_some()
    }

    /// Whether the client speaks HTTP/2.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.inner().multiplexed
    }

    /// Whether the client had time to read all that it was sent before it was told of the end.
    pub(super) fn was_quiet(&self) -> bool {
        self.inner().ending.is_some_and(|ending| ending.quiet)
    }

    /// Notes that all has been handed to the system.
    pub(super) fn flushed(&self) {
        let mut inner = self.inner();
        if inner.unframed == Unframed::Ended {
            inner.unframed = Unframed::No;
        }
    }

    /// Whether a client could take the end of the connection for the end of a response that broke off.
    pub(super) fn is_broken(&self) -> bool {
        self.inner().unframed != Unframed::No
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
