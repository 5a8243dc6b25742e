//! Why calls fail, as one of few words: a metric's label must not grow with what guests can think of.

use wasmtime::Trap;

use super::CallError;
use crate::telemetry::{METRICS, TimedOut};

/// Marks an error as one of a guest that asked for more memory than it may have.
#[derive(Debug, thiserror::Error)]
#[error("the instance asked for more memory than {0}")]
pub(super) struct MemoryRefused(pub(super) String);

/// Counts a call that gave no response.
pub(super) fn count(error: &CallError) {
    match error {
        CallError::Trap(error) => METRICS.failed(reason(error)),
        CallError::Refused(_) => METRICS.failed("error_code"),
        CallError::NoResponse => METRICS.failed("no_response"),
        CallError::Deadline(_) => METRICS.timed_out(TimedOut::Head),
    }
}

/// The reason of an error in a call.
pub(super) fn reason(error: &wasmtime::Error) -> &'static str {
    if error.downcast_ref::<MemoryRefused>().is_some() {
        return "memory_limit";
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "unreachable",
        Some(Trap::StackOverflow) => "stack_overflow",
        Some(Trap::MemoryOutOfBounds | Trap::HeapMisaligned) => "memory_out_of_bounds",
        Some(Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature) => "indirect_call",
        Some(Trap::IntegerOverflow | Trap::IntegerDivisionByZero | Trap::BadConversionToInteger) => "arithmetic",
        Some(_) => "other_trap",
        // Not a trap: an import that was misused, or no instance could be made.
        None => "host",
    }
}
