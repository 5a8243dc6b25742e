//! Files that are no component, or none that this host can serve.

use std::fs;

use catamaran_tests::{
    artifacts::{Generation::P2, component},
    guests::component_that_imports,
    server::catamaran,
};

use super::{file, has, refused, text};

#[track_caller]
fn component_is_refused(content: impl AsRef<[u8]>, parts: &[&str]) {
    let (_folder, path) = file("input.wasm", content);
    let line = refused(&mut catamaran(["serve", text(&path), "--listen", "127.0.0.1:0"]));
    has(&line, &[text(&path)]);
    has(&line, parts);
}

#[test]
fn a_file_that_is_not_there() {
    let line = refused(&mut catamaran(["serve", "/nowhere/input.wasm", "--listen", "127.0.0.1:0"]));
    has(&line, &["/nowhere/input.wasm", "No such file", "build it"]);
    assert!(!line.contains("--build"), "an option that `serve` does not have: {line}");
}

#[test]
fn a_folder_instead_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = refused(&mut catamaran(["serve", text(folder.path()), "--listen", "127.0.0.1:0"]));
    has(&line, &[text(folder.path()), "directory"]);
}

#[test]
fn a_file_that_is_not_wasm() {
    component_is_refused("#!/bin/sh\n", &["not WebAssembly", "component"]);
    component_is_refused("", &["not WebAssembly", "component"]);
}

#[test]
fn a_core_module() {
    let module = wat::parse_str("(module (func (export \"handle\")))").expect("a module");
    component_is_refused(module, &["core", "module", "wasm-tools component new"]);
}

#[test]
fn a_component_that_breaks_off() {
    let whole = fs::read(component(P2)).expect("the component was built");
    component_is_refused(&whole[..whole.len() / 2], &["damaged"]);
}

#[test]
fn a_component_without_a_handler() {
    let other = wat::parse_str("(component (component $c) (export \"example:other/thing\" (component $c)))");
    let names = ["example:other/thing", "wasi:http/incoming-handler@0.2", "wasi:http/handler@0.3"];
    component_is_refused(other.expect("a component"), &names);
}

#[test]
fn a_component_that_imports_what_is_not_provided() {
    component_is_refused(
        handler_that_imports("example:missing/thing@1.0.0"),
        &["`example:missing/thing@1.0.0`", "import"],
    );
}

#[test]
fn a_component_that_imports_an_unknown_interface_of_wasi() {
    component_is_refused(handler_that_imports("wasi:nn/graph@0.2.0"), &["`wasi:nn/graph@0.2.0`", "import"]);
}

fn handler_that_imports(interface: &str) -> Vec<u8> {
    component_that_imports(&format!(r#"(import "{interface}" (instance (export "run" (func))))"#))
}

#[test]
fn a_component_that_needs_more_memory_than_it_may_have() {
    let file = text(component(P2));
    let line = refused(&mut catamaran(["serve", file, "--max-instance-memory", "1B", "--listen", "127.0.0.1:0"]));
    has(&line, &[file, "128KiB", "--max-instance-memory"]);
}
