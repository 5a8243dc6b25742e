//! Admission: how many requests are in progress at once, and how long one waits for its turn.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::bounds::Bounds;

/// The places for requests in progress.
#[derive(Clone)]
pub(super) struct Admission {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Admission {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let places = Arc::new(Semaphore::new(bounds.concurrent_requests()));
        Self { places, patience: bounds.queue_timeout.0 }
    }

    /// A place, unless none becomes free in time.
    pub(super) async fn admit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Some(place);
        }
        timeout(self.patience, self.places.clone().acquire_owned()).await.ok()?.ok()
    }
}
