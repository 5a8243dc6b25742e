//! `catamaran compile COMPONENT`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Error;
use crate::component;

const EXAMPLES: &str = "\
Examples:
  catamaran compile my-component.wasm    writes my-component.cwasm
  catamaran compile my-component.wasm --output served.cwasm
  catamaran compile my-component.wasm --target aarch64-unknown-linux-musl";

/// Compile a component ahead of time: with `--allow-precompiled`, `serve` and `up` then start in a few milliseconds.
#[derive(Args, Clone)]
#[command(before_help = EXAMPLES)]
pub struct Compile {
    /// The component to compile: a .wasm file that exports a wasi:http handler (0.2 or 0.3)
    #[arg(env = "CATAMARAN_COMPONENT", value_name = "COMPONENT")]
    pub component: PathBuf,

    /// The file to write [default: beside the component, with the name's end .cwasm]
    // Where `serve` and `up` look for it.
    #[arg(short, long, env = "CATAMARAN_OUTPUT", value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// The machines to compile for [default: all that have this one's architecture]
    #[arg(long, env = "CATAMARAN_TARGET", value_name = "TRIPLE")]
    pub target: Option<String>,
}

impl Compile {
    /// Writes the file.
    ///
    /// # Errors
    /// When the component cannot be compiled, or the file cannot be written or is the component.
    pub fn run(&self) -> Result<(), Error> {
        let code = component::compile(&self.component, self.target.as_deref())?;
        let output = self.output.clone().unwrap_or_else(|| component::beside(&self.component));
        if is_same_file(&self.component, &output) {
            return Err(Error::Overwrite(output));
        }
        std::fs::write(&output, code).map_err(|source| Error::Write { path: output, source })
    }
}

/// Whether two names lead to one file, by links of either kind too.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path| std::fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    identity(one).is_some_and(|file| identity(other) == Some(file))
}
