//! What holds between the members of the workspace.

use std::{collections::BTreeSet, fs, process::Command};

use catamaran_tests::{artifacts::workspace, process::run};

/// Otherwise wasmtime is compiled once to run the host and once more to test it, which takes minutes.
#[test]
fn what_only_tests_need_changes_no_feature_of_a_shared_crate() {
    let (plain, tests) = (features("normal,features"), features("normal,dev,features"));
    let crates: BTreeSet<&str> = plain.iter().filter_map(|line| line.split_once(' ')).map(|(name, _)| name).collect();
    let shared = |line: &&String| line.split_once(' ').is_some_and(|(name, _)| crates.contains(name));
    let only_in_tests: Vec<&String> = tests.difference(&plain).filter(shared).collect();
    assert!(only_in_tests.is_empty(), "set the same features in [dependencies] or none: {only_in_tests:?}");
}

/// It is part of what machine code must have been made by.
#[test]
fn the_host_knows_which_wasmtime_it_has() {
    let lock: toml::Table = fs::read_to_string(workspace().join("Cargo.lock")).expect("a file").parse().expect("TOML");
    let packages = lock["package"].as_array().expect("a list");
    let wasmtime = packages.iter().find(|package| package["name"].as_str() == Some("wasmtime")).expect("a package");
    let version = format!("with wasmtime {}\"", wasmtime["version"].as_str().expect("a version"));
    let engine = fs::read_to_string(workspace().join("host/src/component/engine.rs")).expect("a file");
    assert!(engine.contains(&version), "component/engine.rs does not say {version}");
}

/// A line for each crate, and for each of its features.
fn features(edges: &str) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--workspace", "--prefix", "none", "--edges", edges]);
    let finished = run(cargo.current_dir(workspace()));
    assert!(finished.status.success(), "{finished}");
    finished.stdout.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}
