//! When a phase has lasted too long.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep};

use super::{Inner, Phase};
use crate::bounds::Bounds;

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Expired {
    New,
    Idle,
    Headers,
    Blocked,
}

impl Expired {
    /// The phase's name in metrics.
    pub(in crate::server) fn label(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Idle => "idle",
            Self::Headers => "headers",
            Self::Blocked => "blocked",
        }
    }
}

impl Phase {
    /// Ready when a phase has lasted too long. It is to be polled after whatever changes the phase; `sleep` wakes the
    /// task for it, sooner than needed rather than later.
    pub(in crate::server) fn poll_expired(
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
        if let Some(deadline) = self.patience.deadline() {
            return (deadline, Expired::Blocked);
        }
        if self.busy > 0 {
            // HTTP/2 requests end in tasks of their own, without a word to this one. What begins from now on cannot
            // have lasted too long before this.
            let linger = self.ending.map_or(keep_alive, |ending| ending.linger);
            return (now + header_timeout.min(keep_alive).min(body_timeout).min(linger), Expired::Idle);
        }
        let (since, bound, reason) = match self.headers_since {
            // The time in which an earlier request was answered is not the client's.
            Some(since) if !self.multiplexed => return (since.max(self.idle_since) + header_timeout, Expired::Headers),
            Some(since) if !self.used => (since, header_timeout, Expired::Idle),
            _ if self.used => (self.idle_since, keep_alive, Expired::Idle),
            _ => (self.idle_since, bounds.first_byte_timeout.duration(), Expired::New),
        };
        match self.ending {
            Some(ending) => (since.max(ending.since) + ending.linger, reason),
            None => (since + bound, reason),
        }
    }
}
