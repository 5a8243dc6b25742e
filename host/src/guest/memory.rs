//! The memory bound of an instance: all its linear memories together.

use wasmtime::{ResourceLimiter, Result};

use crate::telemetry::Live;

/// Elements of all tables together. The pool reserves 20,000 a table; this only bounds what is not from the pool.
const MAX_TABLE_ELEMENTS: usize = 1_000_000;

/// What an instance has of memory, and what it may have.
pub(super) struct Memory {
    bytes: usize,
    max_bytes: usize,
    refused: bool,
    live: Live,
}

impl Memory {
    pub(super) fn up_to(max_bytes: usize, live: Live) -> Self {
        Self { bytes: 0, max_bytes, refused: false, live }
    }

    /// Whether the instance once asked for more than it may have.
    pub(super) fn was_refused(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let bytes = self.bytes.saturating_add(desired.saturating_sub(current));
        if bytes > self.max_bytes {
            self.refused = true;
            return Ok(false);
        }
        self.bytes = bytes;
        self.live.has_memory(bytes);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_holds_for_all_memories_together() {
        let mut memory = Memory::up_to(100, crate::telemetry::GuestMetrics::of("test").created());
        assert!(memory.memory_growing(0, 60, None).expect("no trap"));
        assert!(!memory.memory_growing(0, 41, None).expect("no trap"));
        assert!(memory.was_refused());
        assert!(memory.memory_growing(60, 100, None).expect("no trap"));
    }
}
