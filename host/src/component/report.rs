//! What a component's file says of itself, and which hosts have what it asks for.
//!
//! | host | handler | interfaces |
//! |---|---|---|
//! | catamaran | 0.2, 0.3 | WASI 0.2 and 0.3 as a whole, and variables |
//! | `wasmtime serve` 48 without options | 0.2, 0.3 | the proxy world of 0.2; of 0.3 what a service has |
//! | Spin up to 4.0 | 0.2 | WASI 0.2 as a whole, and its own; of 0.3 only a draft |
//! | Spin from 4.1 | 0.2, 0.3 | WASI 0.2 and 0.3 as a whole, and its own |

use std::path::{Path, PathBuf};

use serde::Serialize;
use wasmparser::{Parser, Payload};

use super::inspect::{self, Generation};
use super::{LoadError, variables};

/// Where `cargo auditable` leaves the list of crates.
const AUDITABLE: &str = ".dep-v0";

/// What WASI is made of.
const WASI: [&str; 7] = ["cli", "clocks", "filesystem", "http", "io", "random", "sockets"];

/// The interfaces of the proxy world of 0.2, and those beside it of 0.3, that `wasmtime serve` has without `-S cli`.
const PROXY: [&str; 8] = [
    "cli/stderr",
    "cli/stdin",
    "cli/stdout",
    "clocks/monotonic-clock",
    "clocks/wall-clock",
    "http/",
    "io/",
    "random/random",
];
const SERVICE: [&str; 4] = ["cli/", "clocks/", "http/", "random/"];

/// What a component is.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// The WASI generation of its handler.
    pub wasi: &'static str,
    /// What it exports.
    pub exports: Vec<String>,
    /// What it imports.
    pub imports: Vec<String>,
    /// Whether it lists the crates that it was built from, for scanners.
    pub auditable: bool,
    /// Whether machine code lies beside it.
    pub compiled: bool,
    /// Which hosts can run it.
    pub hosts: Vec<Verdict>,
}

/// Whether a host can run a component.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// The host, with the versions that this is said of.
    pub host: &'static str,
    /// Whether it can.
    pub runs: bool,
    /// What it lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Reads what the component in the file `path` is.
///
/// # Errors
/// When it cannot be read, or is no component with a handler.
pub fn report(path: &Path) -> Result<Report, LoadError> {
    let bytes = crate::file::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    let wrong = |reason| LoadError::WrongFile { path: path.to_owned(), reason };
    let inspection = inspect::inspect(&bytes).map_err(wrong)?;
    let (imports, exports) = inspect::names(&bytes).map_err(wrong)?;
    let auditable = Parser::new(0)
        .parse_all(&bytes)
        .any(|payload| matches!(payload, Ok(Payload::CustomSection(section)) if section.name() == AUDITABLE));
    Ok(Report {
        hosts: verdicts(inspection.generation, &imports),
        file: path.to_owned(),
        bytes: bytes.len(),
        wasi: match inspection.generation {
            Generation::P2 => "0.2",
            Generation::P3 => "0.3",
        },
        exports,
        imports,
        auditable,
        compiled: path.with_extension("cwasm").is_file(),
    })
}

fn verdicts(generation: Generation, imports: &[String]) -> Vec<Verdict> {
    let verdict = |host, handles: bool, has: fn(&Interface<'_>) -> bool, advice: &str| {
        let lacks = imports.iter().find(|import| !has(&Interface::of(import)));
        let because = match lacks {
            _ if !handles => Some("it knows no handler of WASI 0.3.0".to_owned()),
            Some(import) => Some(format!("it has no `{import}`{advice}")),
            None => None,
        };
        Verdict { host, runs: because.is_none(), because }
    };
    let p2 = generation == Generation::P2;
    let cli = ", or only with `-S cli`, `-S config` or the like";
    vec![
        verdict(
            "catamaran",
            true,
            |import| import.is_wasi("0.2") || import.is_wasi("0.3") || import.is_variables(),
            "",
        ),
        verdict("wasmtime serve 48", true, |import| import.is_in_wasmtime_serve(), cli),
        verdict("Spin up to 4.0", p2, |import| import.is_wasi("0.2") || import.is_spin(), ""),
        verdict("Spin from 4.1", true, |import| import.is_wasi("0.2") || import.is_wasi("0.3") || import.is_spin(), ""),
    ]
}

