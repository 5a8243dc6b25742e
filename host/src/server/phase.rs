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
mod ending;
mod unframed;
mod verdict;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

pub(super) use self::busy::Busy;
pub(super) use self::deadline::Expired;
use self::ending::Ending;
pub(super) use self::ending::FAREWELL;
use self::unframed::Unframed;
pub(super) use self::verdict::Verdict;
use super::patience::Patience;
use super::wire::{Fault, Next, Seen};
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

    /// Since when there is no request in progress, if there is none.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let inner = self.inner();
        (inner.busy == 0).then_some(inner.idle_since)
    }

    /// Whether the client speaks HTTP/2.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.inner().multiplexed
    }
}
