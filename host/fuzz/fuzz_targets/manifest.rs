//! Texts of manifests: none makes the parser panic, and of each error one line can be shown.
#![no_main]

use std::path::Path;

use host::manifest::{Inputs, Manifest, ManifestError};
use libfuzzer_sys::fuzz_target;

// The manifest alone: with the whole host, wasmtime would have to be instrumented too.
#[path = "../../src"]
#[allow(dead_code, unreachable_pub)]
mod host {
    pub mod manifest;
}

// Where the manifest looks for routes.
#[path = "../../src/application"]
#[allow(dead_code, unreachable_pub)]
mod application {
    mod route;
    pub use route::Route;
}

fuzz_target!(|text: &str| {
    match Manifest::parse(text, Path::new("spin.toml"), &Inputs::default()) {
        Ok(manifest) => {
            assert!(!manifest.triggers.is_empty());
            assert!(manifest.triggers.iter().all(|(_, id)| manifest.components.contains_key(id)));
        }
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error}");
            if let ManifestError::Invalid { line, .. } = error {
                assert!(line >= 1 && line <= text.matches('\n').count() + 1);
            }
        }
    }
});
