//! Machine code made ahead of time: it is what the component is, it runs only where it fits, and only when asked for.

use std::{
    fs,
    path::{Path, PathBuf},
};

use catamaran_tests::{
    artifacts::{
        Generation::{self, P2, P3},
        component, guest,
    },
    contract::{Target, cases::CASES},
    http::{Protocol, get},
    process::{Process, run},
    server::{Server, catamaran},
};
use tempfile::TempDir;

/// The SHA-256 of the component, which begins the trailer.
const TRAILER: usize = 32 + 2 + 12;

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A folder with a copy of the component `wasm` and, beside it, its machine code.
fn compiled(wasm: &Path) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("input.wasm");
    fs::copy(wasm, &copy).expect("a copy");
    let finished = run(&mut catamaran(["compile", text(&copy)]));
    assert!(finished.status.success(), "{finished}");
    let code = copy.with_extension("cwasm");
    (folder, copy, code)
}

fn serve(file: &Path) -> Result<Server, String> {
    Server::start(&mut catamaran(["serve", text(file), "--listen", "127.0.0.1:0", "--allow-precompiled"]))
}

/// The one line that `file` is refused with.
#[track_caller]
fn refused(file: &Path, parts: &[&str]) {
    let mut command = catamaran(["serve", text(file), "--listen", "127.0.0.1:0", "--allow-precompiled"]);
    let finished = Process::spawn(&mut command).and_then(Process::wait).expect("an end");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert_eq!(finished.stderr.lines().count(), 1, "more than one line: {finished}");
    for part in [text(file), "catamaran compile"].iter().chain(parts) {
        assert!(finished.stderr.contains(part), "{part:?} is not in: {finished}");
    }
}

#[track_caller]
fn replace(file: &Path, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(file).expect("the file");
    let at = bytes.windows(from.len()).position(|window| window == from).expect("what is to be replaced");
    bytes[at..at + to.len()].copy_from_slice(to);
    fs::write(file, bytes).expect("the file is written");
}

#[track_caller]
fn holds_the_contract(server: &Server, generation: Generation) {
    let target = Target { address: server.address, protocol: Protocol::Http1, generation };
    for case in CASES {
        target.hold(case).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}

#[test]
fn machine_code_answers_as_its_component_does() {
    for generation in [P2, P3] {
        let (_folder, wasm, code) = compiled(component(generation));
        fs::remove_file(wasm).expect("it was there");
        holds_the_contract(&serve(&code).expect("a server"), generation);
    }
}

#[test]
fn machine_code_runs_only_when_that_is_allowed() {
    let (_folder, _, code) = compiled(component(P2));
    let mut command = catamaran(["serve", text(&code), "--listen", "127.0.0.1:0"]);
    let finished = Process::spawn(&mut command).and_then(Process::wait).expect("an end");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished}");
    assert!(finished.stderr.contains("--allow-precompiled"), "{finished}");
}

/// The machine code of another component, with the trailer of this one: whoever can write such a file decides what runs,
/// which is why it must be allowed.
fn exchanged() -> (TempDir, PathBuf, PathBuf) {
    let (folder, wasm, code) = compiled(component(P2));
    let trailer = fs::read(&code).map(|bytes| bytes[bytes.len() - TRAILER..].to_vec()).expect("the file");
    let (_other, _, foreign) = compiled(guest());
    let mut bytes = fs::read(foreign).expect("the file");
    bytes.truncate(bytes.len() - TRAILER);
    bytes.extend(trailer);
    fs::write(&code, bytes).expect("the file is written");
    (folder, wasm, code)
}

#[test]
fn machine_code_beside_a_component_is_used_only_when_that_is_allowed() {
    let (_folder, wasm, _code) = exchanged();
    let without = Server::start(&mut catamaran(["serve", text(&wasm), "--listen", "127.0.0.1:0"])).expect("a server");
    assert_eq!(get(without.address, "/healthz").headers()["content-type"], "application/json");
    let with = serve(&wasm).expect("a server");
    assert!(!get(with.address, "/healthz").headers().contains_key("content-type"), "the machine code was not used");
}

