//! Build commands of a manifest that fail, or were never run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use catamaran_tests::server::catamaran;
use tempfile::TempDir;

use super::{error_line, failed, file, has, refused, text};

fn manifest_with_build(command: &str) -> (TempDir, PathBuf) {
    let text = format!(
        "spin_manifest_version = 2\napplication.name = 'test'\n\
         trigger.http = [{{ route = '/...', component = 'test' }}]\n[component.test]\nsource = 'test.wasm'\n\
         build.command = '{command}'\n"
    );
    file("spin.toml", text)
}

#[test]
fn a_component_that_was_not_built_yet() {
    let (folder, path) = manifest_with_build("true");
    let line = refused(&mut catamaran(["up", "-f", text(&path), "--listen", "127.0.0.1:0"]));
    has(&line, &[text(&folder.path().join("test.wasm")), "--build"]);
}

#[test]
fn a_build_command_that_fails() {
    let (_folder, path) = manifest_with_build("echo the reason; exit 7");
    let finished = failed(&mut catamaran(["up", "-f", text(&path), "--build", "--listen", "127.0.0.1:0"]));
    assert!(finished.stderr.lines().any(|line| line == "the reason"), "its own output is lost: {finished}");
    has(&error_line(&finished), &["test", "echo the reason; exit 7", "7"]);
}

#[test]
fn a_build_command_that_makes_nothing() {
    let (folder, path) = manifest_with_build("true");
    let finished = failed(&mut catamaran(["up", "-f", text(&path), "--build", "--listen", "127.0.0.1:0"]));
    has(&error_line(&finished), &[text(&folder.path().join("test.wasm")), "No such file"]);
}

#[test]
fn a_wasm_target_that_is_not_installed() {
    let target = target_that_is_missing();
    let (folder, path) = manifest_with_build(&format!("cargo build --offline --release --target {target}"));
    let package = "[package]\nname = \"test\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(folder.path().join("Cargo.toml"), package).expect("the package is written");
    fs::create_dir(folder.path().join("src")).expect("a folder");
    fs::write(folder.path().join("src/lib.rs"), "pub fn nothing() {}\n").expect("the source is written");
    let finished = failed(&mut catamaran(["up", "-f", text(&path), "--build", "--listen", "127.0.0.1:0"]));
    has(&error_line(&finished), &[target, &format!("rustup target add {target}")]);
}

/// A target of rustc that this machine has no standard library for.
fn target_that_is_missing() -> &'static str {
    let missing = |target: &&str| {
        let output = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
        let folder = String::from_utf8(output.expect("rustc runs").stdout).expect("a path in UTF-8");
        !Path::new(folder.trim()).exists()
    };
    ["wasm32-wasip1-threads", "wasm32v1-none", "s390x-unknown-linux-gnu"]
        .into_iter()
        .find(missing)
        .expect("a target that is missing")
}