/// The name of an import: `package/interface@version`.
struct Interface<'a> {
    full: &'a str,
    package: &'a str,
    interface: &'a str,
    version: &'a str,
}

impl<'a> Interface<'a> {
    fn of(full: &'a str) -> Self {
        let (name, version) = full.split_once('@').unwrap_or((full, ""));
        let (package, interface) = name.split_once('/').unwrap_or((name, ""));
        Self { full, package, interface, version }
    }

    /// Whether it belongs to a release of WASI.
    fn is_wasi(&self, release: &str) -> bool {
        let package = self.package.strip_prefix("wasi:").is_some_and(|package| WASI.contains(&package));
        let patch = self.version.strip_prefix(release).is_some_and(|patch| patch.starts_with('.'));
        package && patch && !self.version.contains('-')
    }

    fn is_in_wasmtime_serve(&self) -> bool {
        let name = self.full.strip_prefix("wasi:").unwrap_or_default();
        let is_in = |list: &[&str]| {
            list.iter()
                .any(|known| name.strip_prefix(known).is_some_and(|rest| known.ends_with('/') || rest.starts_with('@')))
        };
        self.is_wasi("0.2") && is_in(&PROXY) || self.is_wasi("0.3") && is_in(&SERVICE)
    }

    fn is_variables(&self) -> bool {
        variables::INTERFACES.contains(&self.full)
    }

    /// Whether it is one of Spin's own, or a draft that Spin has.
    fn is_spin(&self) -> bool {
        self.package == "fermyon:spin"
            || self.package.starts_with("spin:")
            || self.package == "wasi:config" && self.version == "0.2.0-draft-2024-09-27"
            || self.package == "wasi:keyvalue" && self.version == "0.2.0-draft2" && !self.interface.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(generation: Generation, imports: &[&str]) -> Vec<&'static str> {
        let imports: Vec<String> = imports.iter().map(|import| (*import).to_owned()).collect();
        verdicts(generation, &imports).into_iter().filter(|verdict| verdict.runs).map(|verdict| verdict.host).collect()
    }

    const ALL: [&str; 4] = ["catamaran", "wasmtime serve 48", "Spin up to 4.0", "Spin from 4.1"];

    #[test]
    fn the_proxy_world_runs_everywhere() {
        let imports =
            ["wasi:http/types@0.2.3", "wasi:io/streams@0.2.0", "wasi:cli/stdout@0.2.0", "wasi:random/random@0.2.6"];
        assert_eq!(hosts(Generation::P2, &imports), ALL);
    }

    #[test]
    fn a_command_line_is_not_in_plain_wasmtime_serve() {
        for import in ["wasi:cli/environment@0.2.0", "wasi:filesystem/types@0.2.0", "wasi:random/insecure-seed@0.2.0"] {
            assert_eq!(hosts(Generation::P2, &[import]), ["catamaran", "Spin up to 4.0", "Spin from 4.1"], "{import}");
        }
    }

    #[test]
    fn wasi_0_3_needs_a_new_spin() {
        let expected = ["catamaran", "wasmtime serve 48", "Spin from 4.1"];
        assert_eq!(hosts(Generation::P3, &["wasi:http/types@0.3.0", "wasi:cli/environment@0.3.0"]), expected);
        assert_eq!(hosts(Generation::P3, &["wasi:http/types@0.3.0-rc-2026-03-15"]), Vec::<&str>::new());
    }

    #[test]
    fn what_belongs_to_one_host_runs_there_alone() {
        assert_eq!(hosts(Generation::P2, &["fermyon:spin/key-value@2.0.0"]), ["Spin up to 4.0", "Spin from 4.1"]);
        assert_eq!(hosts(Generation::P2, &["wasi:config/store@0.2.0-rc.1"]), ["catamaran"]);
        assert_eq!(hosts(Generation::P2, &["example:other/thing"]), Vec::<&str>::new());
    }
}
