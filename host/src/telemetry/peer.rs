//! The client of a connection, and the last word that it is told.
//!
//! A request whose body turns out to be wrong has begun, and is told of as any other; what was no request at all has a
//! line and a count of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use http::StatusCode;

use super::metrics::METRICS;

/// The other end of a connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Peer {
    address: SocketAddr,
    /// The scheme of what it asks for.
    pub(super) scheme: &'static str,
    /// The status that the connection ends with; 0 for none.
    last_word: Arc<AtomicU16>,
}

impl Peer {
    pub(crate) fn new(address: SocketAddr, scheme: &'static str) -> Self {
        Self { address, scheme, last_word: Arc::default() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Notes the status that the connection ends with, before its requests are dropped.
    pub(crate) fn refused(&self, status: StatusCode) {
        self.last_word.store(status.as_u16(), Ordering::Relaxed);
    }

    /// That status, for the first who asks.
    pub(super) fn take_last_word(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.last_word.swap(0, Ordering::Relaxed)).ok()
    }

    /// Tells of a refusal that no request has told of.
    pub(crate) fn tell(&self, reason: &str) {
        let Some(status) = self.take_last_word() else { return };
        METRICS.refused.with_label_values(&[status.as_str()]).inc();
        tracing::info!(target: "access", parent: None, status = status.as_u16(), peer = %self.address, "refused: {reason}");
    }
}
