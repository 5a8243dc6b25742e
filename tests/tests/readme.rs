//! What the README shows is what works: each of its commands is run here or by `.ci/run`.

use std::{collections::BTreeMap, fs};

use catamaran_tests::{
    artifacts::{Generation::P3, P3_OPTIONS, component, guest, manifest, workspace},
    http::get,
    manifest::Manifest,
    server::{Server, catamaran},
};

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md")).expect("the README")
}

/// The shell blocks of the README, by the heading that they stand under.
fn blocks() -> BTreeMap<String, Vec<String>> {
    let mut blocks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut heading, mut block) = (String::new(), None::<String>);
    for line in readme().lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some(String::new()),
            (Some(_), "```") => blocks.entry(heading.clone()).or_default().extend(block.take()),
            (Some(block), line) => *block += line,
            (None, line) => heading = line.strip_prefix("## ").map_or(heading, str::to_owned),
        }
    }
    blocks
}

fn only_block(heading: &str) -> String {
    let blocks = blocks().remove(heading).unwrap_or_default();
    let [block] = &blocks[..] else { panic!("under {heading:?} there are {blocks:?}") };
    block.clone()
}

/// `Run` and `Test` are what `.ci/run` runs, and `Verify a release` what `.ci/verify` does at the end of a release; the
/// others are below.
#[test]
fn every_command_is_run_somewhere() {
    let headings: Vec<String> = blocks().into_keys().collect();
    let run = ["Run", "Serve a component of your own", "Test", "The same file on every host", "Verify a release"];
    assert_eq!(headings, run);
}

#[test]
fn the_table_of_hosts_names_the_file_of_the_manifest() {
    let file = Manifest::read(&manifest()).source();
    let file = file.strip_prefix(workspace()).expect("a file below the repository").display().to_string();
    let named: Vec<String> =
        readme().split('`').filter(|code| code.contains("wasmtime serve ")).map(str::to_owned).collect();
    assert_eq!(named, [format!("wasmtime serve {file}")]);
}

#[test]
fn the_0_3_build_is_the_command_of_the_manifest_with_another_feature() {
    let command = Manifest::read(&manifest()).command().to_owned();
    assert_eq!(only_block("The same file on every host"), format!("{command} {P3_OPTIONS}"));
}

#[test]
fn the_0_3_build_is_where_the_readme_says() {
    let readme = readme();
    let named = readme.split('`').find_map(|code| code.strip_prefix("target/p3/")).expect("the file of the 0.3 build");
    assert!(component(P3).ends_with(named), "{} is not {named}", component(P3).display());
}

#[test]
fn a_component_of_ones_own_is_served_as_shown() {
    let block = only_block("Serve a component of your own");
    let arguments = block.strip_prefix("cargo run --release -- ").expect("a command of catamaran");
    let mut command = catamaran([]);
    for argument in arguments.split(' ') {
        match argument {
            "my-component.wasm" => command.arg(guest()),
            "127.0.0.1:8080" => command.arg("127.0.0.1:0"),
            argument => command.arg(argument),
        };
    }
    let server = Server::start(&mut command).expect("a server");
    assert_eq!(get(server.address, "/").body(), "GREETING=hello\n");
}
