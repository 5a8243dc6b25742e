//! What a file is, before anything is compiled: read from its first bytes and its imports and exports.

use std::fmt;

use wasmparser::{Encoding, Parser, Payload};

/// The WASI generation through which a component answers HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// `wasi:http/incoming-handler@0.2.x`
    P2,
    /// `wasi:http/handler@0.3.x`
    P3,
}

/// What the loader must know of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inspection {
    pub(super) generation: Generation,
    /// Whether anything in it needs the concurrency of WASI 0.3, which calls pay for.
    pub(super) concurrent: bool,
}

/// Why a file is not a component that can be served.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrongFile {
    /// It does not begin as WebAssembly does.
    NotWasm,
    /// It is a core module.
    CoreModule,
    /// It breaks off or is damaged; the text is the parser's.
    Damaged(String),
    /// It exports a handler of a draft of WASI 0.3.
    Draft(String),
    /// It exports no handler; the names are what it does export.
    NoHandler(Vec<String>),
}

impl fmt::Display for WrongFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWasm => f.write_str("is not WebAssembly: give a component, a .wasm file"),
            Self::CoreModule => f.write_str(
                "is a core WebAssembly module, not a component: build it for a component target, or wrap it with \
                 `wasm-tools component new`",
            ),
            Self::Damaged(reason) => write!(f, "is damaged WebAssembly ({reason}): build or fetch it again"),
            Self::Draft(export) => {
                write!(f, "exports `{export}`, a draft of WASI 0.3: build it again with a toolchain for 0.3.0")
            }
            Self::NoHandler(exports) => {
                let exports = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
                write!(
                    f,
                    "exports no wasi:http handler (it exports {exports}): export `wasi:http/incoming-handler@0.2` or \
                     `wasi:http/handler@0.3`"
                )
            }
        }
    }
}

/// Reads what `bytes` are.
pub(super) fn inspect(bytes: &[u8]) -> Result<Inspection, WrongFile> {
    if !bytes.starts_with(b"\0asm") {
        return Err(WrongFile::NotWasm);
    }
    let (imports, exports) = names(bytes)?;
    let generation = if exports.iter().any(|name| is(name, "wasi:http/handler@0.3.")) {
        Generation::P3
    } else if exports.iter().any(|name| is(name, "wasi:http/incoming-handler@0.2.")) {
        Generation::P2
    } else {
        return Err(match exports.iter().find(|name| name.starts_with("wasi:http/handler@0.3.")) {
            Some(draft) => WrongFile::Draft(draft.clone()),
            None => WrongFile::NoHandler(exports),
        });
    };
    let concurrent = generation == Generation::P3 || imports.iter().any(|name| name.contains("@0.3."));
    Ok(Inspection { generation, concurrent })
}

/// Whether `name` is a release of the interface: `-` begins the version of a draft.
fn is(name: &str, interface: &str) -> bool {
    name.strip_prefix(interface).is_some_and(|patch| !patch.contains('-'))
}

/// The names that the outermost component imports and exports.
pub(super) fn names(bytes: &[u8]) -> Result<(Vec<String>, Vec<String>), WrongFile> {
    let damaged = |error: wasmparser::BinaryReaderError| WrongFile::Damaged(error.to_string());
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Err(WrongFile::CoreModule),
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.map_err(damaged)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export.map_err(damaged)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_not_wasm() {
        assert_eq!(inspect(b"#!/bin/sh"), Err(WrongFile::NotWasm));
        assert_eq!(inspect(b""), Err(WrongFile::NotWasm));
    }

    #[test]
    fn a_core_module_is_told_from_a_component() {
        assert_eq!(inspect(b"\0asm\x01\0\0\0"), Err(WrongFile::CoreModule));
        assert_eq!(inspect(b"\0asm\x0d\0\x01\0"), Err(WrongFile::NoHandler(Vec::new())));
    }

    #[test]
    fn a_component_that_breaks_off_is_damaged() {
        assert!(matches!(inspect(b"\0asm\x0d\0\x01\0\x0a\xff"), Err(WrongFile::Damaged(_))));
    }

    #[test]
    fn a_draft_is_not_a_release() {
        assert!(is("wasi:http/handler@0.3.0", "wasi:http/handler@0.3."));
        assert!(!is("wasi:http/handler@0.3.0-rc-2026-03-15", "wasi:http/handler@0.3."));
    }
}
