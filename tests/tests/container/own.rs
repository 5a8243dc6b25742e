//! A component of one's own in the image.

use std::{
    fs,
    path::{Path, PathBuf},
};

use catamaran_tests::{
    artifacts::{Generation::P2, component, guest},
    docker::{Container, HARDENED, IMAGE, build, image, output, succeed},
    guests::component_that_fails,
    http::get,
    server::catamaran,
};
use tempfile::TempDir;

use super::{check, folder, text};

/// The machine code of a component, beside it.
fn compiled(wasm: &Path) -> Result<PathBuf, String> {
    let folder = wasm.parent().expect("a folder");
    let code = folder.join("own.cwasm");
    succeed(&mut catamaran(["compile", text(wasm), "--output", text(&code)]))?;
    Ok(code)
}

fn own(wasm: &Path, options: &[&str]) -> Result<Container, String> {
    let mount = format!("{}:/app/own.cwasm:ro", text(&compiled(wasm)?));
    let options = [&HARDENED, ["--volume", &mount].as_slice(), options].concat();
    Container::serve(image(), &options, &["serve", "own.cwasm"])
}

fn guest_in(folder: &TempDir) -> PathBuf {
    let wasm = folder.path().join("own.wasm");
    fs::copy(guest(), &wasm).expect("a copy");
    wasm
}

pub(super) fn mounted() -> Result<(), String> {
    let container = own(&guest_in(&folder()), &["--env", "CATAMARAN_ENV=A=b"])?;
    let answer = get(container.address()?, "/");
    check(answer.body() == "A=b\n", || format!("{answer:?}"))
}

pub(super) fn in_an_image() -> Result<(), String> {
    let folder = folder();
    compiled(&guest_in(&folder))?;
    image();
    let lines = format!("FROM {IMAGE}\nCOPY own.cwasm .\nCMD [\"serve\", \"own.cwasm\"]\n");
    fs::write(folder.path().join("Dockerfile"), lines).expect("the file is written");
    let container = Container::serve(&build(folder.path())?, &HARDENED, &[])?;
    let answer = get(container.address()?, "/");
    check(answer.status() == 200, || format!("{answer:?}"))
}

pub(super) fn not_compiled() -> Result<(), String> {
    let mount = format!("{}:/app/own.wasm:ro", text(component(P2)));
    let container = Container::start(image(), &["--volume", &mount], &["serve", "own.wasm"])?;
    let code = output(["wait", &container.name])?;
    let finished = container.logs()?.wait()?;
    check(code == "1" && finished.stderr.lines().count() == 1, || format!("exit code {code}: {finished}"))?;
    let parts = ["own.wasm", "no compiler", "catamaran compile", "own.cwasm"];
    check(parts.iter().all(|part| finished.stderr.contains(part)), || finished.to_string())
}

pub(super) fn fails() -> Result<(), String> {
    let folder = folder();
    let wasm = folder.path().join("fails.wasm");
    fs::write(&wasm, component_that_fails()).expect("the file is written");
    let quickly = ["--health-start-period", "1ms", "--health-interval", "100ms", "--health-retries", "2"];
    let container = own(&wasm, &quickly)?;
    check(get(container.address()?, "/healthz").status() == 500, || "it does not fail".to_owned())?;
    container.wait_for_health("unhealthy")
}
