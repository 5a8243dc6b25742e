//! From a file to a guest that can be called: inspect → compile → link. Nothing here happens during a request.

mod engine;
mod inspect;
mod linker;
mod report;
mod variables;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime_wasi_http::handler::ProxyPre;
use wasmtime_wasi_http::{p2, p3};

use crate::bounds::{Bounds, Size};
use crate::guest::{Grants, Guest};
pub use inspect::{Generation, WrongFile};
pub use report::{Report, Verdict, report};

/// Loads components. Those that need the same kind of engine share one.
pub struct Loader {
    bounds: Arc<Bounds>,
    engines: HashMap<bool, Engine>,
}

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
        source: std::io::Error,
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
}

impl Loader {
    /// A loader of guests that keep to `bounds`.
    pub fn new(bounds: &Bounds) -> Self {
        Self { bounds: Arc::new(bounds.clone()), engines: HashMap::new() }
    }

    /// Loads the component `name` from the file `path`; its calls have what `grants` gives them and nothing else.
    ///
    /// # Errors
    /// When the file is not a component that this host can serve: see [`LoadError`].
    pub fn load(&mut self, name: &str, path: &Path, grants: Grants) -> Result<Guest, LoadError> {
        let bytes = std::fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        let inspection =
            inspect::inspect(&bytes).map_err(|reason| LoadError::WrongFile { path: path.to_owned(), reason })?;
        let engine = self.engine(inspection.concurrent)?;
        let invalid = |error: wasmtime::Error| LoadError::Invalid { path: path.to_owned(), reason: one_line(&error) };

        let component = Component::new(&engine, &bytes).map_err(invalid)?;
        self.check_memory(path, &component)?;
        let linker = linker::linker(&engine, inspection.concurrent).map_err(invalid)?;
        let instance = linker.instantiate_pre(&component).map_err(|error| match linker::missing_import(&error) {
            Some(interface) => LoadError::MissingImport { path: path.to_owned(), interface },
            None => invalid(error),
        })?;
        let proxy = match inspection.generation {
            Generation::P2 => p2::bindings::ProxyPre::new(instance).map(ProxyPre::P2),
            Generation::P3 => p3::bindings::ServicePre::new(instance).map(ProxyPre::P3),
        };
        let proxy = proxy.map_err(invalid)?;
        tracing::debug!(component = %path.display(), ?inspection, "loaded");
        Ok(Guest::new(name, engine, proxy, Arc::new(grants), self.bounds.clone()))
    }

    /// Refuses a component that could never start within the bound, before its first request shows it.
    fn check_memory(&self, path: &Path, component: &Component) -> Result<(), LoadError> {
        let needs = component.resources_required().and_then(|required| required.max_initial_memory_size);
        let needs = usize::try_from(needs.unwrap_or(0)).unwrap_or(usize::MAX);
        if needs > self.bounds.max_instance_memory.bytes() {
            return Err(LoadError::TooMuchMemory { path: path.to_owned(), needs: Size(needs) });
        }
        Ok(())
    }

    fn engine(&mut self, concurrent: bool) -> Result<Engine, LoadError> {
        if let Some(engine) = self.engines.get(&concurrent) {
            return Ok(engine.clone());
        }
        let engine = engine::engine(concurrent, &self.bounds).map_err(|error| LoadError::Engine(one_line(&error)))?;
        engine::tick(&engine).map_err(|error| LoadError::Engine(error.to_string()))?;
        self.engines.insert(concurrent, engine.clone());
        Ok(engine)
    }
}

/// An error with its causes, as one line.
fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
