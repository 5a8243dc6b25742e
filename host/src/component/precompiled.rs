//! The `.cwasm` file: machine code as wasmtime writes it, and a trailer behind it that says what it was made from.
//!
//! | bytes | trailer |
//! |---|---|
//! | 32 | SHA-256 of the `.wasm` file |
//! | 1 | generation of WASI: 2 or 3 |
//! | 1 | whether the engine needs concurrency: 0 or 1 |
//! | 12 | [`MAGIC`] |
//!
//! Behind and not before: so the file still is the ELF object that tools for those know, and a file that breaks off has
//! no trailer.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;

use super::inspect::{Generation, Inspection};

/// What ends the file. The last byte is the version of the trailer.
const MAGIC: [u8; 12] = *b"\0catamaran\0\x01";

const DIGEST: usize = 32;

/// What ends the name of a file of this kind.
const EXTENSION: &str = "cwasm";

/// Where the code of the component in the file `wasm` is looked for.
pub(crate) fn beside(wasm: &Path) -> PathBuf {
    wasm.with_extension(EXTENSION)
}

/// Whether `bytes` are machine code of any version of wasmtime.
pub(super) fn is_precompiled(bytes: &[u8]) -> bool {
    Engine::detect_precompiled(bytes).is_some()
}

/// A `.cwasm` file, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Precompiled<'a> {
    pub(super) code: &'a [u8],
    pub(super) inspection: Inspection,
    digest: [u8; DIGEST],
}

impl<'a> Precompiled<'a> {
    /// `code` made from the component `wasm`.
    #[cfg(any(test, feature = "compiler"))]
    pub(super) fn new(code: &'a [u8], wasm: &[u8], inspection: Inspection) -> Self {
        Self { code, inspection, digest: Sha256::digest(wasm).into() }
    }

    /// Whether it was made from exactly these bytes.
    pub(super) fn is_of(&self, wasm: &[u8]) -> bool {
        self.digest == <[u8; DIGEST]>::from(Sha256::digest(wasm))
    }

    /// Takes the bytes of a file apart; none where the trailer is missing or of another version.
    pub(super) fn parse(file: &'a [u8]) -> Option<Self> {
        let rest = file.strip_suffix(&MAGIC)?;
        let (rest, &[generation, concurrent]) = rest.split_last_chunk()?;
        let (code, &digest) = rest.split_last_chunk()?;
        let generation = match generation {
            2 => Generation::P2,
            3 => Generation::P3,
            _ => return None,
        };
        Some(Self { code, inspection: Inspection { generation, concurrent: concurrent != 0 }, digest })
    }

    /// The bytes of the file.
    #[cfg(any(test, feature = "compiler"))]
    pub(super) fn file(&self) -> Vec<u8> {
        let Inspection { generation, concurrent } = self.inspection;
        let generation = match generation {
            Generation::P2 => 2,
            Generation::P3 => 3,
        };
        [self.code, &self.digest, &[generation, u8::from(concurrent)], &MAGIC].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSPECTION: Inspection = Inspection { generation: Generation::P3, concurrent: true };

    #[test]
    fn a_file_is_taken_apart_into_what_it_was_made_of() {
        let precompiled = Precompiled::new(b"code", b"wasm", INSPECTION);
        let file = precompiled.file();
        assert_eq!(Precompiled::parse(&file).as_ref(), Some(&precompiled));
        assert!(precompiled.is_of(b"wasm"));
        assert!(!precompiled.is_of(b"another"));
    }

    #[test]
    fn a_file_that_breaks_off_has_no_trailer() {
        let file = Precompiled::new(b"code", b"wasm", INSPECTION).file();
        assert_eq!(Precompiled::parse(&file[..file.len() - 1]), None);
        assert_eq!(Precompiled::parse(&file[file.len() - 20..]), None);
        assert_eq!(Precompiled::parse(b""), None);
    }
}
