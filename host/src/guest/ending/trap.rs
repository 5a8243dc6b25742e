//! Why a guest trapped: in a word for counting, and in lines for those who mend it.

use std::fmt;

use wasmtime::component::ResourceTableError;
use wasmtime::{Trap, WasmBacktrace};

use crate::printable::printable;

/// Kinds of failure, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrapReason {
    /// It executed `unreachable`: a panic or an abort in most languages.
    Unreachable,
    /// It asked for more memory than it may have, and gave up.
    Memory,
    /// Its stack was used up.
    Stack,
    /// It held more resources at once than it may.
    Resources,
    /// Any other trap of WebAssembly, such as an access out of bounds.
    Wasm,
    /// It misused an interface of the host, or could not be instantiated.
    Host,
}

impl TrapReason {
    /// A short name, for labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Resources => "resources",
            Self::Wasm => "wasm",
            Self::Host => "host",
        }
    }

    pub(super) fn of(error: &wasmtime::Error) -> Self {
        match error.downcast_ref::<Trap>() {
            Some(Trap::UnreachableCodeReached) => Self::Unreachable,
            Some(Trap::StackOverflow) => Self::Stack,
            Some(_) => Self::Wasm,
            None if error.is::<ResourceTableError>() => Self::Resources,
            None => Self::Host,
        }
    }
}

/// The innermost cause, which says what happened, before the rest, which says where: the backtrace of the guest, without
/// that of the host, which is in every error's `Debug` and costs long to find the names of.
pub(super) struct Causes<'a>(pub(super) &'a wasmtime::Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backtrace = self.0.downcast_ref::<WasmBacktrace>();
        let shown = backtrace.map(ToString::to_string);
        let causes: Vec<_> = self.0.chain().map(|cause| cause.to_string()).collect();
        for (index, cause) in causes.iter().rev().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            match backtrace {
                Some(backtrace) if shown.as_ref() == Some(cause) => frames(f, backtrace)?,
                _ => write!(f, "{separator}{}", shortened(cause.trim_end(), MAX_CAUSE))?,
            }
        }
        Ok(())
    }
}

/// Characters of one cause, and of one name in a backtrace, and frames of it. The guest chooses names, and how deep it is.
const MAX_CAUSE: usize = 1024;
const MAX_NAME: usize = 128;
const MAX_FRAMES: usize = 20;

/// The frames, a line each.
fn frames(f: &mut fmt::Formatter<'_>, backtrace: &WasmBacktrace) -> fmt::Result {
    let frames = backtrace.frames();
    for frame in frames.iter().take(MAX_FRAMES) {
        let module = shortened(frame.module().name().unwrap_or("<unknown>"), MAX_NAME);
        let function = match frame.func_name() {
            Some(name) => shortened(name, MAX_NAME),
            None => format!("<function {}>", frame.func_index()),
        };
        write!(f, "\nat {:#x} {module}!{function}", frame.module_offset().unwrap_or_default())?;
    }
    match frames.len().checked_sub(MAX_FRAMES) {
        None | Some(0) => Ok(()),
        Some(more) => write!(f, "\nand {more} more"),
    }
}

fn shortened(text: &str, length: usize) -> String {
    let mut shown: String = text.chars().take(length).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    printable(&shown).into_owned()
}
