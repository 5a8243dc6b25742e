//! `catamaran inspect COMPONENT|spin.toml`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;
use serde::Serialize;

use super::Error;
use crate::component::{self, Report};
use crate::manifest::{Destination, Inputs, Manifest};
use crate::printable::printable;

const EXAMPLES: &str = "\
Examples:
  catamaran inspect                      the components of this folder's spin.toml
  catamaran inspect my-component.wasm
  catamaran inspect my-component.wasm --json";

/// Say what a component is, or the components of a manifest, and which hosts can run it.
#[derive(Args, Clone)]
#[command(before_help = EXAMPLES)]
pub struct Inspect {
    /// A component, a manifest, or the folder that holds a spin.toml
    #[arg(env = "CATAMARAN_FROM", value_name = "FILE", default_value = "spin.toml")]
    pub file: PathBuf,

    /// Print JSON: a list of components
    #[arg(long, env = "CATAMARAN_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,

    /// Profile of the manifest, whose values take the place of others
    #[arg(long, env = "CATAMARAN_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,

    /// Folder with a file for each variable of the manifest
    #[arg(long, env = "CATAMARAN_VARIABLES_DIR", value_name = "DIR")]
    pub variables_dir: Option<PathBuf>,
}

/// A component, with what a manifest says of it.
#[derive(Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_outbound_hosts: Vec<String>,
    #[serde(flatten)]
    report: Report,
}

impl Inspect {
    /// Prints the report on stdout.
    ///
    /// # Errors
    /// When a file cannot be read, or is neither a manifest nor a component.
    pub fn run(&self) -> Result<(), Error> {
        let entries = self.entries()?;
        let text = if self.json {
            serde_json::to_string_pretty(&entries).map(|json| json + "\n").unwrap_or_default()
        } else {
            entries.iter().map(Entry::text).collect::<Vec<_>>().join("\n")
        };
        // Whoever stops reading has read enough.
        _ = std::io::stdout().write_all(text.as_bytes());
        Ok(())
    }

    fn entries(&self) -> Result<Vec<Entry>, Error> {
        let is_manifest = self.file.is_dir() || self.file.extension() == Some("toml".as_ref());
        if !is_manifest {
            return Ok(vec![Entry::of(&self.file)?]);
        }
        let inputs = Inputs { profile: self.profile.clone(), variables_dir: self.variables_dir.clone() };
        let manifest = Manifest::read(&self.file, &inputs)?;
        for warning in &manifest.warnings {
            eprintln!("warning: {}", printable(warning));
        }
        let entry = |(id, component): (&String, &crate::manifest::Component)| {
            let leads_here = |to: &Destination| matches!(to, Destination::Component(of) if of == id);
            let routes = manifest.triggers.iter().filter(|(_, to)| leads_here(to)).map(|(route, _)| route.to_string());
            let hosts = component.allowed_outbound_hosts.iter().map(ToString::to_string);
            Ok(Entry {
                id: Some(id.clone()),
                routes: routes.collect(),
                allowed_outbound_hosts: hosts.collect(),
                ..Entry::of(&component.source)?
            })
        };
        manifest.components.iter().map(entry).collect()
    }
}

impl Entry {
    fn of(file: &Path) -> Result<Self, Error> {
        let report = component::report(file)?;
        Ok(Self { id: None, routes: Vec::new(), allowed_outbound_hosts: Vec::new(), report })
    }

    fn text(&self) -> String {
        let Report { file, bytes, wasi, exports, imports, auditable, compiled, hosts } = &self.report;
        let crates =
            if *auditable { "listed in it, for scanners" } else { "not listed in it (`cargo auditable` does that)" };
        let code = if *compiled {
            "in the .cwasm of its name, beside it"
        } else {
            "made at each start (`catamaran compile` does it once)"
        };
        let verdict = |verdict: &component::Verdict| match &verdict.because {
            None => format!("{}: yes", verdict.host),
            Some(reason) => format!("{}: no, {reason}", verdict.host),
        };
        let mut text = String::new();
        for (name, values) in [
            ("component", self.id.iter().cloned().collect()),
            ("file", vec![file.display().to_string()]),
            ("size", vec![format!("{bytes} bytes")]),
            ("WASI", vec![(*wasi).to_owned()]),
            ("routes", self.routes.clone()),
            ("allowed hosts", self.allowed_outbound_hosts.clone()),
            ("exports", exports.clone()),
            ("imports", imports.clone()),
            ("its crates", vec![crates.to_owned()]),
            ("machine code", vec![code.to_owned()]),
            ("runs on", hosts.iter().map(verdict).collect()),
        ] {
            for (index, value) in values.iter().enumerate() {
                _ = writeln!(text, "{:<18}{value}", if index == 0 { name } else { "" });
            }
        }
        text
    }
}
