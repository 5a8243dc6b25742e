//! `catamaran serve COMPONENT`.

use std::path::PathBuf;

use clap::Args;

use super::{Error, ServerOptions};
use crate::application::Application;
use crate::component::Loader;
use crate::guest::{Grants, Variables};
use crate::manifest::Files;
use crate::outbound::{Outbound, Pattern};

const EXAMPLES: &str = "\
Examples:
  catamaran serve my-component.wasm
  catamaran serve my-component.wasm --listen 127.0.0.1:8080 --env GREETING=hello
  catamaran serve my-component.wasm --allow-outbound https://api.example.com
  catamaran serve my-component.wasm --request-timeout 5s --max-instance-memory 32MiB
  catamaran serve my-component.cwasm --allow-precompiled
  CATAMARAN_LOG_FORMAT=json catamaran serve my-component.wasm";

/// Serve one component on every path.
#[derive(Args, Clone)]
#[command(before_help = EXAMPLES)]
pub struct Serve {
    /// The component to serve: a .wasm file that exports a wasi:http handler (0.2 or 0.3), or a .cwasm made from one
    #[arg(env = "CATAMARAN_COMPONENT", value_name = "COMPONENT")]
    pub component: PathBuf,

    /// Environment variable for the component (repeatable; the variable has one a line)
    #[arg(long, env = "CATAMARAN_ENV", value_name = "KEY=VALUE", value_parser = key_value, value_delimiter = '\n')]
    pub env: Vec<(String, String)>,

    /// Where the component may send requests, as in a manifest's `allowed_outbound_hosts` (repeatable)
    #[arg(long, env = "CATAMARAN_ALLOW_OUTBOUND", value_name = "PATTERN", value_delimiter = ',')]
    pub allow_outbound: Vec<Pattern>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would replace the command's own help")]
    pub server: ServerOptions,
}

impl Serve {
    pub(super) fn load(&self, outbound: &Outbound) -> Result<Application, Error> {
        if self.component.extension() == Some("toml".as_ref()) {
            return Err(Error::IsManifest { path: self.component.clone() });
        }
        let name = self.component.file_stem().unwrap_or_default().to_string_lossy();
        let grants = Grants {
            environment: self.env.clone(),
            variables: Variables::default(),
            files: Files::default(),
            outbound: outbound.gate(&name, self.allow_outbound.clone()),
        };
        let mut loader = Loader::new(&self.server.bounds, self.server.allow_precompiled);
        let guest = loader.load(&name, &self.component, grants)?;
        Ok(Application::of(guest))
    }
}

fn key_value(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE".to_owned()),
    }
}
