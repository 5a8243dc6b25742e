//! A request in progress, and whose turn it is: the guest's, or the client's to take a part of the response.

use tokio::time::Instant;

use super::Phase;

/// A request in progress; dropped when its response has ended.
pub(in crate::server) struct Busy {
    phase: Phase,
    offered: bool,
}

impl Busy {
    pub(super) fn new(phase: Phase) -> Self {
        Self { phase, offered: false }
    }

    /// Notes that it is the client's turn to take a part of the response.
    pub(in crate::server) fn offer(&mut self) {
        let mut inner = self.phase.inner();
        if inner.offered == 0 {
            inner.taken = Instant::now();
        }
        inner.offered += 1;
        self.offered = true;
    }

    /// Notes that the client has taken what was offered, if anything was.
    pub(in crate::server) fn taken(&mut self) {
        if std::mem::take(&mut self.offered) {
            let mut inner = self.phase.inner();
            inner.offered -= 1;
            inner.taken = Instant::now();
        }
    }

    /// Notes that the response broke off, and that the end of the connection would be its end.
    pub(in crate::server) fn break_off(&self) {
        self.phase.inner().broken = true;
    }

    /// Notes that the head of the response is there; unless the request has turned out faulty, which is for
    /// [`Phase::verdict`] to answer.
    pub(in crate::server) async fn answered(&self) {
        if self.phase.inner().answer() {
            std::future::pending::<()>().await;
        }
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
