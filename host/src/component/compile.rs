//! Compiling ahead of time, for the `.cwasm` file that a host loads in a few milliseconds and without a compiler.

use std::path::Path;

use super::precompiled::Precompiled;
use super::{LoadError, engine, inspect, one_line, read};

/// The bytes of a `.cwasm` file, made from the component in the file `path`. `target` is a triple as Rust writes it; by
/// default the code is for any machine with this one's architecture, also for one that has fewer extensions.
///
/// # Errors
/// When the file is not a component that this host can serve, or there is no such target: see [`LoadError`].
pub fn compile(path: &Path, target: Option<&str>) -> Result<Vec<u8>, LoadError> {
    let wasm = read(path)?;
    let inspection =
        inspect::inspect(&wasm).map_err(|reason| LoadError::WrongFile { path: path.to_owned(), reason })?;
    let target = target.map_or_else(|| target_lexicon::HOST.to_string(), str::to_owned);
    let engine = engine::compiler(inspection.concurrent, &target)
        .map_err(|error| LoadError::Target { target, reason: one_line(&error) })?;
    let code = engine
        .precompile_component(&wasm)
        .map_err(|error| LoadError::Invalid { path: path.to_owned(), reason: one_line(&error) })?;
    Ok(Precompiled::new(&code, &wasm, inspection).file())
}
