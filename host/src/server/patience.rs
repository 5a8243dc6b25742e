//! How long a client may be waited for: in silence, or while it sends or takes so little that it holds a place for
//! nothing.

use std::time::Duration;

use tokio::time::Instant;

use crate::bounds::{Bound, Bounds};

/// What is left of the time for which a client may be waited for: waiting takes from it, and each byte gives back to it.
pub(super) struct Patience {
    left: Duration,
    most: Duration,
    /// What each byte gives back.
    for_byte: Duration,
    waits_since: Option<Instant>,
}

impl Patience {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let most = bounds.body_timeout.duration();
        let for_byte = match bounds.min_body_rate {
            Bound::At(rate) => Duration::from_secs_f64(1.0 / rate.0 as f64),
            Bound::Unlimited => most,
        };
        Self { left: most, most, for_byte, waits_since: None }
    }

    /// Waits for the client, from now on unless it is waited for already: when will that be too long?
    pub(super) fn wait(&mut self) -> Instant {
        *self.waits_since.get_or_insert_with(Instant::now) + self.left
    }

    /// The longest that it ever waits.
    pub(super) fn most(&self) -> Duration {
        self.most
    }

    /// When it will have waited for too long, if it waits.
    pub(super) fn deadline(&self) -> Option<Instant> {
        Some(self.waits_since? + self.left)
    }

    /// Notes so many bytes from the client, or taken by it. It is not waited for any more.
    pub(super) fn moved(&mut self, bytes: usize) {
        if let Some(since) = self.waits_since.take() {
            self.waited(since.elapsed());
        }
        self.give_back(bytes);
    }

    fn waited(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    fn give_back(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(self.for_byte.saturating_mul(bytes)).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn patience(for_byte: Duration) -> Patience {
        Patience { left: 30 * SECOND, most: 30 * SECOND, for_byte, waits_since: None }
    }

    #[test]
    fn a_client_that_sends_at_the_rate_is_waited_for_without_an_end() {
        let mut client = patience(SECOND / 100);
        for _ in 0..10_000 {
            client.waited(20 * SECOND);
            client.give_back(2_000);
        }
        assert_eq!(client.left, 30 * SECOND);
    }

    #[test]
    fn a_client_that_sends_less_uses_up_its_time() {
        let mut client = patience(SECOND / 100);
        for _ in 0..60 {
            client.waited(SECOND);
            client.give_back(50);
        }
        assert_eq!(client.left, SECOND / 2, "what the last bytes gave back");
    }

    #[test]
    fn nothing_that_comes_early_is_saved_for_later() {
        let mut client = patience(SECOND);
        client.give_back(usize::MAX);
        client.waited(30 * SECOND);
        assert_eq!(client.left, Duration::ZERO);
    }

    #[test]
    fn without_a_rate_a_byte_gives_back_all_the_time() {
        let mut client = patience(30 * SECOND);
        client.waited(29 * SECOND);
        client.give_back(1);
        assert_eq!(client.left, 30 * SECOND);
        client.waited(SECOND);
        client.give_back(0);
        assert_eq!(client.left, 29 * SECOND);
    }
}
