//! Texts of manifests: none makes the parser panic, and of each error one line can be shown.
#![no_main]

use std::path::Path;

use catamaran::manifest::{Destination, Inputs, Manifest, ManifestError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Manifest::parse(text, Path::new("spin.toml"), &Inputs::default()) {
        Ok(manifest) => {
            assert!(!manifest.triggers.is_empty());
            let is_there = |to: &Destination| match to {
                Destination::Component(id) => manifest.components.contains_key(id),
                Destination::Fixed(_) => true,
            };
            assert!(manifest.triggers.iter().all(|(_, to)| is_there(to)));
        }
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error}");
            if let ManifestError::Invalid { line, .. } = error {
                assert!(line >= 1 && line <= text.matches('\n').count() + 1);
            }
        }
    }
});
