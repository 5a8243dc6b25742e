//! How calls end when they do not end well: one type for all of it, and one place that every such end passes.

mod trap;

use std::time::Duration;

use wasmtime::PoolConcurrencyLimitError;

use crate::telemetry::{METRICS, TimedOut};
use trap::Causes;

pub use trap::TrapReason;

/// Why a call did not end well, before its response, during it or after it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// It trapped, could not be instantiated, or misused an interface. The error has the backtrace.
    #[error("the guest failed ({}): {}", reason.name(), Causes(error))]
    Trap {
        /// Which kind of failure.
        reason: TrapReason,
        /// What wasmtime says of it.
        error: wasmtime::Error,
    },
    /// It answered with an error code instead of a response.
    #[error("the guest answered with the error code {0}")]
    Refused(String),
    /// It answered with a status that is no final one (1xx).
    #[error("the guest answered with the status {0}, which is not a final one")]
    Interim(http::StatusCode),
    /// It ended without an answer.
    #[error("the guest ended without setting a response")]
    NoResponse,
    /// It ended without finishing the body of its response.
    #[error("the guest ended without finishing the body of its response")]
    Unfinished,
    /// The body of its response broke off: the guest gave it up, or its length is not the one that was announced.
    #[error("the body of the guest's response broke off: {0}")]
    Body(wasmtime_wasi_http::Error),
    /// The body of its response is not as long as it has said.
    #[error("the body of the guest's response has another length than its Content-Length")]
    Length,
    /// It had no head of a response when its time was over.
    #[error("the guest had no response within {0}")]
    Deadline(String),
    /// The body of its response made no progress, whether the guest gave none of it or the client took none.
    #[error("the response made no progress for {0:?}")]
    Stalled(Duration),
    /// It still worked when its time after the response was over.
    #[error("the guest was ended {0:?} after its response")]
    PostReturn(Duration),
    /// The client broke off the body of its request, and the guest did this then.
    #[error("the client broke off its request's body; then {0}")]
    Client(Box<CallError>),
    /// The pool has no room for a further instance.
    #[error("no room for a further instance: {0:#}")]
    NoRoom(wasmtime::Error),
}

/// When a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The client gets an error instead of a response.
    Before,
    /// The response has begun: it is broken off.
    During,
    /// The client has its whole response.
    After,
}

impl CallError {
    /// The error of a call or of its instantiation.
    pub(super) fn trap(error: wasmtime::Error) -> Self {
        if error.is::<PoolConcurrencyLimitError>() {
            return Self::NoRoom(error);
        }
        Self::Trap { reason: TrapReason::of(&error), error }
    }

    /// The same, for an instance that was refused memory: whatever it did then, that is why.
    pub(super) fn out_of_memory(error: wasmtime::Error) -> Self {
        Self::Trap { reason: TrapReason::Memory, error }
    }

    /// A short name of what happened, for labels.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trap { reason, .. } => reason.name(),
            Self::Refused(_) => "refused",
            Self::Interim(_) => "interim_status",
            Self::NoResponse => "no_response",
            Self::Unfinished => "unfinished_body",
            Self::Body(_) | Self::Length => "broken_body",
            Self::Deadline(_) => "deadline",
            Self::Stalled(_) => "stalled",
            Self::PostReturn(_) => "post_return",
            Self::Client(_) => "client",
            Self::NoRoom(_) => "no_room",
        }
    }

    /// Every call that did not end well passes here, once.
    pub(crate) fn report(&self, stage: Stage) {
        match self {
            Self::Deadline(_) => METRICS.timed_out(TimedOut::Head),
            Self::Stalled(_) => METRICS.timed_out(TimedOut::Body),
            Self::PostReturn(_) => METRICS.timed_out(TimedOut::PostReturn),
            // Counted as shed, and as what the client did.
            Self::NoRoom(_) | Self::Client(_) => {}
            _ => METRICS.failed(self.name()),
        }
        let (reason, stage) = (self.name(), stage.name());
        match self {
            Self::Client(_) => tracing::debug!(reason, stage, "{self}"),
            Self::Stalled(_) | Self::PostReturn(_) | Self::NoRoom(_) => tracing::warn!(reason, stage, "{self}"),
            _ => tracing::error!(reason, stage, "{self}"),
        }
    }
}

impl Stage {
    /// A short name, for labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before the response",
            Self::During => "during the response",
            Self::After => "after the response",
        }
    }
}
