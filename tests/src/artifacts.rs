//! What is tested, built once a process: the host's binary, and the component for each generation of WASI.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use crate::{manifest::Manifest, process::run};

/// The generation of WASI that a component is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// `wasi:http/incoming-handler@0.2`.
    P2,
    /// `wasi:http/handler@0.3`.
    P3,
}

impl Generation {
    /// The generation as the component itself names it.
    pub fn version(self) -> &'static str {
        match self {
            Self::P2 => "0.2",
            Self::P3 => "0.3",
        }
    }
}

/// The repository's root.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is a member of the workspace")
}

/// The manifest that names the component's file and its build command.
pub fn manifest() -> PathBuf {
    workspace().join("spin.toml")
}

/// The `catamaran` binary.
pub fn host() -> &'static Path {
    static HOST: Built = LazyLock::new(|| or_panic(build_host("release")));
    &HOST
}

/// The same in the form for images and benchmarks, which takes minutes to build.
pub fn dist_host() -> &'static Path {
    static HOST: Built = LazyLock::new(|| or_panic(build_host("dist")));
    &HOST
}

/// The component, built for `generation`.
pub fn component(generation: Generation) -> &'static Path {
    static P2: Built = LazyLock::new(|| or_panic(Manifest::read(&manifest()).build("")));
    static P3: Built = LazyLock::new(|| or_panic(build_p3(&manifest())));
    match generation {
        Generation::P2 => &P2,
        Generation::P3 => &P3,
    }
}

/// A component that shows what its host gives it, of WASI 0.2: see `tests/guests`.
pub fn guest() -> &'static Path {
    guest_for(Generation::P2)
}

/// The same for `generation`; it misbehaves on request.
pub fn guest_for(generation: Generation) -> &'static Path {
    fn manifest() -> PathBuf {
        workspace().join("tests/guests/spin.toml")
    }
    static P2: Built = LazyLock::new(|| or_panic(Manifest::read(&manifest()).build("")));
    static P3: Built = LazyLock::new(|| or_panic(build_p3(&manifest())));
    match generation {
        Generation::P2 => &P2,
        Generation::P3 => &P3,
    }
}

/// A component that streams bodies in both directions: see `tests/guests/streams`.
pub fn streams() -> &'static Path {
    static STREAMS: Built =
        LazyLock::new(|| or_panic(Manifest::read(&workspace().join("tests/guests/streams/spin.toml")).build("")));
    &STREAMS
}

/// The manifest of an application of two components, once they are built: see `tests/application`.
pub fn application() -> &'static Path {
    static MANIFEST: LazyLock<PathBuf> = LazyLock::new(|| workspace().join("tests/application/spin.toml"));
    application_component();
    &MANIFEST
}

/// The component that does all the work of this application.
pub fn application_component() -> &'static Path {
    static COMPONENT: Built =
        LazyLock::new(|| or_panic(Manifest::read(&workspace().join("tests/application/spin.toml")).build("")));
    &COMPONENT
}

/// After a build that failed, who asks again is told only that it did: the reason is shown once.
type Built = LazyLock<PathBuf>;

fn or_panic(built: Result<PathBuf, String>) -> PathBuf {
    built.unwrap_or_else(|error| panic!("{error}"))
}

/// The tool that makes man pages, completions and the table of options: see `host/examples/reference`.
pub fn reference() -> &'static Path {
    static TOOL: Built =
        LazyLock::new(|| or_panic(build("release", &["--workspace", "--example", "reference"], "reference")));
    &TOOL
}

/// The host of the image: static, without the compiler; built as the `Dockerfile` does it, but for the list of crates in it. The error says what is missing.
pub fn image_host() -> Result<&'static Path, String> {
    static HOST: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
        let target = format!("--target={}-unknown-linux-musl", std::env::consts::ARCH);
        build("dist", &["--package=catamaran", "--no-default-features", &target], "catamaran")
    });
    HOST.as_deref().map_err(Clone::clone)
}

fn build_host(profile: &str) -> Result<PathBuf, String> {
    build(profile, &["--workspace", "--bins"], "catamaran")
}

/// A program of this workspace. With `--workspace` it has the features of `cargo test --release`, so that nothing is compiled a
/// second time.
fn build(profile: &str, what: &[&str], name: &str) -> Result<PathBuf, String> {
    let mut cargo = Command::new(env!("CARGO"));
    for name in variables_of_this_test() {
        cargo.env_remove(name);
    }
    cargo.args(["build", "--profile", profile, "--message-format=json-render-diagnostics"]).args(what);
    let finished = run(cargo.current_dir(workspace()));
    finished
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .filter(|_| finished.status.success())
        .ok_or_else(|| format!("{name} does not build: {finished}"))
}

/// What cargo has set for this test. Some build scripts (ring's) ask for such variables: with other values than in a shell
/// they would run again, and most of the host be compiled again, in each of the two in turn.
pub fn variables_of_this_test() -> impl Iterator<Item = OsString> {
    let is_ours = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    std::env::vars_os().map(|(name, _)| name).filter(move |name| is_ours(&name.to_string_lossy()))
}

/// What the manifest's command needs for the other generation: its feature, and a target folder of its own, as both
/// files have one name.
pub const P3_OPTIONS: &str = "--no-default-features --features p3 --target-dir target/p3";

fn build_p3(manifest: &Path) -> Result<PathBuf, String> {
    let target = workspace().join("target");
    // It may be a link.
    let target = target.canonicalize().map_err(|error| format!("{}: {error}", target.display()))?;
    let manifest = Manifest::read(manifest);
    // The command runs in the manifest's folder, which need not be the workspace's.
    manifest.build(&P3_OPTIONS.replace("target/p3", &format!("'{}'", target.join("p3").display())))?;
    let source = manifest.source();
    let source = source.canonicalize().map_err(|error| format!("{}: {error}", source.display()))?;
    let below_target = source.strip_prefix(&target).map_err(|error| format!("{}: {error}", source.display()))?;
    Ok(target.join("p3").join(below_target))
}
