//! The command line: subcommands, and the errors they end with.

#[cfg(feature = "compiler")]
mod compile;
mod environment;
mod healthcheck;
mod hints;
mod inspect;
mod options;
mod serve;
mod up;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[cfg(feature = "compiler")]
pub use compile::Compile;
pub use environment::unknown_variables;
pub use healthcheck::{HealthError, Healthcheck};
pub use hints::parse;
pub use inspect::Inspect;
pub use options::ServerOptions;
pub use serve::Serve;
pub use up::Up;

use crate::application::Application;
use crate::outbound::Outbound;

/// Shown first, as those of the commands are: most people look for a line to copy.
const EXAMPLES: &str = "\
Examples:
  catamaran up --build                   build and serve what spin.toml describes
  catamaran serve my-component.wasm      serve one component, on http://127.0.0.1:8000
  catamaran inspect my-component.wasm    what it asks for, and which hosts run it
  catamaran serve --help                 examples and all options of a command";

/// A dedicated host for wasi:http components.
#[derive(Parser)]
#[command(version, about, propagate_version = true, arg_required_else_help = true, before_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// All subcommands.
#[derive(Clone, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one in a process")]
pub enum Task {
    /// One that serves.
    #[command(flatten)]
    Serve(Command),
    /// Ask a running server whether it is well: exit code 0 or 1, within two seconds
    Healthcheck(Healthcheck),
    /// Say what a component is, and which hosts can run it
    Inspect(Inspect),
    /// Compile a component ahead of time, so that `serve` and `up` start in a few milliseconds
    #[cfg(feature = "compiler")]
    Compile(Compile),
}

/// How the values of options are written.
const NOTATION: &str = "TIME is a number with its unit: 500ms, 2s, 1m. SIZE as well: 64KiB, 16MiB, 1GiB.
Where a bound may be lifted, `unlimited` lifts it. ADDRESS is an address and a port: 127.0.0.1:8080, [::1]:8080.";

/// The subcommands that serve.
#[derive(Clone, Subcommand)]
pub enum Command {
    /// Serve one component, as `wasmtime serve` does
    #[command(after_help = NOTATION)]
    Serve(Serve),
    /// Serve the application that a manifest describes, as `spin up` does
    #[command(after_help = NOTATION)]
    Up(Up),
}

impl Command {
    /// The options that all serving commands share.
    pub fn server_options(&self) -> &ServerOptions {
        match self {
            Self::Serve(serve) => &serve.server,
            Self::Up(up) => &up.server,
        }
    }

    /// Runs the build commands, where that is asked for.
    ///
    /// # Errors
    /// When the manifest cannot be read or a command fails.
    pub fn build(&self) -> Result<(), Error> {
        match self {
            Self::Serve(_) => Ok(()),
            Self::Up(up) => up.build(),
        }
    }

    /// Loads and checks everything that is to be served, without building; binds nothing.
    ///
    /// # Errors
    /// When an input is missing or wrong: see [`Error`].
    pub fn load(&self, outbound: &Outbound) -> Result<Application, Error> {
        match self {
            Self::Serve(serve) => serve.load(outbound),
            Self::Up(up) => up.load(outbound),
        }
    }

    /// The files whose change asks for a build, if any do.
    pub fn sources(&self) -> Option<Vec<PathBuf>> {
        match self {
            Self::Serve(_) => None,
            Self::Up(up) => up.sources(),
        }
    }

    /// The files whose change asks for a reload, if any do.
    pub fn watched(&self) -> Option<Vec<PathBuf>> {
        match self {
            Self::Serve(_) => None,
            Self::Up(up) => up.watched(),
        }
    }
}

/// What ends the process with exit code 1, each with one line that says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The component cannot be served.
    #[error(transparent)]
    Component(#[from] crate::component::LoadError),
    /// The component is not there, and the manifest says how to build it.
    #[error("{0}; --build runs the build commands of the manifest")]
    NotBuilt(crate::component::LoadError),
    /// `serve` is given a manifest.
    #[error("`{file}` is a manifest: serve it with `catamaran up --from {file}`", file = path.display())]
    IsManifest {
        /// The file.
        path: PathBuf,
    },
    /// `up` is given a component.
    #[error("`{file}` is no manifest: serve a component with `catamaran serve {file}`", file = path.display())]
    IsComponent {
        /// The file.
        path: PathBuf,
    },
    /// The manifest cannot be read, or describes what we do not provide.
    #[error(transparent)]
    Manifest(#[from] crate::manifest::ManifestError),
    /// A build command of the manifest failed.
    #[error(transparent)]
    Build(#[from] crate::manifest::BuildError),
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// The server that was asked is not well.
    #[error(transparent)]
    Health(#[from] HealthError),
    /// Outgoing requests cannot be provided.
    #[error(transparent)]
    Outbound(#[from] crate::outbound::OutboundError),
    /// The compiled component cannot be written.
    #[error("cannot write `{}`: {source}; choose another file with --output", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The compiled component would take the place of the component.
    #[error("`{}` is the component itself: choose another file with --output", .0.display())]
    Overwrite(PathBuf),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] crate::server::ListenError),
    /// Requests were cut off at the end.
    #[error(transparent)]
    Drain(#[from] crate::server::CutOff),
    /// A second signal came while requests were in progress.
    #[error("ended at once by a second signal: requests in progress were cut off")]
    Interrupted,
    /// The operating system refused threads or signal handlers.
    #[error("the server cannot start: {0}")]
    Runtime(std::io::Error),
}

impl Error {
    fn component(error: crate::component::LoadError, could_be_built: bool) -> Self {
        match error {
            crate::component::LoadError::Read { .. } if could_be_built => Self::NotBuilt(error),
            _ => Self::Component(error),
        }
    }
}
