//! What is to be done about what is wrong with a request, once those before it have been answered.

use super::{Inner, Phase};
use crate::server::wire::{Fault, Violation};

/// What a fault calls for, once the requests before it have been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Verdict {
    /// The faulty request is answered with the status of its violation.
    Refuse(Violation),
    /// Its response has begun: it must not look complete.
    Abort(Violation),
}

impl Phase {
    /// What is to be done about a fault. None while earlier requests are in progress, or their responses on the way.
    pub(in crate::server) fn verdict(&self) -> Option<Verdict> {
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
}

impl Inner {
    /// Notes an answer to the request in progress, and whether it comes too late.
    pub(super) fn answer(&mut self) -> bool {
        let faulty = self.ahead == 0 && self.fault.is_some_and(|fault| fault.in_body);
        self.answered = !faulty;
        faulty
    }
}
