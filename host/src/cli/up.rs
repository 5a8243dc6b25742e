//! `catamaran up`: the application of a `spin.toml`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;

use super::{Error, ServerOptions};
use crate::application::{Answers, Application};
use crate::component::Loader;
use crate::guest::Grants;
use crate::manifest::{self, Destination, Inputs, Manifest};
use crate::outbound::Outbound;

const EXAMPLES: &str = "\
Examples:
  catamaran up                           serve what the spin.toml of this folder describes
  catamaran up --build --watch           build first, and again when a source changes
  catamaran up --from my-application --profile staging
  catamaran up --admin-listen 127.0.0.1:9000 --log-format json
  CATAMARAN_LISTEN=0.0.0.0:8080 catamaran up";

/// Serve the application that a manifest describes.
#[derive(Args, Clone)]
#[command(before_help = EXAMPLES)]
pub struct Up {
    /// The manifest, or the folder that holds a spin.toml
    #[arg(short, long, alias = "file", env = "CATAMARAN_FROM", value_name = "FILE", default_value = "spin.toml")]
    pub from: PathBuf,

    /// Run the build commands of the manifest first
    #[arg(long, env = "CATAMARAN_BUILD", value_parser = BoolishValueParser::new())]
    pub build: bool,

    /// Load the application again when the manifest or a component changes; with --build, build when a source does
    #[arg(long, env = "CATAMARAN_WATCH", value_parser = BoolishValueParser::new())]
    pub watch: bool,

    /// Profile of the manifest, whose values take the place of others
    #[arg(long, env = "CATAMARAN_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,

    /// Folder with a file for each variable, as Kubernetes and Docker mount secrets; goes before the environment
    #[arg(long, env = "CATAMARAN_VARIABLES_DIR", value_name = "DIR")]
    pub variables_dir: Option<PathBuf>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the command's own help")]
    pub server: ServerOptions,
}

impl Up {
    pub(super) fn build(&self) -> Result<(), Error> {
        match self.build {
            true => Ok(manifest::build(&self.manifest()?)?),
            false => Ok(()),
        }
    }

    pub(super) fn load(&self, outbound: &Outbound) -> Result<Application, Error> {
        let mut manifest = self.manifest()?;
        for warning in &manifest.warnings {
            tracing::warn!("{warning}");
        }
        let mut loader = Loader::new(&self.server.bounds, self.server.allow_precompiled);
        let mut guests = HashMap::new();
        for (id, component) in std::mem::take(&mut manifest.components) {
            let grants = Grants {
                files: manifest.files(&component)?,
                environment: component.environment,
                variables: component.variables,
                outbound: outbound.gate(&id, component.allowed_outbound_hosts),
            };
            let could_be_built = component.build.is_some() && !self.build;
            let loaded = loader.load(&id, &component.source, grants);
            guests.insert(id, loaded.map_err(|error| Error::component(error, could_be_built))?);
        }
        let answers = |destination| match destination {
            Destination::Component(id) => Answers::Guest(guests[&id].clone()),
            Destination::Fixed(fixed) => Answers::Fixed(fixed),
        };
        Ok(Application::routed(manifest.triggers.into_iter().map(|(route, to)| (route, answers(to)))))
    }

    /// The files that the manifest's build commands name as theirs.
    pub(super) fn sources(&self) -> Option<Vec<PathBuf>> {
        let manifest = (self.build && self.watch).then(|| self.manifest().ok())??;
        let builds = manifest.components.into_values().filter_map(|component| component.build);
        let patterns = builds.flat_map(|build| build.watch);
        Some(patterns.flat_map(|pattern| matching(&pattern)).collect())
    }

    /// The manifest and the components that it names now; of one with an error, the manifest alone.
    pub(super) fn watched(&self) -> Option<Vec<PathBuf>> {
        let mut files = vec![self.watch.then(|| manifest::file(&self.from))?];
        if let Ok(manifest) = self.manifest() {
            files.extend(manifest.components.into_values().map(|component| component.source));
        }
        Some(files)
    }

    fn manifest(&self) -> Result<Manifest, Error> {
        if self.from.extension().is_some_and(|end| end == "wasm" || end == "cwasm") {
            return Err(Error::IsComponent { path: self.from.clone() });
        }
        let inputs = Inputs { profile: self.profile.clone(), variables_dir: self.variables_dir.clone() };
        Ok(Manifest::read(&self.from, &inputs)?)
    }
}

/// The files of a glob pattern. One that is no pattern matches nothing, as one that matches nothing does.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let found = pattern.to_str().and_then(|pattern| glob::glob(pattern).ok());
    found.into_iter().flatten().filter_map(Result::ok).collect()
}
