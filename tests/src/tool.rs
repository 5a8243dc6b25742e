//! Programs that the tests use when they are there, and that `CATAMARAN_REQUIRE` can demand.

use std::{
    env,
    path::{Path, PathBuf},
};

/// A program that a machine may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name in `CATAMARAN_REQUIRE`.
    pub name: &'static str,
    /// The file to look for on `PATH`.
    pub program: &'static str,
    /// The variable that holds the program's path instead.
    pub variable: &'static str,
}

/// The reference host of the Bytecode Alliance.
pub const WASMTIME: Tool = Tool { name: "wasmtime", program: "wasmtime", variable: "WASMTIME" };
/// The Spin framework's host.
pub const SPIN: Tool = Tool { name: "spin", program: "spin", variable: "SPIN" };
/// The client of a Docker engine, with its builder and Compose.
pub const DOCKER: Tool = Tool { name: "docker", program: "docker", variable: "DOCKER" };
/// Not a further program: what takes long, or changes the engine. It runs only where it is required.
pub const SLOW_DOCKER: Tool = Tool { name: "docker-slow", ..DOCKER };
/// The driver of the browser that looks at the page.
pub const CHROMIUM: Tool = Tool { name: "chromium", program: "chromedriver", variable: "CHROMEDRIVER" };

/// Prometheus' own reader of metrics; Debian's package `prometheus` has it.
pub const PROMTOOL: Tool = Tool { name: "promtool", program: "promtool", variable: "PROMTOOL" };
/// What looks into components.
pub const WASM_TOOLS: Tool = Tool { name: "wasm-tools", program: "wasm-tools", variable: "WASM_TOOLS" };
/// Builds with the list of crates inside.
pub const CARGO_AUDITABLE: Tool =
    Tool { name: "cargo-auditable", program: "cargo-auditable", variable: "CARGO_AUDITABLE" };
/// Reads that list, and compares it with advisories.
pub const CARGO_AUDIT: Tool = Tool { name: "cargo-audit", program: "cargo-audit", variable: "CARGO_AUDIT" };
/// A generator of load over HTTP.
pub const WRK: Tool = Tool { name: "wrk", program: "wrk", variable: "WRK" };
/// The server that Flask is mostly run with.
pub const GUNICORN: Tool = Tool { name: "gunicorn", program: "gunicorn", variable: "GUNICORN" };
/// The client of Kubernetes, for what it does without a cluster.
pub const KUBECTL: Tool = Tool { name: "kubectl", program: "kubectl", variable: "KUBECTL" };

/// All that a document can say it needs.
const ALL: [Tool; 11] =
    [WASMTIME, SPIN, DOCKER, SLOW_DOCKER, CHROMIUM, PROMTOOL, WASM_TOOLS, CARGO_AUDITABLE, CARGO_AUDIT, WRK, KUBECTL];

impl Tool {
    /// The tool with this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|tool| tool.name == name)
    }

    /// The program's path, or the reason why it cannot be used.
    pub fn find(self) -> Result<PathBuf, String> {
        let Self { program, variable, .. } = self;
        if let Some(path) = env::var_os(variable).map(PathBuf::from) {
            let missing = || format!("{variable}={} is not a file", path.display());
            return if path.is_file() { Ok(path) } else { Err(missing()) };
        }
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .map(|folder| folder.join(program))
            .find(|file| Path::is_file(file))
            .ok_or_else(|| format!("no {program} on PATH (set {variable}=/path/to/{program})"))
    }

    /// Whether the tool's absence is a failure: it is in the list `CATAMARAN_REQUIRE`, or its variable is set.
    pub fn is_required(self) -> bool {
        self.is_listed() || env::var_os(self.variable).is_some()
    }

    /// Whether it is in the list `CATAMARAN_REQUIRE`.
    pub fn is_listed(self) -> bool {
        let required = env::var("CATAMARAN_REQUIRE").unwrap_or_default();
        required.split(',').any(|name| name.trim() == self.name)
    }
}
