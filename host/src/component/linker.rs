//! What a guest may import: WASI 0.2 and 0.3 as a whole, and its variables. What it can reach through them is decided in its
//! state; sockets and terminals are not there at all.

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};

use super::{absent, streams, variables};
use crate::guest::State;

/// A linker with everything we provide to `component`. WASI 0.3 is in it when the engine is `concurrent`.
pub(super) fn linker(engine: &Engine, concurrent: bool, component: &Component) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
    streams::add_to_linker(&mut linker)?;
    add_p2(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    if concurrent {
        add_p3_cli(&mut linker)?;
        wasmtime_wasi::p3::clocks::add_to_linker(&mut linker)?;
        wasmtime_wasi::p3::filesystem::add_to_linker(&mut linker)?;
        wasmtime_wasi::p3::random::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    }
    absent::add_to_linker(&mut linker, engine, component)?;
    variables::add_to_linker(&mut linker, concurrent)?;
    Ok(linker)
}

/// What `wasmtime_wasi::p2::add_to_linker_async` adds, but for sockets and terminals, and for `wasi:io`: it would look for streams beside
/// clocks, files and random numbers, and so make all of them ready for each fresh instance.
fn add_p2(linker: &mut Linker<State>) -> Result<()> {
    use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sockets as network};

    clocks::wall_clock::add_to_linker::<_, WasiClocks>(linker, State::clocks)?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(linker, State::clocks)?;
    random::random::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    network::instance_network::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    network::network::add_to_linker::<_, WasiSockets>(linker, &Default::default(), State::sockets)
}

/// What `wasmtime_wasi::p3::cli::add_to_linker` adds, but for terminals.
fn add_p3_cli(linker: &mut Linker<State>) -> Result<()> {
    use wasmtime_wasi::p3::bindings::cli;

    cli::environment::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stderr::add_to_linker::<_, WasiCli>(linker, State::cli)
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
