//! Texts of manifests: none makes the parser panic, and of each error one line can be shown.
#![no_main]

use std::path::Path;

use catamaran::manifest::{Inputs, Manifest, ManifestError};
use libfuzzer_sys::fuzz_target;

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
