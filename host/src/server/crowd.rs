//! The connections that are open: when there are as many as there may be, idle ones give way to those that wait.
//!
//! Without it, whoever opens them all and asks now and then would lock out everybody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::phase::Phase;

/// One of so many idle connections gives way at once: who waits is not served one by one.
const SHARE: usize = 10;

/// The open connections. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Crowd(Arc<Mutex<Members>>);

#[derive(Default)]
struct Members {
    next: u64,
    open: HashMap<u64, (Phase, CancellationToken)>,
}

/// A connection that is in the crowd for as long as this exists.
pub(super) struct Member {
    crowd: Crowd,
    key: u64,
}

impl Crowd {
    /// Takes in a connection, which `closing` asks to end.
    pub(super) fn join(&self, phase: Phase, closing: CancellationToken) -> Member {
        let mut members = self.members();
        let key = members.next;
        members.next += 1;
        members.open.insert(key, (phase, closing));
        drop(members);
        Member { crowd: self.clone(), key }
    }

    /// Asks the connections that have been without a request for longest to end, as at the end of the server: what they
    /// have sent by then is still answered.
    pub(super) fn make_room(&self) {
        let members = self.members();
        let waiting = members.open.values().filter(|(_, closing)| !closing.is_cancelled());
        let mut idle: Vec<_> =
            waiting.filter_map(|(phase, closing)| phase.idle_since().map(|since| (since, closing))).collect();
        idle.sort_unstable_by_key(|(since, _)| *since);
        for (_, closing) in &idle[..idle.len().div_ceil(SHARE)] {
            closing.cancel();
        }
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.crowd.members().open.remove(&self.key);
    }
}
