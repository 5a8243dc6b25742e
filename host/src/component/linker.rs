//! What a guest may import: WASI 0.2 and 0.3 as a whole, and its variables. What it can reach through them is decided in its state.

use wasmtime::component::Linker;
use wasmtime::{Engine, Result};

use super::variables;
use crate::guest::State;

/// A linker with everything we provide. WASI 0.3 is in it when the engine is `concurrent`.
pub(super) fn linker(engine: &Engine, concurrent: bool) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    if concurrent {
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    }
    variables::add_to_linker(&mut linker, concurrent)?;
    Ok(linker)
}

/// The interface that is missing, where that is what `error` says. wasmtime has no type for it, only the sentence
/// "component imports instance `NAME`, but …".
pub(super) fn missing_import(error: &wasmtime::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let message = cause.to_string();
        let rest = message.strip_prefix("component imports ")?;
        rest.split('`').nth(1).map(str::to_owned)
    })
}
