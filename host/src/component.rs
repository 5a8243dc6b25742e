//! From a file to a guest that can be called: inspect → compile, or take what was compiled before → link. Nothing here
//! happens during a request.

mod absent;
#[cfg(feature = "compiler")]
mod compile;
mod engine;
mod error;
mod inspect;
mod linker;
mod native;
mod precompiled;
mod report;
mod streams;
mod variables;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime_wasi_http::handler::ProxyPre;
use wasmtime_wasi_http::{p2, p3};

use crate::bounds::{Bounds, Size};
use crate::guest::{Grants, Guest};
#[cfg(feature = "compiler")]
pub use compile::compile;
pub use error::LoadError;
use inspect::Inspection;
pub use inspect::{Generation, WrongFile};
use native::Trust;
use precompiled::Precompiled;
pub(crate) use precompiled::beside;
pub use report::{Report, Verdict, report};

/// A page of WebAssembly, bytes.
const PAGE: usize = 64 << 10;

/// An engine, and the places that its pool has for idle instances.
type Pooled = (Engine, Arc<Semaphore>);

/// Loads components. Those that need the same kind of engine share one.
pub struct Loader {
    bounds: Arc<Bounds>,
    trust: Option<Trust>,
    engines: HashMap<bool, Pooled>,
}

impl Loader {
    /// A loader of guests that keep to `bounds`; machine code is loaded from files only where that is allowed.
    pub fn new(bounds: &Bounds, allow_precompiled: bool) -> Self {
        Self { bounds: Arc::new(bounds.clone()), trust: Trust::given(allow_precompiled), engines: HashMap::new() }
    }

    /// Loads the component `name` from the file `path`; its calls have what `grants` gives them and nothing else.
    ///
    /// # Errors
    /// When the file is not a component that this host can serve: see [`LoadError`].
    pub fn load(&mut self, name: &str, path: &Path, grants: Grants) -> Result<Guest, LoadError> {
        let bytes = read(path)?;
        let (component, inspection) = match precompiled::is_precompiled(&bytes) {
            true => self.precompiled(path, &bytes)?,
            false => self.wasm(path, &bytes)?,
        };
        let invalid = |error: wasmtime::Error| LoadError::Invalid { path: path.to_owned(), reason: one_line(&error) };

        self.check_memory(path, &component)?;
        // Else the first request would: it takes a file descriptor, of which there may be none by then.
        component.initialize_copy_on_write_image().map_err(invalid)?;
        let (engine, idle) = self.engine(inspection.concurrent)?;
        let linker = linker::linker(&engine, inspection.concurrent, &component).map_err(invalid)?;
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
        Ok(Guest::new(name, engine, idle, proxy, Arc::new(grants), self.bounds.clone()))
    }

    /// A component as its authors ship it: its machine code is taken from beside it, or made.
    fn wasm(&mut self, path: &Path, wasm: &[u8]) -> Result<(Component, Inspection), LoadError> {
        let inspection =
            inspect::inspect(wasm).map_err(|reason| LoadError::WrongFile { path: path.to_owned(), reason })?;
        match self.beside(path, wasm) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => self.compile(path, wasm, inspection),
            Err(error) if cfg!(feature = "compiler") => {
                tracing::warn!("compiling `{}`, which takes longer: {error}", path.display());
                self.compile(path, wasm, inspection)
            }
            Err(error) => Err(error),
        }
    }

    #[cfg(feature = "compiler")]
    fn compile(&mut self, path: &Path, wasm: &[u8], of: Inspection) -> Result<(Component, Inspection), LoadError> {
        let invalid = |error: wasmtime::Error| LoadError::Invalid { path: path.to_owned(), reason: one_line(&error) };
        Ok((Component::new(&self.engine(of.concurrent)?.0, wasm).map_err(invalid)?, of))
    }

    #[cfg(not(feature = "compiler"))]
    fn compile(&mut self, path: &Path, _: &[u8], _: Inspection) -> Result<(Component, Inspection), LoadError> {
        Err(LoadError::NoCompiler { path: path.to_owned(), precompiled: beside(path) })
    }

    /// The machine code beside `path`, where that may be used and there is some.
    fn beside(&mut self, path: &Path, wasm: &[u8]) -> Result<Option<(Component, Inspection)>, LoadError> {
        let beside = beside(path);
        if self.trust.is_none() {
            return Ok(None);
        }
        let file = match read(&beside) {
            Err(LoadError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        if Precompiled::parse(&file).is_some_and(|precompiled| !precompiled.is_of(wasm)) {
            return Err(LoadError::Stale { path: beside, wasm: path.to_owned() });
        }
        self.precompiled(&beside, &file).map(Some)
    }

    /// The machine code that is `file`.
    fn precompiled(&mut self, path: &Path, file: &[u8]) -> Result<(Component, Inspection), LoadError> {
        let trust = self.trust.ok_or_else(|| LoadError::NotAllowed { path: path.to_owned() })?;
        let unfit = |reason: String| LoadError::Unfit { path: path.to_owned(), reason };
        let Some(Precompiled { code, inspection, .. }) = Precompiled::parse(file) else {
            return Err(unfit("it breaks off, or something else than `catamaran compile` made it".to_owned()));
        };
        let (engine, _) = self.engine(inspection.concurrent)?;
        let component = native::load(&engine, code, trust).map_err(|error| unfit(one_line(&error)))?;
        Ok((component, inspection))
    }

    /// Refuses a component that could never start within the bound, before its first request shows it.
    fn check_memory(&self, path: &Path, component: &Component) -> Result<(), LoadError> {
        let pages = component.resources_required().and_then(|required| required.max_initial_memory_size);
        let needs = usize::try_from(pages.unwrap_or(0)).unwrap_or(usize::MAX).saturating_mul(PAGE);
        if needs > self.bounds.max_instance_memory.bytes() {
            return Err(LoadError::TooMuchMemory { path: path.to_owned(), needs: Size(needs) });
        }
        Ok(())
    }

    fn engine(&mut self, concurrent: bool) -> Result<Pooled, LoadError> {
        if let Some(pooled) = self.engines.get(&concurrent) {
            return Ok(pooled.clone());
        }
        let engine = engine::engine(concurrent, &self.bounds).map_err(|error| LoadError::Engine(one_line(&error)))?;
        engine::tick(&engine).map_err(|error| LoadError::Engine(error.to_string()))?;
        let idle = Arc::new(Semaphore::new(self.bounds.idle_instances(concurrent).min(Semaphore::MAX_PERMITS)));
        Ok(self.engines.entry(concurrent).or_insert((engine, idle)).clone())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    crate::file::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })
}

/// An error with its causes, as one line.
fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
