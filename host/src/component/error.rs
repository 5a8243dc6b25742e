//! Why a component cannot be served.

use std::io;
use std::path::PathBuf;

use super::inspect::WrongFile;
use crate::bounds::Size;

/// Why a component cannot be served. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the component `{}`: {source}; build it first, or correct the path", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a component with a wasi:http handler.
    #[error("`{}` {reason}", path.display())]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: WrongFile,
    },
    /// It imports an interface that the host does not have.
    #[error(
        "`{}` imports `{interface}`, which this host does not provide (it has WASI 0.2 and 0.3: cli, clocks, \
         config, filesystem, http, io, random, sockets; and of Spin's, variables); build the component without it", path.display()
    )]
    MissingImport {
        /// The file.
        path: PathBuf,
        /// The interface, as the component names it.
        interface: String,
    },
    /// The bytes are no valid component, or it does not fit the interfaces it names.
    #[error("`{}` cannot be loaded: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What wasmtime says of it.
        reason: String,
    },
    /// It begins with more memory than an instance may have.
    #[error(
        "`{}` begins with {needs} of memory, more than an instance may have: raise --max-instance-memory, or build \
         the component with less", path.display()
    )]
    TooMuchMemory {
        /// The file.
        path: PathBuf,
        /// Its largest memory.
        needs: Size,
    },
    /// wasmtime cannot run on this machine.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
    /// It is machine code, and nobody has said that it may run.
    #[error(
        "`{}` is machine code, which no sandbox holds: give --allow-precompiled if `catamaran compile` made it and you trust \
         whoever can write there", path.display()
    )]
    NotAllowed {
        /// The file.
        path: PathBuf,
    },
    /// It is machine code that this host cannot run.
    #[error("`{}` does not fit this host: {reason}; make it again with `catamaran compile` of this very version", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What wasmtime says of it, or what it lacks.
        reason: String,
    },
    /// It was made from another component than the one it lies beside.
    #[error("`{}` was not made from `{}` as that is now: make it again with `catamaran compile`", path.display(), wasm.display())]
    Stale {
        /// The machine code.
        path: PathBuf,
        /// The component.
        wasm: PathBuf,
    },
    /// It would have to be compiled, and the host was built without the feature `compiler`.
    #[error(
        "`{}` is not compiled, and this host has no compiler: make `{}` with the `catamaran compile` of a host that has \
         one, and give --allow-precompiled", path.display(), precompiled.display()
    )]
    NoCompiler {
        /// The component.
        path: PathBuf,
        /// Where its machine code is looked for.
        precompiled: PathBuf,
    },
    /// The compiler of this host has no such target.
    #[error("cannot compile for `{target}`: {reason}; run `catamaran compile` on a machine of that kind")]
    Target {
        /// What was asked for.
        target: String,
        /// Why not.
        reason: String,
    },
}
