//! The client of a connection, and the last word that it is told.
//!
//! A request whose body turns out to be wrong has begun, and is told of as any other; what was no request at all has a
//! line and a count of its own.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderValue, StatusCode};

use super::metrics::METRICS;
use super::request_id;

/// The other end of a connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Peer(Arc<Client>);

struct Client {
    address: SocketAddr,
    /// The address, as each access line has it.
    text: String,
    scheme: &'static str,
    last_word: Mutex<LastWord>,
}

#[derive(Default)]
struct LastWord {
    /// The status that the connection ends with, until somebody has told of it.
    status: Option<StatusCode>,
    /// The id of the request that did.
    request_id: Option<HeaderValue>,
}

impl Peer {
    pub(crate) fn new(address: SocketAddr, scheme: &'static str) -> Self {
        Self(Arc::new(Client { address, text: address.to_string(), scheme, last_word: Mutex::default() }))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The scheme of what it asks for.
    pub(super) fn scheme(&self) -> &'static str {
        self.0.scheme
    }

    /// Notes the status that the connection ends with, before its requests are dropped.
    pub(crate) fn refused(&self, status: StatusCode) {
        self.last_word().status = Some(status);
    }

    /// That status, for the first request that asks.
    pub(super) fn take_last_word(&self, request_id: &HeaderValue) -> Option<StatusCode> {
        let mut last_word = self.last_word();
        let status = last_word.status.take()?;
        last_word.request_id = Some(request_id.clone());
        Some(status)
    }

    /// Tells of a refusal, unless a request has; returns the id that the client is to be told.
    pub(crate) fn tell(&self, reason: &str) -> HeaderValue {
        let mut last_word = self.last_word();
        let id = last_word.request_id.take().unwrap_or_else(request_id::make);
        if let Some(status) = last_word.status.take() {
            METRICS.refused.with_label_values(&[status.as_str()]).inc();
            tracing::info!(
                target: "access",
                parent: None,
                status = status.as_u16(),
                request_id = %request_id::text(&id),
                peer = %self,
                "refused: {reason}",
            );
        }
        id
    }

    fn last_word(&self) -> MutexGuard<'_, LastWord> {
        self.0.last_word.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}
