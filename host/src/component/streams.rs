//! What a guest writes to a stream of WASI 0.2 (`wasi:io/streams`), copied out of its memory at once.
//!
//! wasmtime's bindings take such a list byte by byte in a host that is made for size: two fifths of the time of a large
//! response (docs/performance.md). Only that differs from what `wasmtime-wasi-io` does.

use bytes::Bytes;
use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi_io::IoView;
use wasmtime_wasi_io::bindings::wasi::io::streams::{Host, StreamError};
use wasmtime_wasi_io::streams::{DynOutputStream, StreamResult};

use crate::guest::State;

/// As `wasmtime-wasi-io` names it.
const INTERFACE: &str = "wasi:io/streams@0.2.12";
const WRITE: &str = "[method]output-stream.write";
const WRITE_AND_FLUSH: &str = "[method]output-stream.blocking-write-and-flush";

/// Bytes that a call of `blocking-write-and-flush` may hand over, by its description in WIT.
const MAX_FLUSHED: usize = 4096;

type Written = (Resource<DynOutputStream>, WasmList<u8>);

/// Takes the place of the two functions that are handed bytes.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    let mut streams = linker.allow_shadowing(true).instance(INTERFACE)?;
    streams.func_wrap(WRITE, |mut store: StoreContextMut<'_, State>, (stream, bytes): Written| {
        let bytes = Bytes::copy_from_slice(bytes.as_le_slice(&store));
        let table = store.data_mut().table();
        let written = table.get_mut(&stream)?.write(bytes);
        Ok((answer(&mut store, written)?,))
    })?;
    streams.func_wrap_async(WRITE_AND_FLUSH, |mut store: StoreContextMut<'_, State>, (stream, bytes): Written| {
        Box::new(async move {
            if bytes.len() > MAX_FLUSHED {
                wasmtime::bail!("blocking-write-and-flush takes {MAX_FLUSHED} bytes at most, not {}", bytes.len());
            }
            let bytes = Bytes::copy_from_slice(bytes.as_le_slice(&store));
            let table = store.data_mut().table();
            let written = table.get_mut(&stream)?.blocking_write_and_flush(bytes).await;
            Ok((answer(&mut store, written)?,))
        })
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What the guest is told; what is its own fault is a trap.
fn answer(store: &mut StoreContextMut<'_, State>, written: StreamResult<()>) -> Result<Result<(), StreamError>> {
    written.map_or_else(|error| store.data_mut().table().convert_stream_error(error).map(Err), |()| Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_have_the_names_that_are_there_already() {
        let mut linker = Linker::<State>::new(&wasmtime::Engine::default());
        wasmtime_wasi_io::add_to_linker_async(&mut linker).expect("a fresh linker");
        let mut streams = linker.instance(INTERFACE).expect("an instance");
        for name in [WRITE, WRITE_AND_FLUSH] {
            streams.func_wrap(name, |_, _: Written| Ok(())).expect_err(name);
        }
    }
}
