//! `catamaran up`: the application of a `spin.toml`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Error, ServerOptions};
use crate::application::Application;
use crate::component::Loader;
use crate::manifest::{self, Manifest};

/// Serve the application that a manifest describes.
#[derive(Args, Clone)]
pub struct Up {
    /// The manifest, or the folder that holds a spin.toml
    #[arg(short, long, alias = "file", env = "CATAMARAN_FROM", value_name = "FILE", default_value = "spin.toml")]
    pub from: PathBuf,

    /// Run the build commands of the manifest first
    #[arg(long, env = "CATAMARAN_BUILD")]
    pub build: bool,

    /// Load the application again when the manifest or a component changes; with --build, build when a source does
    #[arg(long, env = "CATAMARAN_WATCH")]
    pub watch: bool,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the command's own help")]
    pub server: ServerOptions,
}

impl Up {
    pub(super) fn load(&self) -> Result<Application, Error> {
        let manifest = Manifest::read(&self.from)?;
        if self.build {
            manifest::build(&manifest)?;
        }
        self.application(manifest)
    }

    pub(super) fn load_again(&self) -> Result<Application, Error> {
        self.application(Manifest::read(&self.from)?)
    }

    pub(super) fn build_again(&self) -> Result<(), Error> {
        Ok(manifest::build(&Manifest::read(&self.from)?)?)
    }

    /// The files that the manifest's build commands name as theirs.
    pub(super) fn sources(&self) -> Option<Vec<PathBuf>> {
        let manifest = (self.build && self.watch).then(|| Manifest::read(&self.from).ok())??;
        let builds = manifest.components.into_values().filter_map(|component| component.build);
        let patterns = builds.flat_map(|build| build.watch);
        Some(patterns.flat_map(|pattern| matching(&pattern)).collect())
    }

    /// The manifest and the components that it names now.
    pub(super) fn watched(&self) -> Option<Vec<PathBuf>> {
        let manifest = self.watch.then(|| Manifest::read(&self.from).ok())??;
        let components = manifest.components.into_values().map(|component| component.source);
        Some([manifest.path].into_iter().chain(components).collect())
    }

    fn application(&self, manifest: Manifest) -> Result<Application, Error> {
        let mut loader = Loader::new(&self.server.bounds, self.server.allow_precompiled);
        let mut guests = HashMap::new();
        for (id, component) in manifest.components {
            let loaded = loader.load(&id, &component.source, component.environment);
            let could_be_built = component.build.is_some() && !self.build;
            guests.insert(id, loaded.map_err(|error| Error::component(error, could_be_built))?);
        }
        let routes = manifest.triggers.into_iter().map(|(route, id)| (route, guests[&id].clone())).collect();
        Ok(Application { routes })
    }
}

/// The files of a glob pattern. One that is no pattern matches nothing, as one that matches nothing does.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let found = pattern.to_str().and_then(|pattern| glob::glob(pattern).ok());
    found.into_iter().flatten().filter_map(Result::ok).collect()
}
