//! `spin.toml`, manifest version 2: what of it we honour, and where in it an error is.
//!
//! A key that we do not honour is refused, never ignored: an application must not run with less than it asked for.

mod build;
mod check;
mod component;
mod explain;
mod files;
mod problem;
mod provided;
mod schema;
mod triggers;
mod variables;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use build::{BuildError, build};
pub use files::Files;

use crate::application::{Fixed, Route};
use crate::guest::Variables;
use crate::outbound::Pattern;
use check::Check;

/// The file name that is looked for in a folder.
const FILE_NAME: &str = "spin.toml";

/// What a manifest leaves to whoever runs it.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The profile whose values take the place of others.
    pub profile: Option<String>,
    /// A folder with a file for each variable that has its value there.
    pub variables_dir: Option<PathBuf>,
}

/// An application as its manifest describes it, with all paths resolved and all templates filled.
pub struct Manifest {
    /// The file.
    pub path: PathBuf,
    /// Each HTTP trigger, in the order of the file: its route, and what that leads to.
    pub triggers: Vec<(Route, Destination)>,
    /// The components that the triggers name.
    pub components: BTreeMap<String, Component>,
    /// What is permitted and probably not meant, each with the file and the line.
    pub warnings: Vec<String>,
}

/// What a trigger leads to.
#[derive(Debug)]
pub enum Destination {
    /// The component with this id.
    Component(String),
    /// An answer that stands in the manifest.
    Fixed(Fixed),
}

/// One component of an application.
pub struct Component {
    /// The `.wasm` file.
    pub source: PathBuf,
    /// Environment variables that the component sees; it sees no others.
    pub environment: Vec<(String, String)>,
    /// Its configuration.
    pub variables: Variables,
    /// Where it may send requests; nowhere by default.
    pub allowed_outbound_hosts: Vec<Pattern>,
    /// What it may read.
    pub files: Vec<FileEntry>,
    /// Patterns of files that it may not read all the same.
    pub exclude_files: Vec<String>,
    /// How to build it, where the manifest says so.
    pub build: Option<Build>,
}

/// An entry of `files`.
pub struct FileEntry {
    /// The line of the manifest.
    pub line: usize,
    /// A file, a folder, or a pattern where there is no destination.
    pub source: String,
    /// Where it is for the component; without one, where it is below the manifest's folder.
    pub destination: Option<String>,
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
    #[error("cannot read the manifest `{}`: {source}; correct the path, or name the manifest: `up --from FILE`, `inspect FILE`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder of the variables is not there.
    #[error(
        "--variables-dir names `{}`, which is no folder that can be read: correct it, or leave the option out",
        path.display()
    )]
    VariablesDir {
        /// What was named.
        path: PathBuf,
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

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8"))
}

/// The file that is meant by `path`: itself, or the `spin.toml` in that folder.
pub(crate) fn file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() }
}

impl Manifest {
    /// Reads and checks a manifest. `path` is the file or the folder that holds a `spin.toml`.
    ///
    /// # Errors
    /// When it cannot be read, is not a manifest of version 2, asks for what we do not provide, or a variable has no
    /// value.
    pub fn read(path: &Path, inputs: &Inputs) -> Result<Self, ManifestError> {
        let path = file(path);
        let text = crate::file::read(&path)
            .and_then(text)
            .map_err(|source| ManifestError::Read { path: path.clone(), source })?;
        if let Some(folder) = inputs.variables_dir.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(ManifestError::VariablesDir { path: folder.clone() });
        }
        Self::parse(&text, &path, inputs)
    }

    /// Checks the text of the manifest that stands in the file `path`, without a look at any file but the variables'.
    ///
    /// # Errors
    /// When it is not a manifest of version 2, asks for what we do not provide, or a variable has no value.
    pub fn parse(text: &str, path: &Path, inputs: &Inputs) -> Result<Self, ManifestError> {
        let check = Check { text, path, folder: folder(path), inputs, warnings: Vec::new() };
        check.run().map_err(|problem| ManifestError::Invalid {
            line: problem.line(text),
            // A key may have newlines in it.
            message: problem.message.replace('\n', " "),
            path: path.to_owned(),
        })
    }

    /// The folder in which its relative paths start.
    pub fn folder(&self) -> &Path {
        folder(&self.path)
    }
}

fn folder(manifest: &Path) -> &Path {
    manifest.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
