//! A connection that is to end.

use std::time::Duration;

use tokio::time::Instant;

use super::Phase;

/// How long a client is silent once it has read what it was sent: at 20 kB a second an HTTP/2 client asks for more twice.
pub(in crate::server) const FAREWELL: Duration = Duration::from_secs(2);

/// How a connection is to end.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    pub(super) since: Instant,
    /// How long it may still be idle.
    pub(super) linger: Duration,
    /// Whether it had been without a word for long enough to have taken all that it was sent.
    pub(super) quiet: bool,
}

impl Phase {
    /// From now on the connection may be idle no longer than `linger`.
    pub(in crate::server) fn end(&self, linger: Duration) {
        let mut inner = self.inner();
        let since = Instant::now();
        let quiet = match inner.ending {
            Some(ending) => ending.quiet,
            None => inner.busy == 0 && inner.idle_since.max(inner.heard).elapsed() > FAREWELL,
        };
        inner.ending = Some(Ending { since, linger, quiet });
    }

    /// Whether the connection has been told to end.
    pub(in crate::server) fn is_ending(&self) -> bool {
        self.inner().ending.is_some()
    }

    /// Whether the client had time to read all that it was sent before it was told of the end.
    pub(in crate::server) fn was_quiet(&self) -> bool {
        self.inner().ending.is_some_and(|ending| ending.quiet)
    }
}
