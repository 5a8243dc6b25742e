//! A request in progress, and whose turn it is: the guest's, or the client's to take a part of the response.

use tokio::time::Instant;

use super::Phase;

/// A request in progress; dropped when its response has ended.
pub(in crate::server) struct Busy {
    pub(super) phase: Phase,
    /// The bytes of the part that it is the client's turn to take.
    offered: Option<usize>,
}

impl Busy {
    pub(super) fn new(phase: Phase) -> Self {
        Self { phase, offered: None }
    }

    /// Notes that it is the client's turn to take a part of the response, of so many bytes.
    pub(in crate::server) fn offer(&mut self, bytes: usize) {
        let mut inner = self.phase.inner();
        inner.offered += 1;
        inner.patience.wait();
        self.offered = Some(bytes);
    }

    /// Notes that the client has taken what was offered, if anything was.
    pub(in crate::server) fn taken(&mut self) {
        if let Some(bytes) = self.offered.take() {
            let mut inner = self.phase.inner();
            inner.offered -= 1;
            inner.patience.moved(bytes);
            if inner.offered > 0 {
                inner.patience.wait();
            }
        }
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
