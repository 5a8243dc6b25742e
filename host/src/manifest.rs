//! `spin.toml`, manifest version 2: what of it we honour, and where in it an error is.
//!
//! A key that we do not honour is refused, never ignored: an application must not run with less than it asked for.

mod build;
mod schema;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use build::{BuildError, build};

use crate::application::Route;

/// The file name that is looked for in a folder.
const FILE_NAME: &str = "spin.toml";

/// An application as its manifest describes it, with all paths resolved.
#[derive(Debug)]
pub struct Manifest {
    /// The file.
    pub path: PathBuf,
    /// Route and component of each HTTP trigger, in the order of the file.
    pub triggers: Vec<(Route, String)>,
    /// The components that the triggers name.
    pub components: BTreeMap<String, Component>,
}

/// One component of an application.
#[derive(Debug)]
pub struct Component {
    /// The `.wasm` file.
    pub source: PathBuf,
    /// Environment variables that the component sees; it sees no others.
    pub environment: Vec<(String, String)>,
    /// How to build it, where the manifest says so.
    pub build: Option<Build>,
}

/// The build commands of a component.
#[derive(Debug)]
pub struct Build {
    /// Shell command lines, run one after the other.
    pub commands: Vec<String>,
    /// Where to run them.
    pub directory: PathBuf,
    /// Glob patterns of the files that are built from.
    pub watch: Vec<PathBuf>,
}

/// Why a manifest cannot be used. Each names the file, and the line and the key where there are any.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read the manifest `{}`: {source}; name it with --from FILE", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what a manifest must be.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there, with the key.
        message: String,
    },
}

impl Manifest {
    /// Reads and checks a manifest. `path` is the file or the folder that holds a `spin.toml`.
    ///
    /// # Errors
    /// When it cannot be read, is not a manifest of version 2, or asks for what we do not provide.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let path = if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() };
        let text =
            std::fs::read_to_string(&path).map_err(|source| ManifestError::Read { path: path.clone(), source })?;
        Self::parse(&text, &path)
    }

    /// Checks the text of the manifest that stands in the file `path`, without a look at any file.
    ///
    /// # Errors
    /// When it is not a manifest of version 2, or asks for what we do not provide.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        schema::parse(text, path, folder).map_err(|error| ManifestError::Invalid {
            line: error.line(text),
            message: error.message,
            path: path.to_owned(),
        })
    }
}
