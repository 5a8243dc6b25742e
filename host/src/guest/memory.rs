//! The memory bound of an instance: all its linear memories together.

use wasmtime::{ResourceLimiter, Result};

use crate::telemetry::Live;

/// Elements of all tables together, 8 bytes each. The pool has 20,000 for a table: components that take functions by
/// reference need a few thousand.
const MAX_TABLE_ELEMENTS: usize = 200_000;

/// What an instance has of memory, and what it may have.
pub(super) struct Memory {
    bytes: usize,
    max_bytes: usize,
    table_elements: usize,
    refused: bool,
    live: Live,
}

impl Memory {
    pub(super) fn up_to(max_bytes: usize, live: Live) -> Self {
        Self { bytes: 0, max_bytes, table_elements: 0, refused: false, live }
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

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let elements = self.table_elements.saturating_add(desired.saturating_sub(current));
        if elements > MAX_TABLE_ELEMENTS {
            self.refused = true;
            return Ok(false);
        }
        self.table_elements = elements;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::GuestMetrics;

    #[test]
    fn the_bound_holds_for_all_memories_together() {
        let mut memory = Memory::up_to(100, GuestMetrics::of("test").created());
        assert!(memory.memory_growing(0, 60, None).expect("no trap"));
        assert!(!memory.memory_growing(0, 41, None).expect("no trap"));
        assert!(memory.was_refused());
        assert!(memory.memory_growing(60, 100, None).expect("no trap"));
    }

    #[test]
    fn the_bound_holds_for_all_tables_together() {
        let mut memory = Memory::up_to(100, GuestMetrics::of("test").created());
        assert!(memory.table_growing(0, MAX_TABLE_ELEMENTS - 1, None).expect("no trap"));
        assert!(!memory.table_growing(0, 2, None).expect("no trap"));
        assert!(memory.was_refused());
        assert!(memory.table_growing(0, 1, None).expect("no trap"));
    }
}
