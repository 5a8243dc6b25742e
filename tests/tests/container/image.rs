//! What the image is: its files, its size, its labels and its papers.

use std::{collections::BTreeSet, fs, process::Command};

use catamaran_tests::{
    artifacts::workspace,
    docker::{Container, IMAGE, image, output},
    http::get,
};
use serde_json::Value;
use tempfile::TempDir;

use super::{check, files, folder, text};

/// All files of the image, in a folder.
fn unpacked() -> Result<TempDir, String> {
    image();
    let (context, folder) = (folder(), folder());
    fs::write(context.path().join("Dockerfile"), format!("FROM {IMAGE}\n")).expect("the file is written");
    let to = format!("type=local,dest={}", text(folder.path()));
    output(["build", "--quiet", "--output", &to, text(context.path())])?;
    Ok(folder)
}

pub(super) fn only_what_is_needed() -> Result<(), String> {
    let expected = [
        "app/spin.toml",
        "app/target/wasm32-unknown-unknown/component/catamaran_component.cwasm",
        "app/target/wasm32-unknown-unknown/component/catamaran_component.wasm",
        "bin/catamaran",
        "bin/tini",
        "usr/share/catamaran/component.cdx.json",
        "usr/share/catamaran/host.cdx.json",
        "usr/share/catamaran/licenses/LICENSE",
        "usr/share/catamaran/licenses/LICENSE-APACHE",
        "usr/share/catamaran/licenses/LICENSE-MIT",
        "usr/share/catamaran/licenses/musl",
        "usr/share/catamaran/licenses/third-party.gz",
        "usr/share/catamaran/licenses/tini",
    ];
    let found = files(unpacked()?.path());
    check(found == BTreeSet::from(expected.map(str::to_owned)), || format!("{found:#?}"))
}

pub(super) fn small() -> Result<(), String> {
    let bytes: u64 = output(["inspect", "--format", "{{.Size}}", image()])?.parse().expect("a number");
    check(bytes <= 12_000_000, || format!("it has {bytes} bytes"))
}

pub(super) fn described() -> Result<(), String> {
    let inspect = |template| output(["inspect", "--format", template, image()]);
    let expected = [
        ("{{.Config.User}}", "65532:65532"),
        ("{{json .Config.Entrypoint}}", r#"["/bin/tini","--","/bin/catamaran"]"#),
        ("{{json .Config.Cmd}}", r#"["up"]"#),
        ("{{json .Config.ExposedPorts}}", r#"{"8000/tcp":{},"9000/tcp":{}}"#),
        ("{{.Config.StopSignal}}", "SIGTERM"),
        ("{{json .Config.Healthcheck.Test}}", r#"["CMD","/bin/catamaran","healthcheck"]"#),
    ];
    for (template, expected) in expected {
        let found = inspect(template)?;
        check(found == expected, || format!("{template} is {found}"))?;
    }
    let labels = labels()?;
    for name in ["created", "description", "licenses", "revision", "source", "title", "version"] {
        check(labels[format!("org.opencontainers.image.{name}")].is_string(), || format!("no {name}: {labels}"))?;
    }
    Ok(())
}

fn labels() -> Result<Value, String> {
    let labels = output(["inspect", "--format", "{{json .Config.Labels}}", image()])?;
    Ok(serde_json::from_str(&labels).expect("JSON"))
}

pub(super) fn of_one_commit() -> Result<(), String> {
    let labels = labels()?;
    let container = Container::serve(image(), &[], &[])?;
    let answer: Value = serde_json::from_slice(get(container.address()?, "/").body()).expect("JSON");
    for name in ["version", "revision"] {
        let (label, said) = (&labels[format!("org.opencontainers.image.{name}")], &answer[name]);
        check(said == label && said != "unknown", || format!("{name}: {said} in the answer, {label} in the label"))?;
    }
    Ok(())
}

pub(super) fn bills_of_materials() -> Result<(), String> {
    let folder = unpacked()?;
    for (file, package) in [("host.cdx.json", "wasmtime"), ("component.cdx.json", "wit-bindgen")] {
        let file = fs::read(folder.path().join("usr/share/catamaran").join(file)).expect("a file");
        let bill: Value = serde_json::from_slice(&file).expect("JSON");
        let components = bill["components"].as_array().ok_or("no components")?;
        check(bill["bomFormat"] == "CycloneDX", || bill["bomFormat"].to_string())?;
        let names: Vec<_> = components.iter().filter_map(|component| component["name"].as_str()).collect();
        check(names.contains(&package), || format!("no {package} in {names:?}"))?;
        check(!names.contains(&"cranelift-codegen"), || "a compiler".to_owned())?;
    }
    Ok(())
}

pub(super) fn reproducible() -> Result<(), String> {
    let sources = sources();
    let built = |cache: &str| {
        let arguments =
            ["build", "--quiet", "--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000", "--build-arg"];
        let cache = format!("CACHE=catamaran-test-{cache}-{}", std::process::id());
        output(arguments.into_iter().chain([cache.as_str(), text(sources.path())]))
    };
    let (first, second) = (built("first")?, built("second")?);
    check(first == second, || format!("{first} and {second}"))
}

/// A copy of what git knows or would add: whoever works on while the builds run does not change what they read.
fn sources() -> TempDir {
    let folder = folder();
    let copy = "git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -dt \"$0\"";
    let copied = Command::new("bash")
        .args(["-o", "pipefail", "-c", copy, text(folder.path())])
        .current_dir(workspace())
        .status();
    assert!(copied.expect("bash starts").success());
    folder
}
