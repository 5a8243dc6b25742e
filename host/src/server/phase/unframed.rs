//! Responses of HTTP/1.0 without a length, whose end is that of the connection.

use super::{Busy, Phase};

/// Whether there is such a response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unframed {
    No,
    /// It has not come to its end: neither must the connection.
    Begun,
    /// It has, and what is left of it is to be handed to the system.
    Ended,
}

impl Busy {
    /// Notes that only the end of the connection will be the end of the response.
    pub(in crate::server) fn needs_the_end(&self) {
        self.phase.inner().unframed = Unframed::Begun;
    }

    /// Notes that the response has come to its end.
    pub(in crate::server) fn has_its_end(&self) {
        let mut inner = self.phase.inner();
        if inner.unframed == Unframed::Begun {
            inner.unframed = Unframed::Ended;
        }
    }
}

impl Phase {
    /// Notes that all has been handed to the system.
    pub(in crate::server) fn flushed(&self) {
        let mut inner = self.inner();
        if inner.unframed == Unframed::Ended {
            inner.unframed = Unframed::No;
        }
    }

    /// Whether a client could take the end of the connection for the end of a response that broke off.
    pub(in crate::server) fn is_broken(&self) -> bool {
        self.inner().unframed != Unframed::No
    }
}