#[test]
fn up_uses_the_machine_code_beside_the_source_of_its_manifest() {
    let (folder, _, _code) = exchanged();
    let manifest = folder.path().join("spin.toml");
    let lines = "spin_manifest_version = 2\napplication.name = 'test'\n\
                 trigger.http = [{ route = '/...', component = 'test' }]\ncomponent.test.source = 'input.wasm'\n";
    fs::write(&manifest, lines).expect("the file is written");
    let mut command = catamaran(["up", "--from", text(&manifest), "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.env("CATAMARAN_ALLOW_PRECOMPILED", "true")).expect("a server");
    assert!(!get(server.address, "/healthz").headers().contains_key("content-type"), "the machine code was not used");
}

#[test]
fn machine_code_of_another_component_is_left_and_the_component_compiled() {
    let (_folder, wasm, code) = compiled(component(P2));
    fs::copy(component(P3), &wasm).expect("a copy");
    let server = serve(&wasm).expect("a server");
    let warned = |_, line: &str| (line.contains("WARN") && line.contains(text(&code))).then_some(());
    server.process.wait_for_line(warned).expect("a warning");
    holds_the_contract(&server, P3);
}

#[test]
fn machine_code_of_another_version_is_refused() {
    let (_folder, _, code) = compiled(component(P2));
    replace(&code, b" with wasmtime ", b" with nonsense ");
    refused(&code, &["version", "with nonsense"]);
}

#[test]
fn machine_code_for_another_cpu_is_refused() {
    let (_folder, _, code) = compiled(component(P2));
    let (own, other): (&[u8], &[u8]) = match std::env::consts::ARCH {
        "x86_64" => (b"x86_64-", b"mips64-"),
        _ => (b"aarch64-", b"riscv64-"),
    };
    replace(&code, own, other);
    refused(&code, &["architecture"]);
}

#[test]
fn machine_code_made_with_other_settings_is_refused() {
    let (_folder, _, code) = compiled(component(P2));
    // The trailer now asks for the engine of WASI 0.3.
    replace(&code, b"\x02\x00\0catamaran\0\x01", b"\x02\x01\0catamaran\0\x01");
    refused(&code, &["concurrency"]);
}

#[test]
fn machine_code_that_breaks_off_is_refused() {
    let (_folder, _, code) = compiled(component(P2));
    let bytes = fs::read(&code).expect("the file");
    fs::write(&code, &bytes[..bytes.len() - 1]).expect("the file is written");
    refused(&code, &["breaks off"]);
}

#[test]
fn code_is_made_for_the_architecture_and_not_for_this_machine() {
    let (folder, wasm, code) = compiled(component(P2));
    let explicit = folder.path().join("explicit.cwasm");
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let finished = run(&mut catamaran(["compile", text(&wasm), "-o", text(&explicit), "--target", &target]));
    assert!(finished.status.success(), "{finished}");
    assert!(fs::read(&code).expect("a file") == fs::read(&explicit).expect("a file"), "the code differs");
}

#[test]
fn machine_code_never_takes_the_place_of_its_component() {
    let (_folder, wasm, _) = compiled(component(P2));
    let link = wasm.with_file_name("link.wasm");
    fs::hard_link(&wasm, &link).expect("a link");
    let before = fs::read(&wasm).expect("the component");
    for output in [&wasm, &link] {
        let finished = run(&mut catamaran(["compile", text(&wasm), "--output", text(output)]));
        assert_eq!(finished.status.code(), Some(1), "{finished}");
        assert!(finished.stderr.contains("the component itself") && finished.stderr.contains("--output"), "{finished}");
        assert!(fs::read(&wasm).expect("the component") == before, "the component was written over");
    }
}

#[test]
fn what_cannot_be_compiled_is_refused_with_one_line() {
    let (_folder, wasm, code) = compiled(component(P2));
    let compile = |arguments: [&str; 3], expected: &str| {
        let finished = run(&mut catamaran(["compile", arguments[0], arguments[1], arguments[2]]));
        assert_eq!(finished.status.code(), Some(1), "{finished}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished}");
        assert!(finished.stderr.contains(expected), "{finished}");
    };
    compile([text(&code), "--output", "/nowhere/x"], "is not WebAssembly");
    compile([text(&wasm), "--target", "nonsense"], "nonsense");
    compile([text(&wasm), "--target", "s390x-unknown-linux-gnu"], "s390x");
    compile([text(&wasm), "--output", "/nowhere/x"], "--output");
}
