//! What the component's two files ask of a host, read from the files themselves.

use std::{collections::BTreeSet, fs};

use catamaran_tests::{
    artifacts::{
        Generation::{self, P2, P3},
        component,
    },
    contract::{Target, cases::CASES},
    http::Protocol,
    server::{Server, catamaran},
};
use wasmparser::{Operator, Parser, Payload};

fn bytes(generation: Generation) -> Vec<u8> {
    fs::read(component(generation)).expect("the component was built")
}

/// The names that the outermost component imports, and those that it exports.
fn names(wasm: &[u8]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut imports, mut exports) = (BTreeSet::new(), BTreeSet::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.expect("a valid component") {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                imports.extend(section.into_iter().map(|import| import.expect("an import").name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.name.to_owned()));
            }
            _ => {}
        }
    }
    (imports, exports)
}

fn without_patch_of_0_2(names: BTreeSet<String>) -> BTreeSet<String> {
    let without = |name: String| match name.split_once("@0.2.") {
        Some((interface, _)) => format!("{interface}@0.2"),
        None => name,
    };
    names.into_iter().map(without).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[test]
fn the_0_2_build_imports_http_types_and_streams_alone() {
    let (imports, exports) = names(&bytes(P2));
    let expected = ["wasi:http/types@0.2", "wasi:io/error@0.2", "wasi:io/streams@0.2"];
    assert_eq!(without_patch_of_0_2(imports), set(expected));
    assert_eq!(without_patch_of_0_2(exports), set(["wasi:http/incoming-handler@0.2"]));
}

#[test]
fn the_0_3_build_imports_http_types_alone() {
    let (imports, exports) = names(&bytes(P3));
    assert_eq!(imports, set(["wasi:http/types@0.3.0"]));
    assert_eq!(exports, set(["wasi:http/handler@0.3.0"]));
}

#[test]
fn the_0_2_build_has_at_most_32_kib() {
    let size = bytes(P2).len();
    assert!(size <= 32 << 10, "{size} bytes");
}

#[test]
fn the_0_3_build_has_at_most_150_kib() {
    let size = bytes(P3).len();
    assert!(size <= 150 << 10, "{size} bytes");
}

/// Each `memory.grow` is replaced by `unreachable`: a request that grew the memory would trap, and be answered
/// with 500.
#[test]
fn the_0_2_build_answers_everything_without_growing_its_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("never-grows.wasm");
    fs::write(&file, trap_instead_of_growing(bytes(P2))).expect("the file is written");
    let file = file.to_str().expect("a path in UTF-8");
    let server = Server::start(&mut catamaran(["serve", file, "--listen", "127.0.0.1:0"])).expect("a server");
    let target = Target { address: server.address, protocol: Protocol::Http1, generation: P2 };
    for case in CASES {
        target.hold(case).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}

fn trap_instead_of_growing(mut wasm: Vec<u8>) -> Vec<u8> {
    /// `memory.grow` of the first memory is `0x40 0x00`; `unreachable` and `nop` take the same two bytes, and what
    /// follows `unreachable` is valid whatever is on the stack.
    const GROW: [u8; 2] = [0x40, 0x00];
    const UNREACHABLE_NOP: [u8; 2] = [0x00, 0x01];

    let mut places = Vec::new();
    for payload in Parser::new(0).parse_all(&wasm) {
        let Payload::CodeSectionEntry(body) = payload.expect("a valid component") else { continue };
        let operators = body.get_operators_reader().expect("a function").into_iter_with_offsets();
        for operator in operators {
            let (operator, at) = operator.expect("an operator");
            if matches!(operator, Operator::MemoryGrow { mem: 0 }) {
                places.push(at);
            }
        }
    }
    for at in places {
        assert_eq!(wasm[at..at + 2], GROW);
        wasm[at..at + 2].copy_from_slice(&UNREACHABLE_NOP);
    }
    wasm
}
