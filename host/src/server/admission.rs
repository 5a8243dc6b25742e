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
    count: usize,
    patience: Duration,
}

impl Admission {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let count = bounds.concurrent_requests().min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(count)), count, patience: bounds.queue_timeout.0 }
    }

    /// A place, unless none becomes free in time.
    pub(super) async fn admit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Some(place);
        }
        timeout(self.patience, self.places.clone().acquire_owned()).await.ok()?.ok()
    }

    /// How many places are taken.
    pub(super) fn in_progress(&self) -> usize {
        self.count.saturating_sub(self.places.available_permits())
    }

    /// Ends when no place is taken, and none is given any more.
    pub(super) async fn close(&self) {
        let count = u32::try_from(self.count).unwrap_or(u32::MAX);
        if let Ok(all) = self.places.acquire_many(count).await {
            all.forget();
        }
    }
}
