//! `catamaran up`: the application of a `spin.toml`.

use std::collections::HashMap;
use std::path::PathBuf;

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

    /// Load the application again when the manifest or a component's file changes
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

    /// The manifest and the components that it names now.
    pub(super) fn watched(&self) -> Option<Vec<PathBuf>> {
        let manifest = self.watch.then(|| Manifest::read(&self.from).ok())??;
        let components = manifest.components.into_values().map(|component| component.source);
        Some([manifest.path].into_iter().chain(components).collect())
    }

    fn application(&self, manifest: Manifest) -> Result<Application, Error> {
        let mut loader = Loader::new(&self.server.bounds);
        let mut guests = HashMap::new();
        for (id, component) in manifest.components {
            let guest = loader.load(&id, &component.source, component.environment)?;
            guests.insert(id, guest);
        }
        let routes = manifest.triggers.into_iter().map(|(route, id)| (route, guests[&id].clone())).collect();
        Ok(Application { routes })
    }
}
