//! What is known only when the crate is built: its revision, the page with these facts filled in, and how the
//! component is linked.

use std::path::Path;
use std::{env, fs};

/// The stack: four times what the hungrier of the two builds (`p3`) uses. The linker places it below the data, so that an
/// overflow traps at address 0 instead of writing over the heap.
const STACK_BYTES: u32 = 16 * 1024;

/// The memory there is from the start. The allocator asks for 64 KiB at a time, and takes them from this memory if the
/// stack and the data leave as much. The host then never grows memory while it serves ordinary requests.
const MEMORY_BYTES: u32 = 2 * 64 * 1024;

fn main() {
    println!("cargo:rerun-if-changed=src/page.html");
    println!("cargo:rerun-if-env-changed=CATAMARAN_REVISION");

    let version = variable("CARGO_PKG_VERSION").unwrap_or_default();
    let revision = variable("CATAMARAN_REVISION").unwrap_or_else(|| "unknown".to_owned());
    // It is written into JSON and HTML as it is.
    assert!(
        revision.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte)),
        "CATAMARAN_REVISION is {revision:?}: use letters, digits and `-._+` only, as in a commit's hash"
    );
    let wasi = if variable("CARGO_FEATURE_P3").is_some() { "0.3" } else { "0.2" };
    println!("cargo:rustc-env=CATAMARAN_REVISION={revision}");
    println!("cargo:rustc-env=CATAMARAN_WASI={wasi}");

    let page = fs::read_to_string("src/page.html").expect("src/page.html must be readable");
    // A commit's hash in full is for programs; eyes are content with its start.
    let short = revision.get(..12).unwrap_or(&revision);
    let page = page.replace("{{version}}", &version).replace("{{revision}}", short).replace("{{wasi}}", wasi);
    let folder = variable("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join("page.html"), page).expect("OUT_DIR must be writable");

    if variable("CARGO_CFG_TARGET_FAMILY").is_some_and(|families| families.contains("wasm")) {
        println!("cargo:rustc-link-arg-cdylib=-zstack-size={STACK_BYTES}");
        println!("cargo:rustc-link-arg-cdylib=--initial-memory={MEMORY_BYTES}");
        // The linker's adapter, though nothing needs it, would raise imports to its own version of WASI 0.2, which hosts of
        // before do not have.
        println!("cargo:rustc-link-arg-cdylib=--wasi-adapter=none");
    }
}

/// An environment variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
