//! The build commands of a manifest: `up --build`.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::{Build, Manifest};

/// Why an application could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The shell could not be started.
    #[error("component `{id}`: cannot run its build command in `{directory}`: {source}")]
    Shell {
        /// The component.
        id: String,
        /// Where it should run.
        directory: String,
        /// Why it does not.
        source: io::Error,
    },
    /// A command failed because its Rust target is not installed.
    #[error("component `{id}`: the Rust target {target} is not installed: run `rustup target add {target}`")]
    MissingTarget {
        /// The component.
        id: String,
        /// The target.
        target: String,
    },
    /// A command failed; its own output says why.
    #[error("component `{id}`: the build command failed ({status}): `{command}`; mend what it printed above")]
    Failed {
        /// The component.
        id: String,
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
}

/// Runs the build commands of each component, in the order of their names. Their output goes to stderr: stdout is
/// for the address.
///
/// # Errors
/// When a command cannot be started or fails.
pub fn build(manifest: &Manifest) -> Result<(), BuildError> {
    // Spin says so too, and goes on.
    if manifest.components.values().all(|component| component.build.is_none()) {
        let path = manifest.path.display();
        tracing::warn!("--build: no component of `{path}` has a build command: add a [component.ID.build] with one");
    }
    for (id, component) in &manifest.components {
        let Some(build) = &component.build else { continue };
        for command in &build.commands {
            run(id, command, build)?;
        }
    }
    Ok(())
}

fn run(id: &str, command: &str, build: &Build) -> Result<(), BuildError> {
    tracing::info!(component = id, command, "building");
    let status = Command::new("sh")
        .args(["-c", command])
        .current_dir(&build.directory)
        .stdin(Stdio::null())
        .stdout(io::stderr())
        .status()
        .map_err(|source| BuildError::Shell {
            id: id.to_owned(),
            directory: build.directory.display().to_string(),
            source,
        })?;
    if status.success() {
        return Ok(());
    }
    Err(match missing_target(command, &build.directory) {
        Some(target) => BuildError::MissingTarget { id: id.to_owned(), target },
        None => BuildError::Failed { id: id.to_owned(), command: command.to_owned(), status },
    })
}

/// The target that a cargo command names, when the toolchain of `directory` has no standard library for it.
fn missing_target(command: &str, directory: &Path) -> Option<String> {
    let mut words = command.split_whitespace();
    let target = words.find_map(|word| match word.strip_prefix("--target") {
        Some("") => Some(None),
        Some(value) => value.strip_prefix('=').map(Some),
        None => None,
    })?;
    let target = target.or_else(|| words.next())?;
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(directory)
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let libraries = String::from_utf8(output.stdout).ok()?;
    (!Path::new(libraries.trim()).exists()).then(|| target.to_owned())
}
