//! What a `spin.toml` says about its component: where the file is, and how it is built.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::run;

/// The part of a Spin manifest (version 2) that the tests need: the component of its first HTTP trigger.
pub struct Manifest {
    document: toml::Table,
    directory: PathBuf,
    component: String,
}

impl Manifest {
    /// Reads the manifest at `path`. Panics with the reason when it is not one.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let document: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let component = document["trigger"]["http"][0]["component"].as_str().expect("a component's name").to_owned();
        let directory = path.parent().expect("a manifest is in a folder").to_owned();
        Self { document, directory, component }
    }

    /// The component's build command.
    pub fn command(&self) -> &str {
        self.table()["build"]["command"].as_str().expect("a build command")
    }

    /// Runs the component's build command, with `more` arguments, and returns the file that it made.
    pub fn build(&self, more: &str) -> Result<PathBuf, String> {
        let command = self.command();
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{command} {more}")).current_dir(&self.directory);
        // The source's path in the manifest is relative to it: another target folder would leave it stale.
        shell.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
        let finished = run(&mut shell);
        if !finished.status.success() {
            return Err(format!("`{command} {more}` failed: {finished}"));
        }
        Ok(self.source())
    }

    /// The component's file.
    pub fn source(&self) -> PathBuf {
        self.directory.join(self.table()["source"].as_str().expect("a source"))
    }

    /// The same manifest with its component's source at `file`, as TOML.
    pub fn with_source(&self, file: &Path) -> String {
        let mut document = self.document.clone();
        document["component"][&self.component]["source"] = file.to_str().expect("a path in UTF-8").into();
        document.to_string()
    }

    fn table(&self) -> &toml::Value {
        &self.document["component"][&self.component]
    }
}
